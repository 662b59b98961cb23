"""What the nightly labelling leaves out: labels are those of a full look, whatever happened in between."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.registries import read_attribute_sql
from customers.models import Customer, TimelineEntry
from lending.models import Distribution, LenderShare, Loan, LoanState, Repayment
from segmentation.models import LabelRule, LabelRun
from segmentation.operations import label_customers, sum_up_deals
from segmentation.queries import LABELS, get_rule, list_limits, list_who_could_differ
from tests.web.conftest import TODAY, Book, _kept_book, book, make_customer, make_loan

__all__ = ["_kept_book", "book"]

# Short limits, so that a world of a few weeks crosses all of them.
LIMITS = {"new_days": 4, "lost_days": 9, "mature_deals": 3, "value_middle": 5_000, "value_high": 9_000}
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


def night(day: date) -> datetime:
    return clock.at(day, 23, 30)


def read_labels() -> list[tuple[int, str, str]]:
    return list(Customer.objects.order_by("pk").values_list("pk", "stage", "value_tier"))


def say_labels(day: date) -> list[tuple[int, str, str]]:
    """Everybody's labels as the rule sees them now."""
    rule = get_rule(day)
    assert rule is not None
    with transaction.atomic(), connection.cursor() as cursor:
        params = {"customers": None, **list_limits(rule, day), **sum_up_deals(None)}
        cursor.execute(f"SELECT customer_id, stage, value_tier FROM ({LABELS}) x ORDER BY 1", params)
        return [(pk, stage, tier) for pk, stage, tier in cursor.fetchall()]


@pytest.fixture
def short_rule(book: Book) -> Book:
    LabelRule.objects.update(**LIMITS)
    return book


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=NIGHTS)
def test_every_night_leaves_the_labels_of_a_full_look(
    short_rule: Book, nights: list[list[tuple[str, int, int]]]
) -> None:

    with transaction.atomic():
        world = World(short_rule)
        label_customers(TODAY, 0, 0, night(TODAY))
        day = TODAY
        for events in nights:
            day += timedelta(days=1)
            for event in events:
                world.do(event, day)
            label_customers(day, 0, 0, night(day))
            assert not LabelRun.objects.get(pk=day).is_full
            assert read_labels() == say_labels(day)
        transaction.set_rollback(True)


def test_who_pays_the_last_fen_long_after_his_last_deal_is_lost_that_night(short_rule: Book) -> None:
    world = World(short_rule)
    label_customers(TODAY, 0, 0, night(TODAY))
    for days, events in enumerate([["register"], ["register"], ["lend"], *[[]] * 12, ["settle"]], 1):
        day = TODAY + timedelta(days=days)
        for kind in events:
            world.do((kind, 0, 1), day)
        label_customers(day, 0, 0, night(day))
        stages = set(Customer.objects.filter(pk__in=[one.pk for one in world.people]).values_list("stage", flat=True))
        if days > 7:
            assert stages == ({"LOST"} if events else {"ACTIVE"})


def test_the_labels_are_those_of_the_attributes(book: Book) -> None:
    """Lists filter by the attributes of lending: what they say is what the labels are told from."""
    other = make_customer(7, "李雷", book.other_rm, is_borrower=True)
    make_loan(7, other, book.investor)
    label_customers(TODAY, 0, 0, night(TODAY))
    facts: dict[str, dict[int, object]] = {}
    with connection.cursor() as cursor:
        for key in ("deal_count", "first_deal_date", "last_deal_date", "borrowed_ever", "lent_ever"):
            cursor.execute(read_attribute_sql(key))
            facts[key] = dict(cursor.fetchall())
    for customer in Customer.objects.all():
        stage, value = (customer.labels[label]["reason"] for label in ("stage", "value_tier"))
        assert stage["deals"] == facts["deal_count"].get(customer.pk, 0)
        assert stage["first"] == str(facts["first_deal_date"].get(customer.pk, "—"))
        assert stage["last"] == str(facts["last_deal_date"].get(customer.pk, "—"))
        assert value["borrowed"] == str(facts["borrowed_ever"].get(customer.pk, 0))
        assert value["lent"] == str(facts["lent_ever"].get(customer.pk, 0))


def test_an_ordinary_night_looks_only_at_who_could_differ(book: Book) -> None:
    label_customers(TODAY, 0, 0, night(TODAY))
    Customer.objects.update(registered_at=clock.at(TODAY - timedelta(days=400), 9))
    rule, tomorrow = get_rule(TODAY), TODAY + timedelta(days=1)
    assert rule is not None and list_who_could_differ(rule, tomorrow) == []
    assert label_customers(tomorrow, 0, 0, night(tomorrow)) == 0


@pytest.mark.parametrize("change", ["limits", "version", "first of the month"])
def test_everybody_is_looked_at(book: Book, change: str) -> None:
    label_customers(TODAY, 0, 0, night(TODAY))
    day = TODAY + timedelta(days=1)
    if change == "limits":
        LabelRule.objects.update(value_middle=2_000)
    elif change == "version":
        LabelRule.objects.create(version="2026-2", valid_from=day, source="test")
    else:
        day = date(2026, 4, 1)
    before = TimelineEntry.objects.count()
    label_customers(day, 0, 0, night(day))
    assert LabelRun.objects.get(pk=day).is_full
    assert read_labels() == say_labels(day)
    if change == "version":
        # The labels name the version that wrote them; nothing happened to the customers.
        versions = {labels["stage"]["version"] for labels in Customer.objects.values_list("labels", flat=True)}
        assert versions == {"2026-2"} and TimelineEntry.objects.count() == before
