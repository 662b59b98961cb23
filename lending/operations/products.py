"""Products: brought in, paused, allowed again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from core import audit
from core.models import User
from lending.models import Product
from lending.operations.loans import DEFAULT_ALLOCATION_ORDER


@transaction.atomic
def create_product(*, values: Mapping[str, Any], actor: User | None, now: datetime) -> Product:
    """Bring in a product without fees; one whose code is there already stays as it is."""
    product, is_new = Product.objects.get_or_create(
        code=values["code"], defaults={"allocation_order": DEFAULT_ALLOCATION_ORDER, **values}
    )
    if is_new:
        audit.record(actor=actor, action="lending.product_created", target=product, data=dict(values), now=now)
    return product


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
