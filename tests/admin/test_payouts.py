"""A refused payout is asked for again from the admin, by those who configure."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry, OutboxEvent
from lending.models import Loan, PayoutInstruction
from tests.fixtures.borrowers import LoanPlan, make_borrower, make_loan
from tests.pictures import unchanged

pytestmark = pytest.mark.django_db
LIST = "admin:lending_loan_changelist"


@pytest.fixture
def loan(house: datetime) -> Loan:
    """A loan whose payout the custodian has refused."""
    loan = make_loan(make_borrower(now=house), LoanPlan(house.date()), now=house)
    Loan.objects.filter(pk=loan.pk).update(state=Loan.State.PAYING_OUT)
    PayoutInstruction.objects.create(
        loan=loan, amount=loan.principal, asked_at=house, state="REFUSED", refusal="INSUFFICIENT_FUNDS"
    )
    return loan


def ask(client: Client, loan: Loan) -> str:
    """Choose the loan and the action; return what the page says."""
    answer = client.post(reverse(LIST), {"action": "pay_out_again", "_selected_action": [loan.pk]}, follow=True)
    return answer.content.decode()


def test_operations_ask_once_more(enter: Callable[..., Client], loan: Loan) -> None:
    client = enter("operations")
    assert "is asked for again" in ask(client, loan)
    assert PayoutInstruction.objects.get(loan=loan).state == PayoutInstruction.State.PENDING
    assert OutboxEvent.objects.filter(name="lending.payout_asked", payload__loan_id=loan.pk).count() == 1
    assert AuditEntry.objects.get(action="lending.payout_asked_again").actor == client.user  # type: ignore[attr-defined]
    with unchanged(but={"django_session"}):
        assert "not waiting for its payout" in ask(client, loan)


def test_who_only_reads_is_not_offered_the_action(enter: Callable[..., Client], loan: Loan) -> None:
    client = enter("auditor")
    with unchanged(but={"django_session"}):
        ask(client, loan)
