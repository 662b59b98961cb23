"""A book of running loans, written by set-based SQL: a fixture of the benchmarks, not a way to make loans.

Each loan is of 12 000 yuan in twelve periods of 30 days with 1 000 of principal and 60 of interest each. Its lenders
hold multiples of 12 yuan, so that every share of every payment is exact and what they have received can be written
down without the rules.
"""

from datetime import date
from typing import Any

from bench.support import set_up

DAY = date(2026, 3, 2)
INVESTORS = 20_000

# One row a loan: its number, how many lenders, instalments paid, oldest unpaid due date, what its borrower has.
PLAN = """
CREATE TABLE bench_plan AS
SELECT k, lenders, paid, oldest, balance, consents, %(investors)s + k AS borrower_id,
    greatest(%(day)s::date - oldest, 0) AS dpd
FROM ({plan}) AS p(k, lenders, paid, oldest, balance, consents)
"""
# About 3 % fall due on the day, 5 % are late by one to sixty days and have nothing; one in ten of the others has too
# little, one in twenty has not agreed to automatic debits.
CLOSE_PLAN = """
SELECT k, 3 + k %% 3, 1 + k %% 8,
    CASE WHEN k %% 20 = 3 THEN %(day)s::date - 1 - k / 20 %% 60 ELSE %(day)s::date + k %% 29 END,
    CASE WHEN k %% 20 = 3 THEN 0 WHEN k %% 10 = 1 THEN 500 ELSE 5000 END, k %% 20 <> 4
FROM generate_series(1, %(loans)s) k
"""
# Everything lies ahead; the next instalment may always be paid.
REPAYMENT_PLAN = """
SELECT s.first + n, s.lenders, 0, %(day)s::date + 10, 20000, false
FROM (VALUES {segments}) AS s(first, lenders, loans), generate_series(1, s.loans) n
"""

# `jsonb_populate_record` over a row that the models wrote: what the fixture does not name has the models' defaults.
COPIES = """
INSERT INTO customers_customer
SELECT r.* FROM customers_customer base, generate_series(2, %(investors)s + (SELECT max(k) FROM bench_plan)) n,
    jsonb_populate_record(base, jsonb_build_object('id', n, 'number', 'BC' || n, 'public_id', 'c' || n,
        'registered_at', base.registered_at - interval '1 day' * (n %% 1500))) r
WHERE base.id = 1;
INSERT INTO ledger_account (id, kind, customer_id, allowed_sign, opened_at)
SELECT id * 10 + 1, 'CUSTOMER_AVAILABLE', id, 1, registered_at FROM customers_customer
UNION ALL SELECT id * 10 + 2, 'CUSTOMER_FROZEN', id, 1, registered_at FROM customers_customer;
WITH paid_in AS (
    INSERT INTO ledger_transfer (number, type, idempotency_key, business_date, posted_at, reference_type, reference_id,
        memo, custody_reference)
    VALUES ('TR-BENCH', 'DEPOSIT', 'bench', %(day)s, now(), '', '', '', '') RETURNING id
)
INSERT INTO ledger_entry (transfer_id, account_id, amount)
SELECT paid_in.id, p.borrower_id * 10 + 1, p.balance FROM paid_in, bench_plan p WHERE p.balance > 0
UNION ALL SELECT paid_in.id, 1, -(SELECT sum(balance) FROM bench_plan) FROM paid_in;
INSERT INTO customers_consent (customer_id, purpose, recipient, notice_version, channel, given_at, evidence_hash)
SELECT borrower_id, 'AUTO_DEBIT', '', '2026-1', 'bench', now(), '' FROM bench_plan WHERE consents;
INSERT INTO lending_application
SELECT r.* FROM lending_application base, bench_plan p, jsonb_populate_record(base, jsonb_build_object(
    'id', p.k, 'number', 'BA' || p.k, 'public_id', 'a' || p.k, 'customer_id', p.borrower_id)) r
WHERE base.id = 1 AND p.k > 1;
INSERT INTO lending_listing
SELECT r.* FROM lending_listing base, bench_plan p, jsonb_populate_record(base, jsonb_build_object(
    'id', p.k, 'number', 'BL' || p.k, 'public_id', 'l' || p.k, 'borrower_id', p.borrower_id, 'application_id', p.k)) r
WHERE base.id = 1 AND p.k > 1;
INSERT INTO lending_loan
SELECT r.* FROM lending_loan base, bench_plan p, jsonb_populate_record(base, jsonb_build_object(
    'id', p.k, 'number', 'BN' || p.k, 'public_id', 'n' || p.k, 'borrower_id', p.borrower_id, 'listing_id', p.k,
    'start_date', p.oldest - 30 * (p.paid + 1))) r
WHERE base.id = 1 AND p.k > 1;
INSERT INTO lending_instalment (loan_id, n, due_date, nominal_due_date, principal, interest, fee, penalty,
    principal_paid, interest_paid, fee_paid, penalty_paid, interest_waived, fee_waived, balance_after, paid_at)
SELECT p.k, n, due, due, 1000, 60, 0, CASE WHEN n = p.paid + 1 THEN round(1000 * p.dpd * 0.0003, 2) ELSE 0 END,
    CASE WHEN n <= p.paid THEN 1000 ELSE 0 END, CASE WHEN n <= p.paid THEN 60 ELSE 0 END, 0, 0, 0, 0,
    12000 - 1000 * n, CASE WHEN n <= p.paid THEN due + time '10:00' END
FROM bench_plan p, generate_series(1, 12) n, LATERAL (SELECT p.oldest + 30 * (n - p.paid - 1)) AS d(due)
ORDER BY p.k, n;
INSERT INTO lending_lendershare (loan_id, investor_id, principal, principal_received, interest_received,
    penalty_received)
SELECT p.k, (p.k * 13 + j * 7919) %% %(investors)s + 1, u.units * 12, u.units * p.paid, u.units * p.paid * 0.06, 0
FROM bench_plan p, generate_series(1, p.lenders) j,
    LATERAL (SELECT CASE WHEN j = 1 THEN 1000 - 1000 / p.lenders * (p.lenders - 1) ELSE 1000 / p.lenders END) AS u(units)
ORDER BY p.k, j;
INSERT INTO lending_loanstate (loan_id, principal_outstanding, interest_outstanding, fees_outstanding,
    penalty_outstanding, overdue_amount, oldest_unpaid_due_date, next_due_date, next_due_amount, penalty_yuan_days,
    penalty_charged_total, penalty_cut_total, dpd, bucket, loan_class, as_of_date)
SELECT k, 12000 - 1000 * paid, 720 - 60 * paid, 0, round(1000 * dpd * 0.0003, 2), 1060 * ((dpd + 29) / 30), oldest,
    oldest + 30 * ((dpd + 29) / 30), 1060, 1000 * dpd, round(1000 * dpd * 0.0003, 2), 0, dpd,
    'M' || (dpd + 29) / 30, CASE WHEN dpd > 0 THEN 'SPECIAL_MENTION' ELSE 'NORMAL' END, %(day)s
FROM bench_plan;
"""


