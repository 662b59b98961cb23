"""Decisions per second through `decide_application` by eight clients, beside pgbench's TPC-B.

Every client decides applications of its own, each with its report, its borrower and his financial profile: facts gathered,
scored by an additive champion, judged by both tables, scored by the challenger beside, the record with its encrypted inputs
written, offer, timeline, events and audit with it, committed durably.

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
# More than a client gets through in a round on any machine that this runs on.
PER_ROUND = int(150 * SECONDS)
PROFILED = 200
APPLICATIONS = CLIENTS * PER_ROUND * ROUNDS + 1
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

    for model, content in ((Scorecard, make_additive()), (Challenger, {"kind": "challenger", **make_average()})):
        rule = model(
            code="standard", version=2, content=content, content_hash=content_hash_of(content), made_at=now,
            is_shipped=True,
        )  # fmt: skip
        publish_version(rule, submitted_by=None, approved_by=None, now=now)  # type: ignore[arg-type]


def prepare(round_number: int, url: str, client: int, *, first: int = 1) -> Step:
    """Return the step that decides the client's next application."""
    set_up(url)
    from core import clock
    from core.outbox import system_user
    from risk.operations.decisions import decide_application

    actor = system_user()
    start = (client * ROUNDS + round_number) * PER_ROUND
    serial = count(first)

    def step() -> None:
        turn = next(serial)
        assert turn <= PER_ROUND, "a client has run out of applications"
        record = decide_application(application_id=start + turn, actor=actor, now=clock.now(), business_date=DAY)
        assert record is not None and record.challenger_score is not None

    return step


def profile(url: str) -> None:
    """Leave the profile of two hundred decisions by one client."""
    # The last of the last round's, which no client has come to.
    step = prepare(ROUNDS - 1, url, CLIENTS - 1, first=PER_ROUND - PROFILED)

    def work() -> None:
        for _turn in range(PROFILED):
            step()

    write_profile("stored_decisions", work)


def main() -> None:
    """Measure in turns and print the medians."""
    with own_database("decisions") as url:
        call_apart(make_applications, url)
        make_tpc_b(url)
        if not measure_beside_tpc_b("stored_decisions_per_second", partial(partial, prepare), url, target=TARGET):
            call_apart(profile, url)


if __name__ == "__main__":
    main()
