"""Transfers per second through `post_transfer`, beside the bare SQL that writes the same rows and beside pgbench.

All three run in turns, at the same number of client processes, against the same server, durably. The bare SQL is one
PL/pgSQL function over copies of the tables, with their indexes but without triggers and foreign keys: it takes the same
key only once and moves two running balances, and checks nothing else. Everything happens in a database of its own.

    DATABASE_URL=postgresql://… python -m bench.ledger
"""

import random
import time
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count
from statistics import median

import psycopg2

from bench.support import CLIENTS, ROUNDS, Step, call_apart, make_tpc_b, own_database, per_second, report, set_up, tpc_b

CUSTOMERS = 20_000
LENDERS = (1, 20)
DAY = date(2026, 3, 2)
FEN = Decimal("0.01")
TARGET_OF_BARE = 0.3

# Copies of the tables, written by one function in the order of the accounts, as anybody would by hand.
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


def make_lines(chance: random.Random, lenders: int) -> list[tuple[int, Decimal]]:
    """Return a payment to so many lenders, in account order."""
    payer, *others = [number * 10 + 1 for number in chance.sample(range(1, CUSTOMERS + 1), lenders + 1)]
    return sorted([(payer, -FEN * lenders), *((other, FEN) for other in others)])


def prepare_ours(lenders: int, round_number: int, url: str, client: int) -> Step:
    """Return the step that posts one payment through the product."""
    set_up(url)
    from core import clock
    from ledger.models import TransferType
    from ledger.operations import post_transfer

    name = f"{lenders}:{round_number}:{client}"
    chance, serial = random.Random(name), count()

    def post() -> None:
        post_transfer(
            type=TransferType.REPAYMENT,
            lines=make_lines(chance, lenders),
            idempotency_key=f"{name}:{next(serial)}",
            business_date=DAY,
            now=clock.now(),
            actor=None,
            reference=("bench", 1),
        )

    return post


def prepare_bare(lenders: int, round_number: int, url: str, client: int) -> Step:
    """Return the step that writes the same rows by the bare function."""
    connection = psycopg2.connect(url)
    cursor = connection.cursor()
    name = f"{lenders}:{round_number}:{client}"
    chance, serial = random.Random(name), count()

    def post() -> None:
        lines = make_lines(chance, lenders)
        key = f"{name}:{next(serial)}"
        accounts, amounts = [account for account, _amount in lines], [amount for _account, amount in lines]
        cursor.execute("SELECT bare_post(%s, %s, %s, %s)", [key, key, accounts, amounts])
        connection.commit()

    return post


def seed(url: str) -> None:
    """Make the schema, the customers and their money, and the tables of the bare SQL."""
    set_up(url)
    from django.core.management import call_command
    from django.db import connection

    from core import clock
    from customers.models import Customer
    from ledger.models import TransferType
    from ledger.operations import TransferDraft, open_accounts, post_transfers_bulk

    call_command("migrate", verbosity=0)
    now, ids, amount = clock.now(), range(1, CUSTOMERS + 1), Decimal("1000000.00")
    rows = [Customer(pk=pk, number=f"BC{pk}", registered_at=now) for pk in ids]
    Customer.objects.bulk_create(rows, batch_size=5000)
    open_accounts(customer_ids=ids, now=now)
    drafts = [TransferDraft(TransferType.DEPOSIT, [(1, -amount), (pk * 10 + 1, amount)], f"seed:{pk}") for pk in ids]
    post_transfers_bulk(drafts=drafts, business_date=DAY, now=now, actor=None)
    with connection.cursor() as cursor:
        cursor.execute(BARE)
        cursor.execute("VACUUM ANALYZE")
    make_tpc_b(url)


BARE_BULK = """
WITH t AS (
    INSERT INTO bare_transfer (number, type, idempotency_key, business_date, posted_at, reference_type, reference_id,
        memo, custody_reference)
    SELECT 'B' || n, 'FEE', 'bulk:' || n, '2026-03-02', now(), '', '', '', ''
    FROM generate_series(1, %(customers)s) n RETURNING id, substr(number, 2)::bigint AS n
), e AS (
    INSERT INTO bare_entry (transfer_id, account_id, amount)
    SELECT id, n * 10 + 1, -0.01 FROM t UNION ALL SELECT id, 2, 0.01 FROM t
), u AS (
    UPDATE bare_balance b SET balance = balance - 0.01 FROM t WHERE b.account_id = t.n * 10 + 1
)
INSERT INTO bare_posting (transfer_id, state) SELECT id, 'PENDING' FROM t
"""


def measure_bulk(url: str) -> None:
    """Report entries per second of one bulk posting beside the same rows in bare SQL, and the time of `check_ledger`."""
    set_up(url)
    from django.db import connection

    from core import clock
    from ledger.models import TransferType
    from ledger.operations import TransferDraft, post_transfers_bulk
    from ledger.queries import check_invariants

    ids = range(1, CUSTOMERS + 1)
    drafts = [TransferDraft(TransferType.FEE, [(pk * 10 + 1, -FEN), (2, FEN)], f"bulk:{pk}") for pk in ids]
    started = time.monotonic()
    post_transfers_bulk(drafts=drafts, business_date=DAY, now=clock.now(), actor=None)
    value = 2 * CUSTOMERS / (time.monotonic() - started)
    with connection.cursor() as cursor:
        started = time.monotonic()
        cursor.execute(BARE_BULK, {"customers": CUSTOMERS})
        denominator = 2 * CUSTOMERS / (time.monotonic() - started)
        cursor.execute("SELECT count(*) FROM ledger_entry")
        (entries,) = cursor.fetchone()
    report_beside_bare("ledger_bulk_entries_per_second", value, denominator)
    findings = list(check_invariants())
    assert all(finding.holds for finding in findings), findings
    milliseconds = sum(finding.duration_ms for finding in findings)
    report("check_ledger_entries_per_second", value=1000 * entries / milliseconds, entries=entries)


def report_beside_bare(name: str, value: float, denominator: float, **more: float) -> None:
    """Report a figure and how it stands to the bare SQL."""
    report(
        name,
        value=value,
        denominator=denominator,
        denominator_is="bare SQL that writes the same rows, at the same number of clients",
        ratio=value / denominator,
        target=TARGET_OF_BARE,
        met=value >= TARGET_OF_BARE * denominator,
        **more,
    )


def main() -> None:
    """Measure in turns and print the medians."""
    with own_database("ledger") as url:
        call_apart(seed, url)
        for lenders in LENDERS:
            ours, bare, theirs = [], [], []
            for round_number in range(ROUNDS):
                ours.append(per_second(partial(prepare_ours, lenders, round_number), url))
                bare.append(per_second(partial(prepare_bare, lenders, round_number), url))
                theirs.append(tpc_b(url))
            report_beside_bare(
                f"ledger_transfers_per_second_{lenders}_lenders",
                median(ours),
                median(bare),
                clients=CLIENTS,
                tpc_b=median(theirs),
                of_tpc_b=median(ours) / median(theirs),
            )
        call_apart(measure_bulk, url)


if __name__ == "__main__":
    main()
