"""Labels by rule, with version, time, reason and history; by event and in bulk the same."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings

from core import clock, outbox
from core.models import BusinessDate
from core.registries import read_attribute_sql
from customers.models import Customer, CustomerRole, TimelineEntry
from customers.operations.touching import touch_customers
from lending.models import Application, LenderShare, Listing, Loan
from segmentation.models import LabelRule, Labels, LabelStay
from segmentation.operations.attributes import refresh_attributes
from segmentation.operations.touched import follow_customers
from segmentation.queries.labelling import REASONS, build_told, list_limits
from segmentation.queries.labels import get_rule
from segmentation.rules.labels import IN_BOTH, KEYS, STAGES, value_lifetime, weigh_volume
from tests.segmentation.labelling import label, label_everybody, labels_of, read_labels
from tests.segmentation.worlds import LIMITS, NIGHTS, World
from tests.web.conftest import NOW, TODAY, Book, _kept_book, book, make_customer, make_loan

__all__ = ["_kept_book", "book"]


def test_labels_say_rule_version_time_and_reason(book: Book) -> None:
    label()
    borrower = Customer.objects.get(pk=book.borrower.pk)
    entry = borrower.labels["stage"]
    assert (borrower.stage, borrower.value_tier) == ("NEW", "LOW")
    assert (entry["rule"], entry["version"], entry["at"]) == (
        "segmentation.stage", "2026-1", clock.at(TODAY, 1).isoformat()
    )  # fmt: skip
    assert entry["reason"]["deals"] == 1
    assert TimelineEntry.objects.filter(customer=borrower, text_code="customers.stage.NEW").count() == 1
    stay = LabelStay.objects.get(customer_id=borrower.pk, label="level")
    assert (stay.value, stay.version, stay.reason, stay.from_date) == ("JUNIOR", "2026-1", {"deals": 1}, TODAY)


def test_a_second_run_writes_nothing(book: Book) -> None:
    assert label() > 0
    stays = LabelStay.objects.count()
    assert label() == 0
    assert LabelStay.objects.count() == stays


def test_the_night_sets_right_what_others_wrote_on_record_and_role(book: Book) -> None:
    label()
    stays = LabelStay.objects.count()
    Customer.objects.filter(pk=book.borrower.pk).update(stage="LOST", value_tier="HIGH")
    CustomerRole.objects.filter(customer=book.borrower).update(stage="LOST", value=0)
    assert label(1) == 1
    borrower = Customer.objects.get(pk=book.borrower.pk)
    assert (borrower.stage, borrower.value_tier) == ("NEW", "LOW")
    role = CustomerRole.objects.get(customer=book.borrower, role="BORROWER")
    assert (role.stage, role.value > 0) == ("NEW", True)
    assert LabelStay.objects.count() == stays


@pytest.mark.parametrize(("deals", "days", "settled", "stage"), [
    (0, 0, False, "POTENTIAL"),
    (1, 30, False, "NEW"),
    (1, 120, False, "ACTIVE"),
    (3, 120, False, "MATURE"),
    (3, 500, False, "MATURE"),
    (3, 300, True, "DECLINING"),
    (3, 500, True, "LOST"),
])  # fmt: skip
def test_the_stage_follows_from_deals_and_time(book: Book, deals: int, days: int, settled: bool, stage: str) -> None:
    customer = make_customer(50, "李雷", book.rm, is_borrower=True)
    for number in range(deals):
        make_loan(50 + number, customer, book.investor)
    if settled:
        Loan.objects.filter(borrower=customer).update(state="SETTLED", settled_at=NOW)
    label(days)
    found = labels_of(customer.pk)
    assert Customer.objects.get(pk=customer.pk).stage == found.stage == found.stage_borrower == stage


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=NIGHTS)
def test_by_event_and_in_bulk_the_same_labels(book: Book, nights: list[list[tuple[str, int, int]]]) -> None:
    with transaction.atomic():
        LabelRule.objects.update(**LIMITS)
        world, day = World(book), TODAY
        for events in nights:
            day += timedelta(days=1)
            label_everybody(day)
            for event in events:
                world.do(event, day)
            ids = [customer.pk for customer in world.people]
            follow_customers(customer_ids=ids, business_date=day, now=clock.at(day, 12))
            by_event, stays = read_labels(), open_stays()
            on_record = list(Customer.objects.order_by("pk").values_list("pk", "stage", "value_tier"))
            # Nothing is left for the night; and told from nothing it would be the same.
            assert label_everybody(day) == 0
            Labels.objects.all().delete()
            LabelStay.objects.all().delete()
            label_everybody(day)
            assert read_labels() == by_event and open_stays() == stays
            assert list(Customer.objects.order_by("pk").values_list("pk", "stage", "value_tier")) == on_record
        transaction.set_rollback(True)


def open_stays() -> list[tuple[int, str, str]]:
    rows = LabelStay.objects.filter(until_at=None).order_by("customer_id", "label")
    return list(rows.values_list("customer_id", "label", "value"))


def test_one_changed_fact_relabels_the_customer_with_its_event(book: Book) -> None:
    label()
    outbox.drain()
    Customer.objects.filter(pk=book.investor.pk).update(investor_type="C5", investor_type_expires_date=TODAY)
    touch_customers([book.investor.pk], now=NOW)
    with clock.use_clock(NOW):
        outbox.drain()
    found = labels_of(book.investor.pk)
    assert (found.preference, found.preference_actual, found.preference_mismatch) == (
        "AGGRESSIVE", "CONSERVATIVE", True
    )  # fmt: skip
    past, present = LabelStay.objects.filter(customer_id=book.investor.pk, label="preference").order_by("pk")
    assert (past.value, past.until_at, present.value, present.before) == (
        "CONSERVATIVE",
        NOW,
        "AGGRESSIVE",
        "CONSERVATIVE",
    )
    assert present.reason["investor_type"] == "C5"
    with connection.cursor() as cursor:
        cursor.execute("SELECT preference, preference_mismatch FROM segmentation_standing WHERE customer_id = %s", [
            book.investor.pk
        ])  # fmt: skip
        assert cursor.fetchone() == ("AGGRESSIVE", True)
    # A questionnaire that has expired says nothing any more: what he does counts.
    label(1)
    found = labels_of(book.investor.pk)
    assert (found.preference, found.preference_expired) == ("CONSERVATIVE", True)


def test_new_limits_name_their_version_and_move_nobody_twice(book: Book) -> None:
    label()
    entries, stays = TimelineEntry.objects.count(), LabelStay.objects.count()
    LabelRule.objects.create(version="2026-2", valid_from=TODAY, source="test")
    assert label() > 0
    # The labels name the version that wrote them; nothing happened to the customers.
    assert set(Labels.objects.values_list("version", flat=True)) == {"2026-2"}
    assert (TimelineEntry.objects.count(), LabelStay.objects.count()) == (entries, stays)
    LabelRule.objects.create(version="2026-3", valid_from=TODAY, source="test", value_middle=2_000)
    label()
    assert labels_of(book.borrower.pk).value_tier == "MIDDLE"
    assert LabelStay.objects.get(customer_id=book.borrower.pk, label="value_tier", until_at=None).version == "2026-3"


def make_many(book: Book, deals: int, amount: str = "3000.00", **listing: Any) -> Customer:
    """An investor of so many deals, ten days apart, the latest yesterday."""
    investor = make_customer(70, "韩梅", book.rm, is_investor=True)
    for place in range(deals):
        loan = make_loan(700 + place, book.borrower, investor)
        Loan.objects.filter(pk=loan.pk).update(start_date=TODAY - timedelta(days=1 + 10 * place))
        LenderShare.objects.filter(loan=loan).update(principal=Decimal(amount))
        Listing.objects.filter(pk=loan.listing_id).update(**listing)
    return investor


def _business(book: Book) -> None:
    Application.objects.filter(customer=book.borrower).update(purpose="EQUIPMENT")


def _declined(book: Book) -> None:
    from risk.models import DecisionRecord

    Loan.objects.filter(borrower=book.borrower).update(state="SETTLED", settled_at=NOW)
    assert DecisionRecord.objects.count() == 0


@pytest.mark.parametrize(("change", "key", "value"), [
    (lambda book: None, "loan_use", "CONSUMPTION"),
    (_business, "loan_use", "BUSINESS"),
    (lambda book: None, "risk_tier", None),
    (lambda book: Customer.objects.update(risk_tier="HIGH"), "risk_tier", "HIGH"),
    (lambda book: None, "service_class", "ORDINARY"),
    (lambda book: None, "phase", "BUILD"),
])  # fmt: skip
def test_labels_of_a_borrower(book: Book, change: Callable[[Book], object], key: str, value: str | None) -> None:
    change(book)
    label()
    assert getattr(labels_of(book.borrower.pk), key) == value


@pytest.mark.parametrize(("deals", "amount", "grade", "expected"), [
    (2, "3000.00", 1, {"band": "SMALL", "level": "MIDDLE", "preference": "CONSERVATIVE", "rfm_score": 522}),
    (5, "50000.00", 2, {"band": "LARGE", "level": "SENIOR", "value_tier": "HIGH", "service_class": "KEY", "rfm": "CHAMPION"}),
    (3, "400000.00", 5, {"band": "WEALTHY", "preference": "AGGRESSIVE", "sensitivity": None, "stage_investor": "NEW"}),
])  # fmt: skip
def test_labels_of_an_investor(book: Book, deals: int, amount: str, grade: int, expected: dict[str, Any]) -> None:
    investor = make_many(book, deals, amount, risk_grade=grade)
    label()
    found = labels_of(investor.pk)
    assert {key: getattr(found, key) for key in expected} == expected


def test_values_are_those_of_the_published_formulas(book: Book) -> None:
    """The worked numbers of docs/labels.md, and the same by the statement that labels everybody."""
    assert weigh_volume(Decimal(100_000), 5, 2, frequency=Decimal("0.05"), loyalty=Decimal("0.1")) == 140_000
    terms = {"margin": Decimal("0.02"), "stay": Decimal("0.85"), "discount": Decimal("0.08")}
    assert value_lifetime(Decimal(120_000), 3, Decimal(150), **terms) == Decimal("2771.74")
    investor = make_many(book, 5, "20000.00")
    Loan.objects.filter(shares__investor=investor, number="LN-704").update(start_date=TODAY - timedelta(days=800))
    label()
    found = labels_of(investor.pk)
    assert found.weighted_volume == Decimal("140000.00")
    stay = LabelRule.objects.get().clv_stay_watched if found.churn == "WATCH" else terms["stay"]
    assert found.clv == value_lifetime(Decimal(100_000), 2, Decimal(0), **{**terms, "stay": stay})
    parts = ("demand", "payment", "service", "risk", "loyalty")
    assert found.prime_score == sum(getattr(found, f"prime_{part}") for part in parts)
    assert found.prime_service == 20 and found.prime_loyalty == 8


def test_decline_is_told_from_the_persons_own_rhythm(book: Book) -> None:
    """Every ten days, then nothing: after two of the shortest gap that counts he is watched, after three his loss is likely."""
    LabelRule.objects.update(new_days=1)
    investor = make_many(book, 4)
    label(10)
    assert labels_of(investor.pk).churn == "NONE"
    label(28)
    watched = labels_of(investor.pk)
    assert (watched.churn, watched.stage) == ("WATCH", "MATURE") and "RHYTHM" in watched.churn_signs
    label(42)
    likely = labels_of(investor.pk)
    assert (likely.churn, likely.stage, likely.phase) == ("LIKELY", "DECLINING", "REPAIR")
    assert LabelStay.objects.get(customer_id=investor.pk, label="churn", until_at=None).reason["investor_gap"] == 14


def test_a_merged_record_has_no_labels(book: Book) -> None:
    label()
    Customer.objects.filter(pk=book.investor.pk).update(merged_into=book.borrower.pk)
    follow_customers(customer_ids=[book.investor.pk], business_date=TODAY, now=NOW)
    assert not Labels.objects.filter(pk=book.investor.pk).exists()
    assert not LabelStay.objects.filter(customer_id=book.investor.pk, until_at=None).exists()


def test_every_label_has_values_reasons_and_both_models(book: Book) -> None:
    assert REASONS.keys() == set(KEYS)
    assert set(IN_BOTH) == set(STAGES) == set(Customer.Stage.values)
    rule = get_rule(TODAY)
    assert rule is not None
    refresh_attributes(customer_ids=None, business_date=TODAY, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(build_told(lambda _column: ""), list_limits(rule))
        columns = {column.name for column in cursor.description}
    assert {name for names in REASONS.values() for name in names} <= columns


def test_the_labels_are_those_of_the_attributes(book: Book) -> None:
    """Lists filter by the attributes of lending: what they say is what the labels are told from."""
    other = make_customer(7, "李雷", book.other_rm, is_borrower=True)
    make_loan(7, other, book.investor)
    label()
    with connection.cursor() as cursor:
        cursor.execute(read_attribute_sql("deal_count"))
        deals = dict(cursor.fetchall())
    for customer in Customer.objects.all():
        assert customer.labels["stage"]["reason"]["deals"] == deals.get(customer.pk, 0)
    assert BusinessDate.objects.get().value == TODAY
