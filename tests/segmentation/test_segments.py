"""Segments on real rows: who is in, since when, why, and the same whether told by event or for all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.models import AuditEntry, BusinessDate, OutboxEvent
from core.outbox import drain
from core.registries import acts, attributes
from core.rules.conditions import OPERATORS, Operator, Type
from customers.models import Customer
from lending.models import LoanState
from segmentation.models import Membership, Segment, SegmentDay, SegmentVersion
from segmentation.operations import evaluation
from segmentation.operations import segments as operations
from segmentation.operations.attributes import refresh_attributes
from segmentation.operations.evaluation import evaluate_segments
from segmentation.operations.touched import follow_customers
from segmentation.queries.rules import get_vocabulary, list_facts, select_members
from segmentation.queries.segments import (
    count_by_segment,
    count_overlap,
    count_rule,
    explain,
    list_members,
    sample_rule,
)
from segmentation.rules.segments import holds, parse
from segmentation.texts import say_rule
from staff.queries import Access, get_access
from tests.segmentation.worlds import NIGHTS, World
from tests.web.conftest import NOW, TODAY, Book, _kept_book, book, make_customer, make_loan

__all__ = ["_kept_book", "book"]

OVERDUE = {"fact": "overdue", "is": "min", "values": ["1000"]}
BORROWER = {"fact": "borrower", "is": "is", "values": ["yes"]}


def make(book: Book, name: str, rule: dict[str, Any] | None, kind: str = "DYNAMIC") -> Segment:
    segment = operations.create_segment(name=name, description="", kind=kind, rule=rule, actor=book.manager, now=NOW)
    drain()
    segment.refresh_from_db()
    return segment


def members(segment: Segment) -> set[int]:
    return set(Membership.objects.filter(segment=segment, left_at=None).values_list("customer_id", flat=True))


def access_of(user: Any) -> Access:
    found = get_access(user)
    assert found is not None
    return found


def test_a_segment_has_its_members_a_day_and_a_first_version(book: Book) -> None:
    segment = make(book, "逾期借款人", {"all": [OVERDUE, BORROWER]})
    assert members(segment) == {book.borrower.pk}
    assert (segment.member_count, segment.evaluated_version, segment.fault) == (1, 1, "")
    assert SegmentDay.objects.get(segment=segment).members == 1
    assert SegmentVersion.objects.get(segment=segment).made_by == book.manager
    assert OutboxEvent.objects.filter(name="segmentation.members_changed").count() == 1


def test_one_event_moves_a_customer_out_and_in_again(book: Book) -> None:
    segment = make(book, "逾期借款人", {"all": [OVERDUE]})
    state = LoanState.objects.filter(loan=book.loan)
    state.update(overdue_amount=0, dpd=0)
    later = NOW + timedelta(hours=1)
    follow_customers(customer_ids=[book.borrower.pk], business_date=TODAY, now=later)
    assert members(segment) == set()
    assert Membership.objects.get(segment=segment).left_at == later
    state.update(overdue_amount=1020, dpd=6)
    follow_customers(customer_ids=[book.borrower.pk], business_date=TODAY, now=later + timedelta(hours=1))
    assert members(segment) == {book.borrower.pk}
    assert Membership.objects.filter(segment=segment).count() == 2
    segment.refresh_from_db()
    assert segment.member_count == 1
    day = SegmentDay.objects.get(segment=segment)
    assert (day.members, day.entered, day.left) == (1, 2, 1)


SAMPLES = {
    Type.TEXT: "x' OR '1'='1",
    Type.NUMBER: "5",
    Type.MONEY: "5.50",
    Type.DATE: "2026-03-01",
    Type.MOMENT: "2026-03-01",
    Type.YES_NO: "yes",
    Type.LIST: "tea",
}


def write_facts() -> list[dict[str, Any]]:
    """Every attribute with every comparison it knows."""
    found = []
    for key, field in list_facts().items():
        for operator in OPERATORS[field.type]:
            value = field.choices[0][0] if field.choices else SAMPLES.get(field.type, "1")
            if operator in {Operator.LAST, Operator.NEXT, Operator.NOT_LAST}:
                value = "7"
            values = {Operator.BETWEEN: [value, value], Operator.EMPTY: [], Operator.FILLED: []}.get(operator, [value])
            found.append({"fact": key, "is": operator.value, "values": values})
    return found


def test_every_fact_comparison_and_act_compiles_and_is_explained(book: Book) -> None:
    """Asked for all customers, for one, and leaf by leaf the answer is the same."""
    other = make(book, "借款人", {"all": [BORROWER]})
    leaves = [
        *write_facts(),
        *({"did": key, "times": 1, "days": 400, "amount": "1"} for key, _act in acts.items()),
        *({"did": key, "times": 1} for key, _act in acts.items()),
        {"segment": other.public_id},
        {"share": {"seed": "a", "from": 0, "to": 50}},
    ]
    words = get_vocabulary()
    names = {other.public_id: other.name}
    for place in range(0, len(leaves), 20):
        for join in ("any", "none"):
            segment = Segment(rule={"all": [{join: leaves[place : place + 20]}]})
            rule = parse(segment.rule, words)
            assert say_rule(rule, words.facts, names)
            sql, parameters = select_members(rule, words, TODAY)
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                inside = {pk for (pk,) in cursor.fetchall()}
            for customer in (book.borrower, book.investor):
                answer = explain(segment, customer.pk, TODAY)
                assert answer.holds == (customer.pk in inside)
                assert holds(rule, {one.path: one.holds for one in answer.answers}) == answer.holds


@pytest.mark.parametrize(
    ("leaf", "found"),
    [
        (OVERDUE, "b"),
        ({"fact": "overdue", "is": "max", "values": ["0"]}, "i"),
        ({"fact": "overdue", "is": "between", "values": ["0", "5000"]}, "bi"),
        ({"fact": "days_past_due", "is": "is", "values": ["5"]}, "b"),
        ({"fact": "invested", "is": "min", "values": ["3000"]}, "i"),
        ({"fact": "investor", "is": "is", "values": ["no"]}, "b"),
        ({"fact": "student", "is": "is", "values": ["no"]}, "bi"),
        ({"fact": "last_contact", "is": "notlast", "values": ["14"]}, "bi"),
        ({"fact": "last_contact", "is": "empty", "values": []}, "bi"),
        ({"fact": "next_due_date", "is": "next", "values": ["10"]}, "b"),
        ({"fact": "next_due_date", "is": "next", "values": ["9"]}, ""),
        ({"fact": "registered", "is": "last", "values": ["3650"]}, "bi"),
        ({"fact": "purpose", "is": "not", "values": ["MEDICAL"]}, "bi"),
        ({"did": "loan", "times": 1}, "b"),
        ({"did": "loan", "times": 1, "days": 10}, ""),
        ({"did": "loan", "times": 2}, ""),
        ({"did": "loan", "times": 1, "amount": "3000.01"}, ""),
        ({"did": "lending", "times": 1, "days": 36}, ""),
        ({"did": "lending", "times": 1, "days": 37}, "i"),
    ],
)
def test_who_is_found(book: Book, leaf: dict[str, Any], found: str) -> None:
    """The loan began 36 days before, is 5 days late by ¥1,020 and falls due again in ten days."""
    people = {"b": book.borrower.pk, "i": book.investor.pk}
    words = get_vocabulary()
    sql, parameters = select_members(parse({"all": [leaf]}, words), words, TODAY)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        inside = {pk for (pk,) in cursor.fetchall()}
    assert {name for name, pk in people.items() if pk in inside} == set(found)


def test_random_shares_are_stable_and_do_not_overlap(book: Book) -> None:
    everybody = {*(make_customer(500 + n, "李雷", book.rm).pk for n in range(40))}
    refresh_attributes(customer_ids=None, business_date=TODAY, now=NOW)
    low = make(book, "甲", {"all": [{"share": {"seed": "x", "from": 0, "to": 50}}]})
    high = make(book, "乙", {"all": [{"share": {"seed": "x", "from": 50, "to": 100}}]})
    assert members(low).isdisjoint(members(high)) and everybody <= members(low) | members(high)
    before = members(low)
    evaluate_segments(segment_ids=None, business_date=TODAY + timedelta(days=1), now=NOW)
    assert members(low) == before


def test_what_uses_a_segment_follows_it(book: Book) -> None:
    first = make(book, "甲", {"all": [BORROWER]})
    second = make(book, "乙", {"none": [{"segment": first.public_id}]})
    assert book.investor.pk in members(second) and book.borrower.pk not in members(second)
    operations.change_segment(
        segment_id=first.pk, version=1, name="甲", description="", rule={"all": [OVERDUE, {"none": [BORROWER]}]},
        note="", actor=book.manager, now=NOW,
    )  # fmt: skip
    drain()
    assert members(first) == set() and book.borrower.pk in members(second)


def state() -> tuple[Any, ...]:
    rows = Segment.objects.order_by("pk").values_list("name", "state", "version", "member_count", "rule")
    return (list(rows), Membership.objects.count(), SegmentVersion.objects.count(), AuditEntry.objects.count())


def refused(error: type[Exception], act: Callable[[], object]) -> Any:
    """What is refused changes nothing."""
    before = state()
    with pytest.raises(error) as caught, transaction.atomic():
        act()
    assert state() == before
    return caught.value


def test_refusals_change_nothing(book: Book) -> None:
    first = make(book, "甲", {"all": [BORROWER]})
    second = make(book, "乙", {"all": [{"segment": first.public_id}]})
    listed = make(book, "单", None, "STATIC")
    common: dict[str, Any] = {"actor": book.manager, "now": NOW}
    change = {"description": "", "note": "", **common}
    bad = refused(
        operations.SegmentInvalid,
        lambda: operations.create_segment(
            name="丙",
            description="",
            kind="DYNAMIC",
            rule={"all": [{"fact": "x; --", "is": "is", "values": ["1"]}]},
            **common,
        ),
    )
    assert list(bad.fields) == ["rule.0"]
    refused(
        operations.SegmentInvalid,
        lambda: operations.create_segment(name="甲", description="", kind="STATIC", rule=None, **common),
    )
    circle = refused(
        operations.SegmentInvalid,
        lambda: operations.change_segment(
            segment_id=first.pk, version=1, name="甲", rule={"all": [{"segment": second.public_id}]}, **change
        ),
    )
    assert list(circle.fields) == ["rule"]
    refused(
        operations.SegmentOutdated,
        lambda: operations.change_segment(segment_id=first.pk, version=7, name="甲", rule={"all": [OVERDUE]}, **change),
    )
    refused(operations.SegmentUsed, lambda: operations.archive_segment(segment_id=first.pk, **common))
    refused(
        operations.NotAList,
        lambda: operations.add_members(segment_id=first.pk, customer_ids=[book.investor.pk], **common),
    )
    operations.archive_segment(segment_id=listed.pk, **common)
    refused(
        operations.SegmentArchived,
        lambda: operations.add_members(segment_id=listed.pk, customer_ids=[book.investor.pk], **common),
    )


def test_a_slow_evaluation_follows_the_rule_of_now(book: Book) -> None:
    segment = make(book, "逾期", {"all": [OVERDUE]})
    asked = Segment.objects.get(pk=segment.pk)
    operations.change_segment(
        segment_id=segment.pk, version=1, name="出借人", description="", note="", actor=book.manager, now=NOW,
        rule={"all": [{"fact": "investor", "is": "is", "values": ["yes"]}]},
    )  # fmt: skip
    drain()
    # The night has read it before it was changed.
    evaluation._evaluate_whole(asked, get_vocabulary(), TODAY, NOW)
    segment.refresh_from_db()
    assert members(segment) == {book.investor.pk}
    assert (segment.name, segment.version, segment.evaluated_version) == ("出借人", 2, 2)
    # A name alone is a version too: who has the older one open does not overwrite it.
    operations.change_segment(
        segment_id=segment.pk, version=2, name="投资人", description="", note="", actor=book.manager, now=NOW,
        rule=segment.rule,
    )  # fmt: skip
    with pytest.raises(operations.SegmentOutdated):
        operations.change_segment(
            segment_id=segment.pk, version=2, name="出借人", description="", note="", actor=book.manager, now=NOW,
            rule=segment.rule,
        )  # fmt: skip
    assert Segment.objects.get(pk=segment.pk).name == "投资人"


def test_a_list_is_filled_and_emptied_by_hand(book: Book) -> None:
    listed = make(book, "单", None, "STATIC")
    ids = [book.borrower.pk, book.investor.pk]
    assert operations.add_members(segment_id=listed.pk, customer_ids=ids, actor=book.manager, now=NOW) == 2
    assert operations.add_members(segment_id=listed.pk, customer_ids=ids, actor=book.manager, now=NOW) == 0
    assert operations.remove_members(segment_id=listed.pk, customer_ids=ids[:1], actor=book.manager, now=NOW) == 1
    assert members(listed) == {book.investor.pk}
    listed.refresh_from_db()
    assert listed.member_count == 1


def test_counts_and_members_are_those_of_the_readers_book(book: Book) -> None:
    foreign = make_customer(90, "李雷", book.other_rm, is_borrower=True)
    make_loan(90, foreign, book.investor)
    refresh_attributes(customer_ids=None, business_date=TODAY, now=NOW)
    segment = make(book, "借款人", {"all": [BORROWER]})
    other = make(book, "全部", {"all": [{"fact": "kind", "is": "in", "values": ["PERSON"]}]})
    words = get_vocabulary()
    rule = parse(segment.rule, words)
    mine, everything = access_of(book.rm), access_of(book.manager)
    assert foreign.pk in members(segment)
    for access, is_wide in ((mine, False), (everything, True)):
        seen = set(list_members(access, segment).values_list("pk", flat=True))
        assert (foreign.pk in seen) == is_wide and book.borrower.pk in seen
        assert count_by_segment(access, [segment])[segment.pk] == len(seen)
        assert count_rule(access, rule, words, TODAY) == len(seen)
        assert {customer.pk for customer in sample_rule(access, rule, words, TODAY)} <= seen
        assert count_overlap(access, segment) == [(other, len(seen))]


def test_a_fact_that_is_gone_leaves_the_members_and_says_so(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = make(book, "逾期借款人", {"all": [OVERDUE]})
    monkeypatch.delitem(attributes._items, "overdue")
    evaluate_segments(segment_ids=None, business_date=TODAY, now=NOW)
    segment.refresh_from_db()
    assert "unknown_fact" in segment.fault and members(segment) == {book.borrower.pk}


WORLD_RULES: list[dict[str, Any]] = [
    {
        "any": [
            {"fact": "outstanding", "is": "min", "values": ["1"]},
            {"fact": "deal_count", "is": "min", "values": ["2"]},
        ]
    },
    {"none": [{"did": "lending", "times": 1, "days": 3}, {"fact": "borrower", "is": "is", "values": ["no"]}]},
    {"all": [{"did": "repayment", "times": 1, "days": 2}, {"share": {"seed": "w", "from": 0, "to": 60}}]},
]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=NIGHTS, order=st.permutations(range(3)))
def test_by_event_and_for_all_the_members_are_the_same(
    book: Book, nights: list[list[tuple[str, int, int]]], order: list[int]
) -> None:
    with transaction.atomic():
        segments = [make(book, f"随机{place}", WORLD_RULES[place]) for place in order]
        segments.append(make(book, "组合", {"all": [{"segment": segments[0].public_id}, {"none": [{"segment": segments[1].public_id}]}]}))  # fmt: skip
        world, day = World(book), TODAY
        for events in nights[:6]:
            day += timedelta(days=1)
            BusinessDate.objects.update(value=day)
            refresh_attributes(customer_ids=None, business_date=day, now=clock.at(day, 1))
            evaluate_segments(segment_ids=None, business_date=day, now=clock.at(day, 1))
            for event in events:
                world.do(event, day)
            everybody = list(Customer.objects.values_list("pk", flat=True))
            follow_customers(customer_ids=everybody, business_date=day, now=clock.at(day, 12))
            by_event = [members(segment) for segment in segments]
            # A whole look right afterwards finds nothing to move.
            assert evaluate_segments(segment_ids=None, business_date=day, now=clock.at(day, 13)) == 0
            assert [members(segment) for segment in segments] == by_event
            for segment in segments:
                segment.refresh_from_db()
                assert segment.member_count == len(members(segment))
        transaction.set_rollback(True)
