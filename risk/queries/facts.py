"""Gathering what a decision looks at, in a bounded number of queries whatever the borrower's history."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection
from django.db.models import QuerySet

from core.money import ZERO, to_fen, yuan
from customers.models import FinancialProfile
from lending.models import Application
from lending.queries.terms import Quoter, make_sample
from lending.rules.affordability import debt_to_income
from lending.rules.terms import InvalidTerms
from risk.models import BureauReport
from risk.queries.consented import collect_consented
from risk.rules.burden import as_basis_points, count_months, monthly_burden
from risk.rules.inputs import HOUSING, MAX_INT, Value

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CollectedFacts:
    """What the rules see, the figures behind the ratios, and what was left out with the reason."""

    facts: dict[str, Value]
    evidence: dict[str, str]
    withheld: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnHistory:
    """What we know of a borrower ourselves."""

    settled_count: int
    active_count: int
    max_dpd: int
    is_overdue: bool
    monthly_payment: Decimal

    def as_facts(self) -> dict[str, Value]:
        """Return the inputs that it gives."""
        return {
            "own_settled_loan_count": self.settled_count,
            "own_active_loan_count": self.active_count,
            "own_max_dpd": self.max_dpd,
            "own_is_overdue": self.is_overdue,
        }


_OWN_HISTORY = """
SELECT l.borrower_id, count(*) FILTER (WHERE l.state = 'SETTLED'),
       count(*) FILTER (WHERE l.state = 'ACTIVE'),
       coalesce(max(late.days), 0),
       coalesce(bool_or(s.dpd > 0), false),
       coalesce(sum(coming.amount), 0)
