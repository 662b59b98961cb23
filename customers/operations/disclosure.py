"""Showing and taking out what is masked: each time with a trace of who and why."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput
from core.models import User
from customers.models import BankCard, Customer
from customers.queries.own import get_latest_profile

FIELDS: Final = ("phone", "identity_number", "address", "email", "monthly_income", "card")
_SHORTEST_REASON: Final = 4


class ReasonMissing(InvalidInput):
    """Nobody sees plain data without saying why."""

    code = "reason_missing"
    message = _("Say why you need to see it.")


class UnknownField(InvalidInput):
    """There is no such masked field."""

    code = "unknown_field"


@transaction.atomic
def unmask(*, customer_id: int, field: str, reason: str, actor: User, now: datetime) -> str:
    """Return one field of a customer in plain text and keep who saw it and why. Raises ReasonMissing, UnknownField."""
    if len(reason.strip()) < _SHORTEST_REASON:
        raise ReasonMissing
    if field not in FIELDS:
        raise UnknownField
    customer = Customer.objects.get(pk=customer_id)
    audit.record(
        actor=actor,
        action=f"customers.unmasked.{field}",
        target=customer,
        reason=reason.strip()[:200],
        now=now,
        is_sensitive_read=True,
    )
    if field == "monthly_income":
        profile = get_latest_profile(customer)
        return str(profile.monthly_income) if profile else ""
    if field == "card":
        card = BankCard.objects.filter(customer=customer, state=BankCard.State.BOUND).order_by("-id").first()
        return card.number if card else ""
    return str(getattr(customer, field))
