"""Attributes side by side: kept by event and in bulk alike, in columns that follow from the registry."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings

from core import clock, outbox
from core.models import BusinessDate, EventDelivery
from core.outbox import publish, publish_many
from core.registries import Attribute, AttributeFamily, attribute_families, attributes, touches
from customers.events import CustomersTouched
from customers.models import Customer
from segmentation.operations.attributes import list_ranges, refresh_attributes
from segmentation.operations.shape import shape_standing
from segmentation.operations.touched import follow_customers
from segmentation.queries.attributes import among_range, among_some, build_seen, list_keys, read_standing
from tests.segmentation.worlds import NIGHTS, World
from tests.web.conftest import NOW, TODAY, Book, _kept_book, book, make_customer

__all__ = ["_kept_book", "book"]


def read_all() -> list[tuple[Any, ...]]:
    """Every kept attribute of everybody."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT customer_id, {', '.join(list_keys())} FROM segmentation_standing ORDER BY 1")
        return list(cursor.fetchall())


def read_column(key: str) -> dict[int, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT customer_id, {key} FROM segmentation_standing")
        return dict(cursor.fetchall())


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=NIGHTS)
def test_by_event_and_in_bulk_the_same_is_kept(book: Book, nights: list[list[tuple[str, int, int]]]) -> None:
    with transaction.atomic():
        world, day = World(book), TODAY
        for events in nights:
            day += timedelta(days=1)
            BusinessDate.objects.update(value=day)
            refresh_attributes(customer_ids=None, business_date=day, now=clock.at(day, 1))
            for event in events:
                world.do(event, day)
            ids = [customer.pk for customer in world.people]
            follow_customers(customer_ids=ids, business_date=day, now=clock.at(day, 12))
            by_event = read_all()
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM segmentation_standing")
            refresh_attributes(customer_ids=None, business_date=day, now=clock.at(day, 13))
            assert read_all() == by_event
        transaction.set_rollback(True)


def test_a_second_look_writes_nothing(book: Book) -> None:
    assert refresh_attributes(customer_ids=None, business_date=TODAY, now=NOW) == []
    everybody = list(Customer.objects.values_list("pk", flat=True))
    assert refresh_attributes(customer_ids=everybody, business_date=TODAY, now=NOW) == []


def test_every_family_yields_a_customer_once_and_obeys_its_restriction(book: Book) -> None:
    """A family that forgot `among` would read the whole book for each event."""
    assert {attribute.family for _key, attribute in attributes.items()} == {
        key for key, _f in attribute_families.items()
    }
    for among, parameters in (among_some([book.borrower.pk]), among_range(book.borrower.pk, book.borrower.pk + 1)):
        for key, family in attribute_families.items():
            text = family.build(among)
            assert "%" not in family.build(lambda _column: ""), key
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT customer_id FROM ({text}) f", parameters)
                found = [pk for (pk,) in cursor.fetchall()]
            assert found in ([], [book.borrower.pk]), key
        with connection.cursor() as cursor:
            cursor.execute(build_seen(among), parameters)
            assert len(cursor.fetchall()) == 1


def test_what_is_kept_is_what_the_rows_say(book: Book) -> None:
    Customer.objects.filter(pk=book.borrower.pk).update(birth_date="1990-02-20", interests=["tea"])
    follow_customers(customer_ids=[book.borrower.pk], business_date=TODAY, now=NOW)
    kept = read_standing(book.borrower.pk)
    assert kept.as_of == NOW
    assert kept.values["overdue"] == 1020 and kept.values["days_past_due"] == 5 and kept.values["bucket"] == "M1"
    assert kept.values["age_band"] == "35-44" and kept.values["next_birthday"].isoformat() == "2027-02-20"
    assert kept.values["interests"] == ["tea"] and kept.values["borrower"] is True
    assert "invested" not in kept.values


