"""What customers and leads want."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput, Text
from core.models import User
from customers.models import CustomerRole, Need
from customers.operations import history


class NeedInvalid(InvalidInput):
    """What was entered about a need cannot be kept."""

    code = "need_invalid"


class NeedMet(BusinessError):
    """The need has been met already."""

    code = "need_met"
    message = _("This need has been met already.")


@dataclass(frozen=True)
class NeedFacts:
    """What somebody wants; at least one of amount, purpose and words is known. Rates are fractions a year."""

    amount: Decimal | None = None
    months: int | None = None
    annual_rate: Decimal | None = None
    purpose: str = ""
    wanted_date: date | None = None
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is stated."""
        return self.amount is None and not self.purpose.strip() and not self.text.strip()


@transaction.atomic
def record_need(
    *,
    role: str,
    need: NeedFacts,
    actor: User | None,
    now: datetime,
    customer_id: int | None = None,
    lead_id: int | None = None,
) -> Need:
    """Keep what a customer or lead wants, in one step. Raises NeedInvalid."""
    fields: dict[str, list[Text]] = {}
    if role not in CustomerRole.Role.values:
        fields["role"] = [_("Borrow or invest?")]
    if need.is_empty:
        fields["text"] = [_("Say how much, what for, or what he said.")]
    if need.amount is not None and not Decimal(0) < need.amount < Decimal(10) ** 14:
        fields["amount"] = [_("An amount above zero.")]
    if need.months is not None and not 0 < need.months <= 600:
        fields["months"] = [_("Between 1 and 600 months.")]
    if need.annual_rate is not None and not Decimal(0) <= need.annual_rate < Decimal(1):
        fields["annual_rate"] = [_("A rate below 100 % a year.")]
    if need.wanted_date is not None and need.wanted_date < now.date():
        fields["wanted_date"] = [_("This day is over.")]
    if fields or (customer_id is None) == (lead_id is None):
        raise NeedInvalid(fields=fields)
    row = Need.objects.create(
        customer_id=customer_id,
        lead_id=lead_id,
        role=role,
        amount=need.amount,
        months=need.months,
        annual_rate=need.annual_rate,
        purpose=need.purpose.strip()[:120],
        wanted_date=need.wanted_date,
        text=need.text.strip()[:2000],
        recorded_at=now,
        recorded_by=actor,
    )
    if customer_id is not None:
        history.add_timeline(
            customer_id=customer_id,
            kind="contact",
            text_code=f"customers.need.{role}",
            params={"note": " · ".join(part for part in (row.purpose, row.text[:200]) if part)},
            at=now,
            key=f"need:{row.pk}",
            amount=row.amount,
            actor=actor,
        )
    audit.record(actor=actor, action="customers.need_recorded", target=row, data={"role": role}, now=now)
    return row


@transaction.atomic
def meet_need(*, need_id: int, actor: User, now: datetime) -> Need:
    """Mark a need as met. Raises NeedMet."""
    need = Need.objects.select_for_update(no_key=True, of=("self",)).get(pk=need_id)
    if need.met_at is not None:
        raise NeedMet
    need.met_at = now
    need.save(update_fields=["met_at"])
    audit.record(actor=actor, action="customers.need_met", target=need, now=now)
    return need
