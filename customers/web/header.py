"""What the head of a customer's page says beside name and figures: roles, completeness, team, consents; its tabs."""

from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.errors import Text
from customers.fields import FIELDS
from customers.models import Consent, Customer, CustomerRole, FinancialProfile
from customers.queries.facts import rate_completeness
from customers.queries.own import list_live_consents
from customers.queries.team import list_roles, list_team

PART_LABELS: Final[dict[str, Text]] = {
    **{name: field.label for name, field in FIELDS.items()},
    "finances": _("finances"),
    "bank_card": _("bank card"),
    "risk_tolerance": _("risk tolerance"),
}
_P = Consent.Purpose
_CONSENTS: Final = (
    ("", (_P.SERVICE, _P.BANK_CARD, _P.MARKETING)),
    (CustomerRole.Role.BORROWER, (_P.CREDIT_QUERY, _P.CREDIT_REPORT, _P.SIGNATURE, _P.AUTO_DEBIT, _P.SOCIAL_DATA)),
    (CustomerRole.Role.INVESTOR, (_P.CUSTODY, _P.SIGNATURE)),
)


def tab_of(public_id: str, tab: str) -> str:
    """Return the address of a tab of the customer page."""
    return f"{reverse('customers:page', args=[public_id])}?tab={tab}"


@dataclass(frozen=True)
class ConsentGroup:
    """The consents that one role needs, or every customer."""

    role: Text
    consents: list[tuple[Text, bool]]


def list_consents(customer: Customer) -> list[ConsentGroup]:
    """Return what the customer has agreed to, by the role that needs it."""
    given = {row["purpose"] for row in list_live_consents(customer.pk)}
    plays = {"": True, "BORROWER": customer.is_borrower, "INVESTOR": customer.is_investor}
    return [
        ConsentGroup(CustomerRole.Role(role).label if role else "", [(one.label, one in given) for one in purposes])
        for role, purposes in _CONSENTS
        if plays[role]
    ]


def describe_header(customer: Customer, profile: FinancialProfile | None, *, has_card: bool) -> dict[str, Any]:
    """Return the context of the head; `profile` is the newest statement of the customer's finances."""
    measured = rate_completeness(customer, profile, has_card=has_card)
    return {
        "roles": list_roles(customer),
        "completeness": measured,
        "missing": "、".join(str(PART_LABELS[name]) for name in measured.missing),
        "team": list_team(customer),
        "consent_groups": list_consents(customer),
    }
