"""The close: days missed are caught up as if each had been closed on time; twice is once; two at once are one."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from threading import Event, Thread

import pytest
from django.db import connection, connections, transaction

from core import clock, close, seeding
from core.models import BusinessDate, CloseProgress, CloseRun
from lending.models import ChargeAccrual, DebitAttempt, Listing, LoanState
from tests.lending.operations import books, markets
from tests.lending.operations.markets import DAY, at
from tests.pictures import unchanged

DAYS = 6
# Every table that a close writes to or causes to be written, by the columns that do not say when or at random.
_COLUMNS = """
SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
FROM information_schema.columns
WHERE table_schema = current_schema() AND data_type <> 'timestamp with time zone'
  AND column_name NOT IN ('uuid', 'public_id', 'duration_ms', 'hash', 'entry_hash', 'transaction_id')
  -- Nobody points at these, and rows of one statement are numbered in any order.
  AND NOT (column_name = 'id' AND table_name IN ('lending_allocation', 'lending_distribution'))
  AND table_name ~ '^(core|customers|ledger|lending|messaging|risk|service|analytics)_'
  AND table_name IN (SELECT relname FROM pg_class WHERE relkind = 'r')
GROUP BY table_name ORDER BY table_name
"""
# Instants inside of keys and explanations, and the random end of a business number.
_RANDOM = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(\+08:00)?|(?<=[A-Z]{2}\d{8}-)[0-9A-Z]{8}")
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()"


def read_rows() -> dict[str, list[str]]:
    """Return all rows without instants and random names, in an order of their own."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        found = {}
        for table, columns in cursor.fetchall():
            cursor.execute(f'SELECT {columns} FROM "{table}"')
            found[table] = sorted(_RANDOM.sub("*", repr(row)) for row in cursor.fetchall())
        return found


@contextmanager
def undone() -> Iterator[None]:
    """Take back everything the block does, numbering included."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES)
        names = [row[0] for row in cursor.fetchall()]
        before = {}
        for name in names:
            cursor.execute(f'SELECT last_value, is_called FROM "{name}"')
            before[name] = cursor.fetchone()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        for name, (value, is_called) in before.items():
            cursor.execute("SELECT setval(%s::regclass, %s, %s)", [f'"{name}"', value, is_called])


def make_book() -> None:
    """Loans that are late, fall due with and without money, and a listing and an offer that run out."""
    books.make_running_loan(balance="0.00", first_due=DAY - timedelta(days=4))
    books.make_running_loan(balance="700.00", first_due=DAY - timedelta(days=1))
    books.make_running_loan(balance="99999.00", first_due=DAY + timedelta(days=2))
    books.make_running_loan(balance="10.00", first_due=DAY + timedelta(days=3))
    books.make_running_loan(balance="9.00", first_due=DAY + timedelta(days=1), auto_debit=False)
    listing = markets.make_listing()
    markets.bid(listing, markets.make_investor("5000.00"), "5000.00")
    Listing.objects.filter(pk=listing.pk).update(deadline_date=DAY + timedelta(days=3))


def night_of(day: date) -> datetime:
    return at(day, 23)


def close_on_time(last: date) -> None:
    """Close each day in its own night."""
    day = DAY
    while day <= last:
        with clock.use_clock(night_of(day)):
            assert close.close_through(through=day) == [day]
        day += timedelta(days=1)


def catch_up(last: date) -> None:
    """Close all of them in the last night."""
    with clock.use_clock(night_of(last)):
        days = close.close_through(through=last)
    assert days == [DAY + timedelta(days=n) for n in range((last - DAY).days + 1)]


def run_and_read(run: Callable[[date], None], last: date) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with undone():
        run(last)
        found = read_rows()
    return found


@pytest.mark.django_db
@pytest.mark.usefixtures("house")
class TestMissedDays:
    """No night is like another for having been late."""

    @pytest.mark.parametrize("missed", range(1, DAYS))
    def test_caught_up_is_closed_on_time(self, missed: int) -> None:
        make_book()
        last = DAY + timedelta(days=missed)
        on_time, late = run_and_read(close_on_time, last), run_and_read(catch_up, last)
        assert {table for table in on_time if on_time[table] != late[table]} == set()
        assert len(on_time["lending_chargeaccrual"]) >= missed
        assert len(on_time["lending_debitattempt"]) >= missed

    def test_closed_twice_is_closed_once(self) -> None:
        make_book()
        last = DAY + timedelta(days=DAYS)
        catch_up(last)
        with clock.use_clock(night_of(last)), unchanged():
            assert close.close_through(through=last) == []
            for n in range(DAYS + 1):
                close.close_date(business_date=DAY + timedelta(days=n))
        assert ChargeAccrual.objects.exists() and DebitAttempt.objects.exists()
        assert BusinessDate.objects.get().value == last + timedelta(days=1)

    def test_a_day_to_come_is_not_closed_before_its_time(self) -> None:
        make_book()
        with unchanged(), pytest.raises(close.DateNotReached):
            close.close_date(business_date=DAY + timedelta(days=1))


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_one_does_a_partition() -> None:
    books.set_business_date(DAY)
    seeding.run_seeds(business_date=DAY, now=at())
    loan = books.make_running_loan(balance="0.00", first_due=DAY - timedelta(days=4))
    seen: list[str] = []
    entered, go_on = Event(), Event()

    def stop_here(_day: date, _low: int, _high: int, _now: datetime) -> int:
        seen.append("first" if not entered.is_set() else "second")
        entered.set()
        assert go_on.wait(30)
        return 1

    def run() -> None:
        try:
            with clock.use_clock(night_of(DAY)):
                close.close_date(business_date=DAY)
        finally:
            connections.close_all()

    close.register_step("tests.stop_here", 350, stop_here)
    try:
        threads = [Thread(target=run), Thread(target=run)]
        threads[0].start()
        assert entered.wait(30)
        threads[1].start()
        # The second one waits for the partition that the first one holds.
        threads[1].join(1)
        assert threads[1].is_alive() and seen == ["first"]
        go_on.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
    finally:
        del close._STEPS["tests.stop_here"]
    assert seen == ["first"]
    assert ChargeAccrual.objects.filter(loan=loan, business_date=DAY).count() == 1
    assert not CloseProgress.objects.exclude(state=CloseProgress.State.DONE).exists()
    assert CloseRun.objects.get().finished_at is not None
    assert LoanState.objects.get(loan=loan).dpd == 5