FROM lending_loan l
LEFT JOIN lending_loanstate s ON s.loan_id = l.id AND l.state = 'ACTIVE'
LEFT JOIN LATERAL (
    SELECT max(coalesce((i.paid_at AT TIME ZONE 'Asia/Shanghai')::date, %(on)s) - i.due_date) AS days
    FROM lending_instalment i WHERE i.loan_id = l.id AND i.due_date < %(on)s
) late ON true
LEFT JOIN LATERAL (
    SELECT round(sum(i.principal + i.interest + i.fee) / greatest(count(*), 1), 2) AS amount
    FROM lending_instalment i WHERE i.loan_id = l.id AND l.state = 'ACTIVE' AND i.paid_at IS NULL
) coming ON true
WHERE l.borrower_id = ANY(%(borrowers)s) AND l.state IN ('ACTIVE', 'SETTLED')
GROUP BY l.borrower_id
"""


def collect_facts(
    asked: Sequence[tuple[Application, BureauReport]], business_date: date, quoter: Quoter
) -> dict[int, CollectedFacts]:
    """Gather the facts of applications whose bureau reports have been received, by the application's key.

    Monthly debt is the greater of what was declared and what the bureau knows, and our own running loans: a borrower
    is not judged better for keeping a debt to himself. The new instalment is that of the product's highest rate,
    because the grade is not known yet. Terms that give no schedule have no facts.
    """
    customer_ids = sorted({application.customer_id for application, _report in asked})
    profiles = {profile.customer_id: profile for profile in list_newest_profiles(customer_ids)}
    histories = read_own_histories(customer_ids, business_date)
    consented = collect_consented(customer_ids, business_date)
    found = {}
    for application, report in asked:
        pk = application.customer_id
        months = count_months(application.product.period_unit, application.periods)
        try:
            instalment = _get_instalment(quoter, application, months, business_date)
        except InvalidTerms:
            _log.exception("no instalment", extra={"application": application.number})
            continue
        collected = _describe(application, report, profiles.get(pk), histories[pk], months, instalment)
        found[application.pk] = CollectedFacts(
            collected.facts | consented[pk].facts, collected.evidence, consented[pk].withheld
        )
    return found


def list_newest_profiles(customer_ids: list[int]) -> QuerySet[FinancialProfile]:
    """Return what each of some customers said last of his income, work and home."""
    return (
        FinancialProfile.objects.filter(customer_id__in=customer_ids)
        .order_by("customer_id", "-as_of_date", "-id")
        .distinct("customer_id")
    )


def _describe(
    application: Application,
    report: BureauReport,
    profile: FinancialProfile | None,
    own: OwnHistory,
    months: int,
    instalment: Decimal,
) -> CollectedFacts:
    bureau: dict[str, Any] = orjson.loads(report.report)
    described, figures = describe_profile(
        profile, bureau_debt=bureau["monthly_payment"], own=own, instalment=instalment, amount=application.amount
    )
    undeclared = yuan(bureau["other_platform_balance"]) - application.other_platform_balance
    facts: dict[str, Value] = {
        "bureau_has_history": bureau["has_history"],
        "bureau_score": bureau["score"],
        "overdue_count_24_months": bureau["overdue_count_24_months"],
        "max_dpd_24_months": bureau["max_days_past_due_24_months"],
        "is_overdue_now": bureau["is_overdue_now"],
        "query_count_3_months": bureau["query_count_3_months"],
        "open_loan_count": bureau["open_loan_count"],
        "is_blacklisted": bureau["is_blacklisted"],
        "card_utilisation_bp": as_basis_points(Decimal(bureau["card_utilisation"])),
        "oldest_account_months": bureau["oldest_account_months"],
        "undeclared_debt_fen": min(to_fen(max(undeclared, ZERO)), MAX_INT),
        **described,
        **own.as_facts(),
        "amount_fen": min(to_fen(application.amount), MAX_INT),
        "term_months": months,
        "purpose": application.purpose,
    }
    evidence = {
        **figures,
        "other_platform_balance_declared": str(application.other_platform_balance),
        "other_platform_balance_bureau": bureau["other_platform_balance"],
    }
    return CollectedFacts(facts, evidence)


def describe_profile(
    profile: FinancialProfile | None, *, bureau_debt: str, own: OwnHistory, instalment: Decimal, amount: Decimal
) -> tuple[dict[str, Value], dict[str, str]]:
    """Return what income, work and home say beside the debts, and the figures behind it."""
    income = yuan(profile.monthly_income) if profile and profile.monthly_income else ZERO
    declared = profile.monthly_debt_payment if profile else ZERO
    burden = debt_to_income(max(declared, yuan(bureau_debt)) + own.monthly_payment, instalment, income)
    facts: dict[str, Value] = {
        "debt_to_income_bp": None if burden is None else as_basis_points(burden),
        "loan_to_income_bp": as_basis_points(amount / (income * 12)) if income > 0 else None,
        "employment_years": profile.employment_years if profile else None,
        "housing": _as_housing(profile),
    }
    figures = {
        "monthly_income": str(income),
        "monthly_debt_declared": str(declared),
        "monthly_debt_bureau": bureau_debt,
        "monthly_debt_here": str(own.monthly_payment),
        "monthly_instalment": str(instalment),
    }
    return facts, figures


def read_own_histories(customer_ids: list[int], business_date: date) -> dict[int, OwnHistory]:
    """Return what we know of each of some customers ourselves; who never had a loan has nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN_HISTORY, {"borrowers": customer_ids, "on": business_date})
        found = {row[0]: OwnHistory(*row[1:]) for row in cursor.fetchall()}
    return {pk: found.get(pk, OwnHistory(0, 0, 0, False, ZERO)) for pk in customer_ids}


def _get_instalment(quoter: Quoter, application: Application, months: int, business_date: date) -> Decimal:
    """Return what the loan would take a month at the product's highest rate, fees included."""
    sample = make_sample(
        application.product, method=application.method, amount=application.amount, periods=application.periods
    )
    quote = quoter.quote(sample, disbursed_on=business_date)
    return monthly_burden(quote.total_payment + quote.total_fees, months)


def _as_housing(profile: FinancialProfile | None) -> str:
    word = profile.housing.upper() if profile else ""
    return word if word in HOUSING else "UNKNOWN"
