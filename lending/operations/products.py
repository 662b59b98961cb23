"""Pausing a product's new listings, and allowing them again."""

from datetime import datetime

from django.db import transaction

from core import audit
from core.models import User
from lending.models import Product


@transaction.atomic
def pause_product(*, product_id: int, reason: str, actor: User, now: datetime) -> bool:
    """Stop new applications and listings of a product; return False when it was not active to begin with.

    What is listed already goes on: its investors decided on their own.
    """
    product = Product.objects.select_for_update().get(pk=product_id)
    if product.state != Product.State.ACTIVE:
        return False
    product.state = Product.State.PAUSED
    product.paused_reason = reason[:300]
    product.save(update_fields=["state", "paused_reason"])
    audit.record(actor=actor, action="lending.product_paused", target=product, reason=reason[:300], now=now)
    return True


@transaction.atomic
def resume_product(*, product_id: int, reason: str, actor: User, now: datetime) -> bool:
    """Allow new applications and listings again; return False when the product is not paused."""
    product = Product.objects.select_for_update().get(pk=product_id)
    if product.state != Product.State.PAUSED:
        return False
    product.state = Product.State.ACTIVE
    product.paused_reason = ""
    product.save(update_fields=["state", "paused_reason"])
    audit.record(actor=actor, action="lending.product_resumed", target=product, reason=reason[:300], now=now)
    return True
