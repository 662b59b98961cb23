"""A world of customers who deal with one another day by day, as the tests of attributes and labels live through it."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from core import clock
from customers.models import Customer
from lending.models import Distribution, LenderShare, Loan, LoanState, Repayment
from tests.web.conftest import Book, _kept_book, book, make_customer, make_loan

__all__ = ["_kept_book", "book"]

# Short limits, so that a world of a few weeks crosses all of them.
LIMITS = {
    "new_days": 4,
    "borrower_lost_days": 9,
    "investor_lost_days": 9,
    "mature_deals": 3,
    "value_middle": 5_000,
    "value_high": 9_000,
    "rhythm_floor": 1,
    "repair_days": 3,
}
EVENTS = st.tuples(st.sampled_from(["register", "lend", "pay", "settle"]), st.integers(0, 5), st.integers(0, 5))
NIGHTS = st.lists(st.lists(EVENTS, max_size=3), min_size=1, max_size=16)


class World:
    """Customers who deal with one another day by day, written as rows the way the operations write them."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.people: list[Customer] = []
        self.loans = 0

    def do(self, event: tuple[str, int, int], day: date) -> None:
        kind, first, second = event
        if kind == "register" or len(self.people) < 2:
            customer = make_customer(1000 + len(self.people), "李雷", self.book.rm, is_borrower=True)
            Customer.objects.filter(pk=customer.pk).update(registered_at=clock.at(day, 9))
            self.people.append(customer)
        elif kind == "lend":
            self._lend(self.people[first % len(self.people)], self.people[second % len(self.people)], day)
        elif running := list(Loan.objects.filter(state="ACTIVE", number__startswith="LN-2").order_by("pk")):
            self._pay(running[first % len(running)], day, is_last=kind == "settle")

    def _lend(self, borrower: Customer, investor: Customer, day: date) -> None:
        self.loans += 1
        loan = make_loan(2000 + self.loans, borrower, investor)
        Loan.objects.filter(pk=loan.pk).update(start_date=day)

    def _pay(self, loan: Loan, day: date, *, is_last: bool) -> None:
        """Pay half of what is left, or all of it; all of it may leave interest and the loan running."""
        state, share = LoanState.objects.get(loan=loan), LenderShare.objects.get(loan=loan)
        left = share.principal - share.principal_received
        if not left:
            Loan.objects.filter(pk=loan.pk).update(state="SETTLED", settled_at=clock.at(day, 12))
            return
        amount = left if is_last else min(left, Decimal("1500.00"))
        number = Repayment.objects.count()
        repayment = Repayment.objects.create(
            loan=loan,
            amount=amount,
            fee=0,
            penalty=0,
            interest=0,
            principal=amount,
            business_date=day,
            received_at=clock.at(day, 12),
            transfer_id=number,
            idempotency_key=f"world-{number}",
            kind=Repayment.Kind.REPAYMENT,
        )
        Distribution.objects.create(repayment=repayment, share=share, principal=amount)
        share.principal_received += amount
        share.save()
        state.principal_outstanding -= amount
        state.save()
