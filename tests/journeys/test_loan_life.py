"""One loan's whole life by the real operations, at a real sandbox: from registration to the last fen."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from core.outbox import pending_count
from integrations.sandbox.client import SandboxControl
from lending.models import Contract, Distribution, LenderShare, Loan
from tests.journeys import people

METHODS = [
    ("xinyong-debx", "equal_instalment", 3),
    ("jingying-debj", "equal_principal", 6),
    ("zhouzhuan-xxhb", "interest_only_bullet", 3),
    ("duanqi-ycx", "bullet", 2),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("product", "method", "periods"), METHODS, ids=[row[1] for row in METHODS])
def test_from_registration_to_the_last_fen(sandbox: SandboxControl, product: str, method: str, periods: int) -> None:
    world = people.begin(sandbox, date(2026, 3, 2))
    loan = people.make_active_loan(world, product=product, method=method, periods=periods)
    assert loan.state == Loan.State.ACTIVE
    assert Contract.objects.get(loan=loan).state == Contract.State.SIGNED
    people.deposit(world, loan.borrower, "20000.00")
    while world.today <= loan.maturity_date:
        world.close_day()
    loan.refresh_from_db()
    assert loan.state == Loan.State.SETTLED
    shares = LenderShare.objects.filter(loan=loan)
    assert sum(share.principal_received for share in shares) == loan.principal
    assert all(share.principal_received == share.principal for share in shares)
    for repayment in loan.repayments.all():
        rows = Distribution.objects.filter(repayment=repayment)
        assert sum(row.principal + row.interest + row.penalty for row in rows) == repayment.amount - repayment.fee
    assert loan.repayments.filter(penalty__gt=Decimal(0)).count() == 0
    assert pending_count() == 0
    call_command("check_ledger")
