"""What winning and serving customers costs."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, Text
from core.models import User
from customers.models import AcquisitionCost, CustomerCost, Method

# Of coupons and contacts the product books the cost itself.
KINDS = {"gift": _("gift"), "event": _("event"), "contact": _("contact"), "coupon": _("coupon"), "other": _("other")}


class CostInvalid(InvalidInput):
    """What was entered about a cost cannot be kept."""

    code = "cost_invalid"


@transaction.atomic
def record_cost(
    *, customer_id: int, kind: str, amount: Decimal, actor: User | None, now: datetime, key: str
) -> CustomerCost:
    """Put a cost on a customer's ledger; the same key twice stays one cost. Raises CostInvalid."""
    if kind not in KINDS or amount <= 0:
        raise CostInvalid(fields={"amount": [_("An amount above zero.")]})
    row, is_new = CustomerCost.objects.get_or_create(
        key=key, defaults={"customer_id": customer_id, "kind": kind, "amount": amount, "at": now}
    )
    if is_new:
        audit.record(
            actor=actor, action="customers.cost_recorded", target=row, data={"kind": kind, "amount": amount}, now=now
        )
    return row


@transaction.atomic
def record_acquisition_cost(
    *,
    method: str,
    from_date: date,
    until_date: date,
    amount: Decimal,
    actor: User | None,
    now: datetime,
    channel: str = "",
    partner_id: int | None = None,
    note: str = "",
) -> AcquisitionCost:
    """Keep what a method of winning customers cost in a stretch of days. Raises CostInvalid."""
    fields: dict[str, list[Text]] = {}
    if method not in Method.values:
        fields["method"] = [_("Choose a method.")]
    if amount <= 0:
        fields["amount"] = [_("An amount above zero.")]
    if until_date < from_date:
        fields["until_date"] = [_("The last day lies before the first one.")]
    if fields:
        raise CostInvalid(fields=fields)
    row = AcquisitionCost.objects.create(
        method=method,
        channel=channel[:40],
        partner_id=partner_id,
        from_date=from_date,
        until_date=until_date,
        amount=amount,
        note=note[:200],
    )
    audit.record(
        actor=actor,
        action="customers.acquisition_cost_recorded",
        target=row,
        data={"method": method, "amount": amount},
        now=now,
    )
    return row
