"""How far somebody is on the way to his first deal."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from customers.models import BankCard, Consent, Customer, FinancialProfile
from ledger.models import CustodyAccount
from ledger.queries.balances import balance_of_customer
from lending.models import Application, Bid
from lending.queries.suitability import get_suitability

BORROWER_STEPS: Final = ("identity", "card", "custody", "profile", "consents", "application")
INVESTOR_STEPS: Final = ("identity", "card", "custody", "questionnaire", "deposit", "bid")
_CONSENTS: Final = (Consent.Purpose.CREDIT_QUERY, Consent.Purpose.SIGNATURE)


@dataclass(frozen=True)
class Guide:
    """Which steps of each way are done."""

    borrower: dict[str, bool]
    investor: dict[str, bool]


def read_guide(customer: Customer, today: date) -> Guide:
    """Return what a customer has done of what applying and bidding ask for, in their order."""
    cards = BankCard.objects.filter(customer=customer, state=BankCard.State.BOUND)
    accounts = CustodyAccount.objects.filter(customer=customer, status=CustodyAccount.Status.OPEN)
    given = Consent.objects.filter(customer=customer, purpose__in=_CONSENTS, withdrawn_at__isnull=True)
    suitability = get_suitability(customer.pk, today)
    done = {
        "identity": customer.status == Customer.Status.IDENTIFIED,
        "card": cards.exists(),
        "custody": accounts.exists(),
        "profile": bool(customer.address) and FinancialProfile.objects.filter(customer=customer).exists(),
        "consents": given.values("purpose").distinct().count() == len(_CONSENTS),
        "application": Application.objects.filter(customer=customer).exists(),
        "questionnaire": suitability is not None and suitability.valid_until >= today,
        "deposit": balance_of_customer(customer.pk).available > 0,
        "bid": Bid.objects.filter(investor=customer).exists(),
    }
    # Who has bid has paid in, though nothing may be left on the account.
    done["deposit"] |= done["bid"]
    return Guide({step: done[step] for step in BORROWER_STEPS}, {step: done[step] for step in INVESTOR_STEPS})
