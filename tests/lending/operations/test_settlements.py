"""Early settlement: interest for the days really used (民法典 677), for all four methods, once."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count

import pytest
from django.db.models import Sum

from core.errors import NotFound
from core.models import OutboxEvent
from ledger.operations.posting import InsufficientFunds
from ledger.queries import balance_of_customer
from ledger.queries.invariants import check_invariants
from lending.models import Allocation, Distribution, LenderShare, Loan, Product, Repayment
from lending.operations.repayments import KeyUsedForOther, LoanNotRunning, record_repayment
from lending.operations.settlements import PriceChanged, SettlementPrice, get_settlement_price, settle_early
from tests.lending.operations import markets
from tests.lending.operations.markets import DAY, METHODS, at
from tests.pictures import refused, unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
D = Decimal
SHARES = ("3333.00", "3334.00", "3333.00")
_keys = count(1)
each_method = pytest.mark.parametrize(("product", "method", "periods"), METHODS, ids=[row[1] for row in METHODS])


def running(product: str, periods: int, *, money: str = "20000.00") -> Loan:
    """Return a loan that has just begun; its borrower has this much more than he was paid out."""
    Product.objects.update(bid_step=D("1.00"))
    loan = markets.make_running_loan(SHARES, product=product, periods=periods)
    markets.pay_in(loan.borrower, money)
    return loan


def price_on(loan: Loan, day: date) -> SettlementPrice:
    return get_settlement_price(loan=Loan.objects.get(pk=loan.pk), business_date=day)


def settle(loan: Loan, day: date, total: Decimal | None = None, key: str = "") -> Repayment:
    return settle_early(
        loan_id=loan.pk,
        expected_total=price_on(loan, day).total if total is None else total,
        idempotency_key=key or f"settle-{next(_keys)}",
        business_date=day,
        now=at(day),
        actor=None,
    )


def pay_due(loan: Loan, day: date) -> Repayment:
    return record_repayment(
        loan_id=loan.pk, amount=None, idempotency_key=f"due-{next(_keys)}", business_date=day, now=at(day), actor=None
    )


def used_interest(loan: Loan, start: date, day: date, n: int) -> Decimal:
    """Return the interest of the days used in a period, worked out by hand."""
    row = loan.instalments.get(n=n)
    before = loan.instalments.filter(n=n - 1).first()
    principal = before.balance_after if before else loan.principal
    days = (day - start).days
    if loan.day_count == "30/360":
        used = row.interest * days / (row.due_date - start).days
    else:
        used = principal * loan.annual_rate * days / 365
    return used.quantize(D("0.01"), ROUND_HALF_UP)


def assert_every_fen_has_an_owner(loan: Loan, repayment: Repayment) -> None:
    rows = Distribution.objects.filter(repayment=repayment)
    assert sum(row.principal for row in rows) == repayment.principal
    assert sum(row.interest for row in rows) == repayment.interest
    assert sum(row.principal + row.interest + row.penalty for row in rows) + repayment.fee == repayment.amount
    for share in LenderShare.objects.filter(loan=loan):
        assert share.principal_received == share.principal
        received = sum(row.principal + row.interest + row.penalty for row in Distribution.objects.filter(share=share))
        assert balance_of_customer(share.investor_id).available == received


def assert_every_fen_has_an_owner_over_all(loan: Loan) -> None:
    for share in LenderShare.objects.filter(loan=loan):
        rows = Distribution.objects.filter(share=share)
        assert sum(row.principal for row in rows) == share.principal == share.principal_received
        assert sum(row.interest for row in rows) == share.interest_received
        assert balance_of_customer(share.investor_id).available == share.principal + share.interest_received


@each_method
@pytest.mark.parametrize("days", [1, 10, 27])
def test_the_first_period_costs_the_days_used(product: str, method: str, periods: int, days: int) -> None:
    loan, day = running(product, periods), DAY + timedelta(days=days)
    before = balance_of_customer(loan.borrower_id).available
    price = price_on(loan, day)
    n = loan.instalments.filter(interest__gt=0).earliest("n").n
    assert (price.principal, price.penalty, price.fee) == (loan.principal, D("0.00"), D("0.00"))
    assert price.interest == used_interest(loan, DAY, day, n) > 0
    assert price.total == price.principal + price.interest
    planned = sum(row.interest + row.fee for row in loan.instalments.all())
    assert price.saved == planned - price.interest
    repayment = settle(loan, day)
    assert (repayment.kind, repayment.amount) == (Repayment.Kind.SETTLEMENT, price.total)
    assert balance_of_customer(loan.borrower_id).available == before - price.total
    loan.refresh_from_db()
    assert (loan.state, loan.settled_early) == (Loan.State.SETTLED, True)
    assert not loan.instalments.filter(paid_at=None).exists()
    assert loan.standing.principal_outstanding == loan.standing.interest_outstanding == 0
    assert OutboxEvent.objects.filter(name="lending.loan_settled", payload__loan_id=loan.pk).count() == 1
    assert_every_fen_has_an_owner(loan, repayment)


@pytest.mark.parametrize(("product", "method", "periods"), METHODS[:3], ids=[row[1] for row in METHODS[:3]])
def test_a_later_period_costs_its_own_days_on_what_is_left(product: str, method: str, periods: int) -> None:
    loan = running(product, periods)
    first = loan.instalments.get(n=1)
    pay_due(loan, first.due_date)
    loan.refresh_from_db()
    day = first.due_date + timedelta(days=11)
    price = price_on(loan, day)
    assert price.principal == loan.principal - first.principal
    assert price.interest == used_interest(loan, first.due_date, day, 2)
    assert price.fee == D("0.00")
    settle(loan, day)
    for share in LenderShare.objects.filter(loan=loan):
        rows = Distribution.objects.filter(share=share)
        assert share.principal == share.principal_received == sum(row.principal for row in rows)
        assert balance_of_customer(share.investor_id).available == sum(row.principal + row.interest for row in rows)


@pytest.mark.parametrize(("product", "method", "periods"), METHODS[:3], ids=[row[1] for row in METHODS[:3]])
@pytest.mark.parametrize("ahead", [1, 2])
def test_interest_paid_ahead_is_given_back_by_the_lenders(product: str, method: str, periods: int, ahead: int) -> None:
    loan, day = running(product, periods), DAY + timedelta(days=9)
    rows = list(loan.instalments.order_by("n")[:ahead])
    for row in rows:
        record_repayment(
            loan_id=loan.pk,
            amount=row.principal + row.interest + row.fee,
            idempotency_key=f"ahead-{next(_keys)}",
            business_date=DAY + timedelta(days=2),
            now=at(DAY + timedelta(days=2)),
            actor=None,
        )
    before = balance_of_customer(loan.borrower_id).available
    paid = sum(row.interest for row in rows)
    used = used_interest(loan, DAY, day, 1)
    price = price_on(loan, day)
    assert price.interest == used - paid < 0
    assert price.total == loan.principal - sum(row.principal for row in rows) + used - paid
    repayment = settle(loan, day)
    assert (repayment.amount, repayment.interest) == (price.total, used - paid)
    assert balance_of_customer(loan.borrower_id).available == before - price.total
    assert_every_fen_has_an_owner_over_all(loan)
    assert sum(share.interest_received for share in LenderShare.objects.filter(loan=loan)) == used
    for row in loan.instalments.all():
        assert row.interest == row.interest_paid + row.interest_waived
    assert sum(row.interest_paid for row in loan.instalments.all()) == used
    for row in loan.instalments.all():
        allocated = Allocation.objects.filter(instalment=row, component="INTEREST").aggregate(Sum("amount"))
        assert (allocated["amount__sum"] or 0) == row.interest_paid
    assert [finding.name for finding in check_invariants() if finding.violation_count] == []


@each_method
def test_on_the_due_date_the_whole_period_is_owed(product: str, method: str, periods: int) -> None:
    loan = running(product, periods)
    first = loan.instalments.earliest("n")
    price = price_on(loan, first.due_date)
    assert (price.interest, price.fee, price.principal) == (first.interest, first.fee, loan.principal)


@each_method
def test_the_price_goes_up_by_the_day(product: str, method: str, periods: int) -> None:
    loan = running(product, periods)
    due = loan.instalments.earliest("n").due_date
    totals = [price_on(loan, DAY + timedelta(days=n)).total for n in range((due - DAY).days)]
    assert totals[0] == loan.principal
    assert totals == sorted(totals) and len(set(totals)) == len(totals)
    with refused(PriceChanged):
        settle(loan, DAY + timedelta(days=5), totals[4])
    with refused(PriceChanged):
        settle(loan, DAY + timedelta(days=5), totals[5] + D("0.01"))
    assert settle(loan, DAY + timedelta(days=5), totals[5]).amount == totals[5]


@each_method
def test_a_fee_is_owed_only_where_the_product_says_so(product: str, method: str, periods: int) -> None:
    Product.objects.filter(code=product).update(early_settlement_fee_rate=D("0.012300"))
    loan, day = running(product, periods), DAY + timedelta(days=10)
    price = price_on(loan, day)
    assert price.fee == D("123.00")
    # Running loans keep what they were signed with.
    Product.objects.filter(code=product).update(early_settlement_fee_rate=D("0.050000"))
    repayment = settle(loan, day)
    assert (repayment.amount, repayment.fee) == (price.total, D("123.00"))
    assert_every_fen_has_an_owner(loan, repayment)


@each_method
def test_a_loan_is_settled_once(product: str, method: str, periods: int) -> None:
    loan, day = running(product, periods), DAY + timedelta(days=10)
    total = price_on(loan, day).total
    first = settle(loan, day, key="once")
    with unchanged():
        assert settle(loan, day, total, key="once") == first
    with refused(LoanNotRunning):
        settle(loan, day, total, key="again")
    with refused(LoanNotRunning):
        settle(loan, day + timedelta(days=1), total, key="tomorrow")
    with refused(LoanNotRunning):
        pay_due(loan, day)


def test_a_key_of_something_else_settles_nothing() -> None:
    loan, other = running("xinyong-debx", 3), running("xinyong-debx", 3)
    day = DAY + timedelta(days=10)
    record_repayment(loan_id=loan.pk, amount=D("1.00"), idempotency_key="k", business_date=day, now=at(day), actor=None)
    for target in (loan, other):
        total = price_on(target, day).total
        with refused(KeyUsedForOther):
            settle(target, day, total, key="k")


def test_without_the_money_and_for_an_unknown_loan_nothing_happens() -> None:
    loan = running("xinyong-debx", 3, money="0.00")
    day = DAY + timedelta(days=10)
    with refused(InsufficientFunds):
        settle(loan, day)
    with refused(NotFound):
        settle_early(
            loan_id=10**9,
            expected_total=D("1.00"),
            idempotency_key="x",
            business_date=day,
            now=at(day),
            actor=None,
        )
