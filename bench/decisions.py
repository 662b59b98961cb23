"""Decisions per second through `decide_applications` by eight clients, beside pgbench's TPC-B.

Every client decides applications of its own, each with its report, its borrower and his financial profile: facts gathered,
scored by an additive champion, judged by both tables, scored by the challenger beside, the record with its encrypted inputs
written, offer, timeline, events and audit with it, committed durably. Once as a worker does when many wait, some dozen in
a transaction, and once one by one, as when a single application comes in.

    DATABASE_URL=postgresql://… python -m bench.decisions
"""

from functools import partial
from itertools import count
from typing import Any

import orjson

from bench.book import DAY
from bench.models import make_additive, make_average
from bench.reports import GOOD_REPORT
from bench.support import (
    CLIENTS,
    ROUNDS,
    SECONDS,
    Step,
    call_apart,
    make_tpc_b,
    measure_beside_tpc_b,
    own_database,
    set_up,
    write_profile,
)

TARGET = 0.08
# More than a client gets through in a round on any machine that this runs on, by the dozen and one by one.
PER_ROUND = int(250 * SECONDS)
PROFILED = 200
# Log-odds of default that have everybody approved: an approval costs the most, with its price and its offer.
SAFE = -6.0
APPLICATIONS = 2 * CLIENTS * PER_ROUND * ROUNDS + 1
COPIES = """
INSERT INTO customers_customer
SELECT r.* FROM customers_customer base, generate_series(2, %(count)s) n,
    jsonb_populate_record(base, jsonb_build_object(
        'id', n, 'number', 'BC' || n, 'public_id', 'c' || n, 'identity_index', 'i' || n)) r
WHERE base.id = 1;
INSERT INTO customers_financialprofile
SELECT r.* FROM customers_financialprofile base, generate_series(2, %(count)s) n,
    jsonb_populate_record(base, jsonb_build_object('id', n, 'customer_id', n)) r
WHERE base.id = 1;
INSERT INTO lending_application
SELECT r.* FROM lending_application base, generate_series(2, %(count)s) n, jsonb_populate_record(base,
    jsonb_build_object(
    'id', n, 'number', 'BA' || n, 'public_id', 'a' || n, 'project_hash', 'p' || n, 'customer_id', n)) r
WHERE base.id = 1;
INSERT INTO customers_consent
SELECT r.* FROM customers_consent base, generate_series(2, %(count)s) n,
    jsonb_populate_record(base, jsonb_build_object('id', n, 'customer_id', n)) r
WHERE base.id = 1;
INSERT INTO risk_bureaureport
SELECT r.* FROM risk_bureaureport base, generate_series(2, %(count)s) n, jsonb_populate_record(base, jsonb_build_object(
    'id', n, 'public_id', 'r' || n, 'customer_id', n, 'application_id', n, 'consent_id', n)) r
WHERE base.id = 1
"""


def make_applications(url: str) -> None:
    """Write a first application by the models, copy it, and put models of full size in force."""
    set_up(url)
    from django.core.management import call_command
    from django.db import connection

    from core import clock, seeding
    from core.models import BusinessDate
    from customers.models import Consent, Customer, FinancialProfile
    from lending.models import Application, Product
    from risk.models import BureauReport

    call_command("migrate", verbosity=0)
    now = clock.at(DAY, 10)
    seeding.run_seeds(business_date=DAY, now=now)
    BusinessDate.objects.update_or_create(pk=1, defaults={"value": DAY})
    product = Product.objects.get(code="xinyong-debx")
    customer = Customer.objects.create(
        pk=1, number="BC1", public_id="c1", registered_at=now, status="IDENTIFIED", identity_index="i1"
    )
    FinancialProfile.objects.create(
        pk=1, customer=customer, as_of_date=DAY, source="bench", monthly_income="15000.00", employment_years=5
    )
    consent = Consent.objects.create(
        pk=1, customer=customer, purpose="CREDIT_QUERY", notice_version="1", channel="app", given_at=now
    )
    application = Application.objects.create(
        pk=1, number="BA1", public_id="a1", customer=customer, product=product, periods=12, method=product.methods[0],
        amount=30000, purpose="CONSUMPTION", declared_at=now, project_hash="p1", submitted_at=now, business_date=DAY,
    )  # fmt: skip
    BureauReport.objects.create(
        pk=1, public_id="r1", customer=customer, application=application, consent=consent, purpose="LOAN_APPROVAL",
        state="RECEIVED", asked_at=now, asked_by=_system(), received_at=now, report=orjson.dumps(GOOD_REPORT).decode(),
    )  # fmt: skip
    _put_models_in_force(now)
    with connection.cursor() as cursor:
        for statement in COPIES.split(";\n"):
            cursor.execute(statement, {"count": APPLICATIONS})
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def _system() -> Any:
    from core.outbox import system_user

    return system_user()


def _put_models_in_force(now: Any) -> None:
    from risk.models import Challenger, Scorecard
    from risk.operations.configuration import content_hash_of, publish_version

    for model, content in (
        (Scorecard, make_additive(intercept=SAFE)),
        (Challenger, {"kind": "challenger", **make_average()}),
    ):
        rule = model(
            code="standard", version=2, content=content, content_hash=content_hash_of(content), made_at=now,
            is_shipped=True,
        )  # fmt: skip
        publish_version(rule, submitted_by=None, approved_by=None, now=now)  # type: ignore[arg-type]


def prepare(at_once: int, round_number: int, url: str, client: int, *, done: int = 0) -> Step:
    """Return the step that decides the client's next applications."""
    set_up(url)
    from core import clock
    from core.outbox import system_user
    from risk.operations.decisions import decide_applications

    actor = system_user()
    # Those decided one by one come after those decided by the dozen.
    start = ((client + (CLIENTS if at_once == 1 else 0)) * ROUNDS + round_number) * PER_ROUND + 1
    firsts = count(done, at_once)

    def step() -> None:
        first = next(firsts)
        assert first + at_once <= PER_ROUND, "a client has run out of applications"
        wanted = range(start + first, start + first + at_once)
        records = decide_applications(application_ids=wanted, actor=actor, now=clock.now(), business_date=DAY)
        assert len(records) == at_once
        assert all(record.outcome == "APPROVE" and record.challenger_score is not None for record in records)

    return step


def profile(at_once: int, url: str) -> None:
    """Leave the profile of some two hundred decisions by one client."""
    steps = PROFILED // at_once
    # The last of the last round's, which no client has come to.
    step = prepare(at_once, ROUNDS - 1, url, CLIENTS - 1, done=PER_ROUND - steps * at_once)

    def work() -> None:
        for _turn in range(steps):
            step()

    write_profile(f"stored_decisions_{at_once}", work)


def get_batch_size(url: str) -> int:
    """Return how many a worker decides at once."""
    set_up(url)
    from risk.operations.decisions import AT_ONCE

    return AT_ONCE


def main() -> None:
    """Measure in turns and print the medians."""
    with own_database("decisions") as url:
        call_apart(make_applications, url)
        make_tpc_b(url)
        batch = call_apart(get_batch_size, url)
        for name, at_once in (("stored_decisions_per_second", batch), ("stored_decisions_per_second_one_by_one", 1)):
            prepared = partial(partial, prepare, at_once)
            if not measure_beside_tpc_b(name, prepared, url, target=TARGET, in_a_step=at_once):
                call_apart(profile, at_once, url)


if __name__ == "__main__":
    main()
