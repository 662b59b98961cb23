"""The book of customers that `customers` and `owners` measure: people, their staff, tasks, plans, promises and loans.

Written by one statement a table, on tables without indexes, foreign keys and triggers; those are made afterwards. An RM
has about 300 customers. With `BENCH_KEEP=1` the database stays for the next run (`bench.support.own_database`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bench.support import set_up

BOOK = 300
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "小明丽强静军芳伟娜敏杰涛艳超霞平刚桂英华建国志文玉兰秀珍海燕鹏辉红梅斌宇浩凯雪婷"
NAMES = """
CREATE TABLE bench_name AS
SELECT row_number() OVER () - 1 AS k, * FROM unnest(%s::text[], %s::text[], %s::text[]) AS t(name, name_key, grams);
CREATE TABLE bench_tail AS SELECT row_number() OVER () - 1 AS k, tail FROM unnest(%s::text[]) AS t(tail)
"""
# What differs from the first customer, whom the model wrote.
CHANGED = {
    "id": "n",
    "number": "'BC' || n",
    "public_id": "'bench' || n",
    "name": "m.name",
    "name_key": "m.name_key",
    "search_grams": "m.grams::varchar[]",
    "phone_index": "'bench' || n",
    "phone_tail_index": "t.tail",
    "birth_date": "date '1960-01-01' + (n::bigint * 31 % 15000)::int",
    "rm_id": "base.rm_id + n % {members}",
    "stage": "(ARRAY['POTENTIAL','NEW','ACTIVE','ACTIVE','MATURE','LOST'])[1 + n % 6]",
    "risk_tier": "(ARRAY['LOW','LOW','MIDDLE','HIGH'])[1 + n / 7 % 4]",
    "value_tier": "(ARRAY['LOW','MIDDLE','MIDDLE','HIGH'])[1 + n / 5 % 4]",
    "is_borrower": "n % 2 = 0",
    "is_investor": "n % 3 = 0",
    "completeness": "n / 3 % 100",
    "registered_at": "base.registered_at - interval '1 minute' * (n::bigint * 7919 % 2000000)",
    "latest_contact_at": "CASE WHEN n % 5 > 0 THEN base.registered_at - interval '1 minute' * (n::bigint * 104729 % 200000) END",
}
PEOPLE = """
INSERT INTO customers_customer ({columns}) SELECT {values} FROM customers_customer base, generate_series(2, {customers}) n
JOIN bench_name m ON m.k = n::bigint * 7919 % (SELECT count(*) FROM bench_name) JOIN bench_tail t ON t.k = n % 10000
WHERE base.id = 1
"""
# One thing that happened with each customer; a task for one in five, a plan for one in five, a promise for one in ten.
WORK = (
    """
INSERT INTO customers_timelineentry (customer_id, at, kind, text_code, params, url, key)
SELECT id, registered_at, 'change', 'customers.registered', '{}', '', 'bench' || id FROM customers_customer
""",
    """
INSERT INTO customers_workitem (public_id, "group", kind, reason_code, params, url, urgency, due_at, "right", state,
    raised_at, key, assignee_id, customer_id)
SELECT 'w' || id, 'REVISIT', 'bench', 'customers.reminder', '{"text": "x"}', '', 100, %(now)s, '', 'OPEN', %(now)s,
    'bench' || id, rm_id, id FROM customers_customer WHERE id %% 5 = 1
""",
    """
INSERT INTO customers_contactplan (public_id, channel, purpose, planned_at, is_by_rule, reason, state, created_at,
    customer_id, member_id)
SELECT 'p' || id, 'CALL', 'x', %(now)s + interval '1 hour' * (id %% 200), false, '{}', 'PLANNED', %(now)s, id, rm_id
FROM customers_customer WHERE id %% 5 = 2
""",
    """
INSERT INTO customers_promise (public_id, text, due_at, state, made_at, is_late, customer_id, member_id, is_contact)
SELECT 'o' || id, 'x', %(now)s + interval '1 hour' * (id %% 200), 'OPEN', %(now)s, false, id, rm_id, false
FROM customers_customer WHERE id %% 10 = 3
""",
)
# One borrower in five has a running loan with two lenders, every tenth of them late; copied from one of the models.
LOANS = (
    """
CREATE TABLE bench_loan AS
SELECT row_number() OVER (ORDER BY id) + 1 AS k, id AS borrower_id, CASE WHEN id %% 100 = 0 THEN 12 ELSE 0 END AS dpd
FROM customers_customer WHERE id %% 10 = 0
""",
    """
INSERT INTO lending_application SELECT r.* FROM lending_application base, bench_loan p, jsonb_populate_record(base,
    jsonb_build_object('id', p.k, 'number', 'BA' || p.k, 'public_id', 'a' || p.k, 'customer_id', p.borrower_id)) r
WHERE base.id = 1
""",
    """
INSERT INTO lending_listing SELECT r.* FROM lending_listing base, bench_loan p, jsonb_populate_record(base,
    jsonb_build_object('id', p.k, 'number', 'BL' || p.k, 'public_id', 'l' || p.k, 'borrower_id', p.borrower_id,
    'application_id', p.k)) r
WHERE base.id = 1
""",
    """
INSERT INTO lending_loan SELECT r.* FROM lending_loan base, bench_loan p, jsonb_populate_record(base,
    jsonb_build_object('id', p.k, 'number', 'BN' || p.k, 'public_id', 'n' || p.k, 'borrower_id', p.borrower_id,
    'listing_id', p.k)) r