def make_close_book(url: str, loans: int) -> None:
    """Write a book for the nightly close of `DAY`."""
    _make_book(url, CLOSE_PLAN, loans=loans)


def make_repayment_book(url: str, loans: int, lenders: tuple[int, ...]) -> None:
    """Write so many loans for each number of lenders; those of the first number have the lowest ids."""
    segments = ", ".join(f"({place * loans}, {count}, {loans})" for place, count in enumerate(lenders))
    _make_book(url, REPAYMENT_PLAN.format(segments=segments))


def _make_book(url: str, plan: str, **values: int) -> None:
    set_up(url)
    from django.core.management import call_command
    from django.db import connection

    from core import clock, seeding
    from core.models import BusinessDate
    from customers.models import Customer

    call_command("migrate", verbosity=0)
    now = clock.at(DAY, 10)
    seeding.run_seeds(business_date=DAY, now=now)
    BusinessDate.objects.update_or_create(pk=1, defaults={"value": DAY})
    Customer.objects.create(pk=1, number="BC1", public_id="c1", registered_at=now)
    parameters: dict[str, Any] = {"investors": INVESTORS, "day": DAY, **values}
    with connection.cursor() as cursor:
        cursor.execute(PLAN.format(plan=plan), parameters)
        first, *others = COPIES.split(";\n")
        cursor.execute(first, parameters)
        make_first_loan(INVESTORS + 1)
        for statement in others:
            if statement:
                cursor.execute(statement, parameters)
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def make_first_loan(borrower_id: int) -> None:
    """Write by the models what the other loans are copied from."""
    from core import clock
    from lending.models import Application, Listing, Loan, Product

    product = Product.objects.order_by("pk")[0]
    now = clock.at(DAY, 10)
    terms = {"product": product, "periods": 12, "method": "equal_principal", "annual_rate": "0.060000"}
    application = Application.objects.create(
        **terms,
        pk=1,
        number="BA1",
        public_id="a1",
        customer_id=borrower_id,
        amount=12000,
        purpose="CONSUMPTION",
        declared_at=now,
        project_hash="",
        state=Application.State.ACCEPTED,
        submitted_at=now,
        business_date=DAY,
        approved_amount=12000,
    )
    listing = Listing.objects.create(
        **terms,
        pk=1,
        number="BL1",
        public_id="l1",
        application=application,
        borrower_id=borrower_id,
        title="经营周转",
        amount=12000,
        funded=12000,
        grade="B",
        risk_grade=2,
        state=Listing.State.PAID_OUT,
        opened_at=now,
        deadline_date=DAY,
    )
    Loan.objects.create(
        **terms,
        pk=1,
        number="BN1",
        public_id="n1",
        listing=listing,
        borrower_id=borrower_id,
        principal=12000,
        period_unit="30_days",
        day_count="30/360",
        rounding="HALF_UP",
        payment_step="0.01",
        payment_rounding="nearest",
        due_date_shift="NONE",
        allocation_order=["FEE", "PENALTY", "INTEREST", "PRINCIPAL"],
        penalty_daily_rate="0.000300",
        cap_rate="0.120000",
        state=Loan.State.ACTIVE,
        created_at=now,
        contract_date=DAY,
        paid_out_at=now,
        start_date=DAY,
        maturity_date=DAY,
    )
