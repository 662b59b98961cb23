"""The nightly close of 100 000 loans, beside the bare SQL that writes the same rows.

The denominator is measured on copies of the tables, with their indexes and as they were before the close, but without
triggers and foreign keys: one INSERT a table of exactly the rows that the close wrote, one UPDATE of exactly those that
it changed, all known beforehand. Both run in one process, durably.

    DATABASE_URL=postgresql://… python -m bench.close
"""

import os
import time
from datetime import date, timedelta
from typing import Any

from bench.book import DAY, make_close_book
from bench.support import call_apart, own_database, report, set_up, write_profile

LOANS = int(os.environ.get("BENCH_LOANS", "100000"))
MEASURED = DAY + timedelta(days=1)
TARGET_RATIO = 3.0
# The peer's nightly accrual, one process on a machine like this (docs/benchmarks.md).
PEER_LOANS_PER_SECOND = 15.9
TARGET_LOANS_PER_SECOND = 300 * 16
# The steps of loans alone; the others are policy that looks at customers (labels, indicators, snapshots).
LOAN_STEPS = "lending."
# Every table with a single primary key but the close's own progress.
TABLES = """
SELECT c.relname, a.attname, array_to_string(c.reloptions, ', ')
FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
  AND c.relname NOT LIKE 'pgbench%' AND c.relname NOT LIKE 'core_close%' ORDER BY 1
"""


def copy_tables(url: str) -> None:
    """Keep the tables as they are before the close, with their indexes and without anything that checks."""
    set_up(url)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA bare")
        cursor.execute(TABLES)
        for table, _key, options in cursor.fetchall():
            storage = f" WITH ({options})" if options else ""
            cursor.execute(
                f"CREATE TABLE bare.{table} (LIKE public.{table} INCLUDING DEFAULTS INCLUDING INDEXES){storage}"
            )
            cursor.execute(f"INSERT INTO bare.{table} SELECT * FROM public.{table}")
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def close_day(url: str, day: date) -> dict[str, Any]:
    """Close a day and return how long it and each of its steps took."""
    set_up(url)
    from django.db import connection

    from core import clock
    from core.close import close_through
    from core.models import CloseProgress

    started = time.monotonic()
    close_through(through=day, now=clock.at(day, 23, 30))
    seconds = time.monotonic() - started
    steps: dict[str, dict[str, int]] = {}
    for row in CloseProgress.objects.filter(run=day).order_by("pk"):
        figures = steps.setdefault(row.step, {"ms": 0, "rows": 0})
        figures["ms"] += row.duration_ms
        figures["rows"] += row.rows
    connection.close()
    return {"seconds": seconds, "steps": steps}


def write_bare(url: str) -> dict[str, Any]:
    """Write the rows of the close into the copies and return how long that took and how many they are."""
    set_up(url)
    from django.db import connection, transaction

    statements: list[tuple[str, str]] = []
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for table, key, _options in cursor.fetchall():
            cursor.execute(f"CREATE TABLE bare.new_{table} AS SELECT * FROM {table} EXCEPT SELECT * FROM bare.{table}")
            if not cursor.rowcount:
                continue
            is_known = f"EXISTS (SELECT FROM bare.{table} b WHERE b.{key} = n.{key})"
            statements.append(
                (
                    f"{table} inserted",
                    f"INSERT INTO bare.{table} SELECT n.* FROM bare.new_{table} n WHERE NOT {is_known} ORDER BY n.{key}",
                )
            )
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                [table],
            )
            columns = ", ".join(f'"{name}" = n."{name}"' for (name,) in cursor.fetchall() if name != key)
            source = f"FROM bare.new_{table} n WHERE b.{key} = n.{key}"
            # Changed first: what is inserted afterwards must not count as changed.
            statements.insert(0, (f"{table} changed", f"UPDATE bare.{table} b SET {columns} {source}"))
        cursor.execute("VACUUM ANALYZE")
        rows = {}
        started = time.monotonic()
        with transaction.atomic():
            for table, statement in statements:
                cursor.execute(statement)
                if cursor.rowcount:
                    rows[table] = cursor.rowcount
        seconds = time.monotonic() - started
    connection.close()
    return {"seconds": seconds, "rows": rows}


def list_broken(url: str) -> list[str]:
    """Return the names of what does not hold in the books, as plain text: the caller has no models to read more."""
    set_up(url)
    from django.db import connection

    from ledger.queries import check_invariants

    broken = [finding.name for finding in check_invariants() if not finding.holds]
    connection.close()
    return broken


def profile(url: str) -> None:
    """Leave the profile of the next day's close."""
    set_up(url)
    from core import clock
    from core.close import close_through

    next_day = MEASURED + timedelta(days=1)
    write_profile("close", lambda: close_through(through=next_day, now=clock.at(next_day, 23, 30)))


def main() -> None:
    """Measure once; the book is large enough to speak for itself."""
    with own_database("close") as url:
        call_apart(make_close_book, url, LOANS)
        known = set(call_apart(list_broken, url))
        # The first close meets customers whom nothing has looked at yet; the days after it are what every night is like.
        call_apart(close_day, url, DAY)
        call_apart(copy_tables, url)
        ours = call_apart(close_day, url, MEASURED)
        bare = call_apart(write_bare, url)
        # The book is written by hand and answers not every question; what the close must not do is break one more.
        broken = set(call_apart(list_broken, url)) - known
        if broken:
            raise SystemExit(f"the close broke {', '.join(sorted(broken))}")
        per_second = LOANS / ours["seconds"]
        ratio = ours["seconds"] / bare["seconds"]
        loan_ms = sum(step["ms"] for name, step in ours["steps"].items() if name.startswith(LOAN_STEPS))
        met = ratio <= TARGET_RATIO and per_second >= TARGET_LOANS_PER_SECOND
        report(
            f"close_of_{LOANS}_loans_seconds",
            value=ours["seconds"],
            denominator=bare["seconds"],
            denominator_is="seconds of the bare SQL that writes the same rows",
            ratio=ratio,
            target=TARGET_RATIO,
            met=met,
            loans_per_second=per_second,
            of_peer=per_second / PEER_LOANS_PER_SECOND,
            target_loans_per_second=TARGET_LOANS_PER_SECOND,
            loan_steps_seconds=loan_ms / 1000,
            steps=ours["steps"],
            rows=bare["rows"],
        )
        if not met:
            call_apart(profile, url)


if __name__ == "__main__":
    main()