WHERE base.id = 1
""",
    """
INSERT INTO lending_loanstate (loan_id, principal_outstanding, interest_outstanding, fees_outstanding,
    penalty_outstanding, overdue_amount, oldest_unpaid_due_date, next_due_date, next_due_amount, penalty_yuan_days,
    penalty_charged_total, penalty_cut_total, dpd, bucket, loan_class, as_of_date)
SELECT k, 6000 + k %% 6000, 300, 0, 0, CASE WHEN dpd > 0 THEN 1060 ELSE 0 END, %(today)s::date - dpd,
    %(today)s::date - dpd + 30, 1060, 0, 0, 0, dpd, CASE WHEN dpd > 0 THEN 'M1' ELSE 'M0' END, 'NORMAL', %(today)s
FROM bench_loan
""",
    """
INSERT INTO lending_lendershare (loan_id, investor_id, principal, principal_received, interest_received,
    penalty_received)
SELECT k, (k * 7919 + j * 3) %% (SELECT max(id) FROM customers_customer) + 1, 6000, 500, 30, 0
FROM bench_loan, generate_series(1, 2) j
""",
)
FILLED = (
    "customers_customer", "customers_timelineentry", "customers_workitem", "customers_contactplan", "customers_promise",
    "lending_application", "lending_listing", "lending_loan", "lending_loanstate", "lending_lendershare",
)  # fmt: skip
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""
KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])
"""


def make_people(url: str, customers: int) -> None:
    """Write the book, or find it where an earlier run has left it."""
    set_up(url)
    from django.core.management import call_command
    from django.db import connection

    from core import clock, seeding
    from core.models import BusinessDate

    call_command("migrate", verbosity=0)
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('bench_done')")
        if cursor.fetchone()[0] is not None:
            return
        seeding.run_seeds(business_date=now.date(), now=now)
        BusinessDate.objects.update_or_create(pk=1, defaults={"value": now.date()})
        members = max(customers // BOOK, 1)
        _make_staff(members, now)
        _make_first_loan()
        with without_indexes(cursor, FILLED):
            _fill(cursor, customers, members)
            for statement in (*WORK, *LOANS):
                cursor.execute(statement, {"now": now, "today": now.date()})
        _give_phones(customers)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CREATE TABLE bench_done ()")


def _make_staff(members: int, now: datetime) -> None:
    """Write the RMs, the first customer of the first, and a manager who sees all and judges duplicates."""
    from core.models import User
    from customers.models import Customer
    from staff.models import Department, Role, StaffMember

    department, _made = Department.objects.get_or_create(name="总部", kind=Department.Kind.MANAGEMENT)
    users = User.objects.bulk_create(
        [User(username=f"bench-{n}", kind=User.Kind.STAFF, display_name=f"客户经理{n}") for n in range(members + 1)]
    )
    staff = StaffMember.objects.bulk_create(
        [StaffMember(user=user, department=department, capacity=1_000_000) for user in users]
    )
    staff[0].roles.add(Role.objects.get(code="rm"))
    staff[-1].roles.add(*Role.objects.filter(code__in=("manager", "data-officer")))
    Customer.objects.create(pk=1, number="BC1", public_id="bench1", rm=staff[0], registered_at=now, phone="13800000001")


def _make_first_loan() -> None:
    from bench.book import make_first_loan

    make_first_loan(1)


def _fill(cursor: Any, customers: int, members: int) -> None:
    """Write the customers; what `CHANGED` does not name is what the model wrote into the first."""
    from core.fields import blind_index
    from customers.models import Customer
    from customers.rules.names import build_name_keys

    names = [
        first + second + third for first in SURNAMES for second in GIVEN for third in ("", "明", "丽", *GIVEN[:12:4])
    ]
    # Frequent surnames come first and more often, as they do in life.
    names = [name for name in names if name[0] in SURNAMES[:5]] * 3 + names
    keys = {name: build_name_keys(name) for name in dict.fromkeys(names)}
    cursor.execute(
        NAMES,
        [
            names,
            [keys[name].sort_key for name in names],
            ["{" + ",".join(keys[name].grams) + "}" for name in names],
            [blind_index(f"{n:04d}", "phone_tail") for n in range(10_000)],
        ],
    )
    fields = [str(field.column) for field in Customer._meta.concrete_fields]
    columns = ", ".join(f'"{name}"' for name in fields)
    values = ", ".join(CHANGED.get(name, f'base."{name}"') for name in fields).format(members=members)
    cursor.execute(PEOPLE.format(columns=columns, values=values, customers=customers))


def _give_phones(customers: int) -> None:
    from core.fields import blind_index
    from customers.models import Customer

    for n in (7, customers // 2):
        phone = f"1380000{n % 10_000:04d}"
        Customer.objects.filter(pk=n).update(phone=phone, phone_index=blind_index(phone, "phone"))


@contextmanager
def without_indexes(cursor: Any, tables: Sequence[str]) -> Iterator[None]:
    """Take the tables' indexes and the foreign keys from and to them away, and make them again over all rows at once."""
    cursor.execute(INDEXES, [list(tables)])
    indexes = cursor.fetchall()
    cursor.execute(KEYS, [list(tables)])
    keys = cursor.fetchall()
    for table, name, _definition in keys:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    cursor.execute("SET maintenance_work_mem = '512MB'")
    for _name, definition in indexes:
        cursor.execute(definition)
    for table, name, definition in keys:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
