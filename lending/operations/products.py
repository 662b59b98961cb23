"""Products: brought in, paused, allowed again."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.changes import ChangeInvalid, write_values
from core.models import User
from lending.models import Product
from lending.operations.loans import DEFAULT_ALLOCATION_ORDER

# What an approved change may write; running loans keep the terms they were signed with.
CHANGEABLE: Final = (
    "name",
    "name_en",
    "amount_min",
    "amount_max",
    "amount_step",
    "periods_allowed",
    "penalty_daily_rate",
    "early_settlement_fee_rate",
    "rate_by_grade",
    "bid_min",
    "bid_step",
    "bid_max_share",
    "raising_workdays",
    "overdue_ratio_limit",
    "overdue_ratio_resume",
    "auto_withdraw",
)


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
def apply_product(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> Product:
    """Change the terms on which a product is offered from now on. Raises ChangeInvalid."""
    product = Product.objects.select_for_update(no_key=True).get(pk=target_id)
    if not _are_rates(values.get("rate_by_grade", product.rate_by_grade)):
        raise ChangeInvalid(fields={"rate_by_grade": [_("Name a rate between 0 and 1 for each grade, as text.")]})
    before = write_values(product, values, allowed=CHANGEABLE)
    if product.overdue_ratio_resume > product.overdue_ratio_limit:
        raise ChangeInvalid(fields={"overdue_ratio_resume": [_("It cannot lie above the limit.")]})
    audit.record(
        actor=actor, action="lending.product_changed", target=product, data={"before": before, "after": values}, now=now
    )
    return product


def _are_rates(rates: Any) -> bool:
    try:
        return isinstance(rates, dict) and all(
            isinstance(rate, str) and 0 <= Decimal(rate) < 1 for rate in rates.values()
        )
    except InvalidOperation:
        return False


@transaction.atomic
def pause_product(*, product_id: int, reason: str, actor: User, now: datetime, is_freeze: bool = False) -> bool:
    """Stop new applications and listings of a product; return False when it was not active to begin with.

    What is listed already goes on: its investors decided on their own. A freeze of the whole platform marks what it
    paused, so that nothing else goes on again when it ends.
    """
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    if product.state != Product.State.ACTIVE:
        return False
    product.state, product.paused_reason, product.is_frozen = Product.State.PAUSED, reason[:300], is_freeze
    product.save(update_fields=["state", "paused_reason", "is_frozen"])
    audit.record(actor=actor, action="lending.product_paused", target=product, reason=reason[:300], now=now)
    return True


@transaction.atomic
def keep_paused(*, product_id: int, reason: str, actor: User, now: datetime, is_freeze: bool = False) -> bool:
    """Keep a paused product paused for another reason; return False when it is not paused."""
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    if product.state != Product.State.PAUSED:
        return False
    product.paused_reason, product.is_frozen = reason[:300], is_freeze
    product.save(update_fields=["paused_reason", "is_frozen"])
    audit.record(actor=actor, action="lending.product_kept_paused", target=product, reason=reason[:300], now=now)
    return True


@transaction.atomic
def resume_product(*, product_id: int, reason: str, actor: User, now: datetime) -> bool:
    """Allow new applications and listings again; return False when the product is not paused."""
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    if product.state != Product.State.PAUSED:
        return False
    product.state, product.paused_reason, product.is_frozen = Product.State.ACTIVE, "", False
    product.save(update_fields=["state", "paused_reason", "is_frozen"])
    audit.record(actor=actor, action="lending.product_resumed", target=product, reason=reason[:300], now=now)
    return True


def list_titles() -> list[tuple[str, str]]:
    """Return (key, name) of the products that lawyers may be asked about."""
    return [(str(pk), name) for pk, name in Product.objects.order_by("code").values_list("pk", "name")]