def test_a_merged_record_has_no_attributes(book: Book) -> None:
    other = make_customer(77, "李雷", book.rm)
    refresh_attributes(customer_ids=[other.pk], business_date=TODAY, now=NOW)
    assert other.pk in read_column("stage")
    Customer.objects.filter(pk=other.pk).update(merged_into=book.borrower.pk)
    refresh_attributes(customer_ids=[other.pk], business_date=TODAY, now=NOW)
    assert other.pk not in read_column("stage")


def test_ranges_cover_every_id(book: Book) -> None:
    ranges = list_ranges(TODAY)
    assert ranges[0][0] == 0 and ranges[-1][1] > 2**60
    assert all(low[1] == high[0] for low, high in pairwise(ranges))


@contextmanager
def registered(key: str, type: str, sql: str) -> Iterator[None]:
    """Register one more attribute for a while."""
    attribute_families.register("test.more", AttributeFamily(lambda _among: sql))
    attributes.register(key, Attribute("More", type, "test.more", is_listed=True))
    try:
        yield
    finally:
        del attribute_families._items["test.more"], attributes._items[key]


def list_columns() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = 'segmentation_standing'::regclass AND attnum > 0 AND NOT attisdropped"
        )
        return dict(cursor.fetchall())


def test_columns_follow_from_the_registry(book: Book) -> None:
    before = list_columns()
    assert shape_standing() == []
    with registered("more", "count", "SELECT id AS customer_id, 7 AS more FROM customers_customer"):
        assert shape_standing() == ["more"]
        refresh_attributes(customer_ids=None, business_date=TODAY, now=NOW)
        assert set(read_column("more").values()) == {7}
    with registered("more", "money", "SELECT id AS customer_id, 7.5 AS more FROM customers_customer"):
        # Of another type it is another column: what was kept is gone until it is told anew.
        assert shape_standing() == ["more"]
        assert list_columns()["more"] == "numeric(18,2)"
        assert set(read_column("more").values()) == {None}
    assert shape_standing() == []
    assert list_columns() == before


def test_an_attribute_that_could_not_be_a_column_is_refused(book: Book) -> None:
    with registered("a; DROP TABLE x", "count", "SELECT 1"), pytest.raises(AssertionError):
        shape_standing()
    with registered("more", "colour", "SELECT 1"), pytest.raises(AssertionError):
        shape_standing()


def test_events_of_touched_customers_are_followed_together(book: Book) -> None:
    outbox.drain()
    ids = [book.borrower.pk, book.investor.pk]
    Customer.objects.filter(pk__in=ids).update(source="fair")
    calls: list[int] = []
    handler = outbox._HANDLERS["segmentation.follow:customers.customers_touched"]
    assert handler.batch > 1 and "customers.customers_touched" in touches
    publish_many([CustomersTouched((pk,)) for pk in ids], now=NOW)
    with clock.use_clock(NOW):
        calls.append(outbox.drain())
    assert calls == [2]
    assert {read_column("source")[pk] for pk in ids} == {"fair"}


def test_one_bad_event_does_not_hold_up_its_batch(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.drain()
    Customer.objects.update(source="fair")
    name = "customers.customers_touched"
    before = touches.get(name)

    def find(events: Any) -> Any:
        if any(0 in event.customer_ids for event in events):
            raise ValueError("poison")
        return before(events)

    monkeypatch.setitem(touches._items, name, find)
    handler = outbox._HANDLERS[f"segmentation.follow:{name}"]
    from segmentation.handlers import _make_follower

    monkeypatch.setitem(
        outbox._HANDLERS, handler.name, outbox._Handler(handler.name, handler.event, _make_follower(find), False, 200)
    )
    publish(CustomersTouched((0,)), now=NOW)
    publish(CustomersTouched((book.borrower.pk,)), now=NOW)
    assert outbox.drain() == 0
    with clock.use_clock(NOW + timedelta(minutes=1)):
        assert outbox.drain() == 1
    assert read_column("source")[book.borrower.pk] == "fair"
    assert EventDelivery.objects.filter(state="PENDING", handler=handler.name).count() == 1
