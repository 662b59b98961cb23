"""Early warnings within the reader's scope, and how often they were right."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from core.registries import warning_patterns
from core.rules.ratios import share_of
from customers.models import Customer, WorkItem
from customers.texts import name_code
from lending.models import Loan, LoanState
from risk.models import WarningRule, WarningSignal
from staff import rights
from staff.queries import Access, scope_condition


@dataclass(frozen=True)
class Watched:
    """A borrower with points enough to be looked at, and his heaviest pattern."""

    customer_id: int
    public_id: str
    rm_id: int | None
    points: int
    count: int
    pattern: str


_WATCHED = """
SELECT c.id, c.public_id, c.rm_id, sum(s.points), count(*), (array_agg(r.pattern ORDER BY s.points DESC, s.id))[1]
FROM risk_warningsignal s JOIN risk_warningrule r ON r.id = s.rule_id JOIN customers_customer c ON c.id = s.customer_id
WHERE s.ended_date IS NULL GROUP BY c.id HAVING sum(s.points) >= %s ORDER BY c.id
"""


def list_watched(least: int) -> list[Watched]:
    """Return the borrowers whose live warnings weigh so many points, all of the house."""
    with connection.cursor() as cursor:
        cursor.execute(_WATCHED, [least])
        return [Watched(*row) for row in cursor.fetchall()]


def list_work_keys(kind: str) -> set[str]:
    """Return the keys of the open work items of a kind."""
    return set(WorkItem.objects.filter(kind=kind, state=WorkItem.State.OPEN).values_list("key", flat=True))


def list_watched_customers(access: Access) -> QuerySet[Customer]:
    """Return the borrowers with live warnings in one's reach with `points` and `warnings`."""
    live = Q(warning_signals__ended_date__isnull=True)
    return (
        Customer.objects.filter(scope_condition(access, rights.VIEW_LOANS, "rm"), live, warning_signals__isnull=False)
        .annotate(points=Sum("warning_signals__points"), warnings=Count("warning_signals"))
        .select_related("rm__user")
    )


def list_high_tier(access: Access) -> QuerySet[Customer]:
    """Return the borrowers of the high tier in one's reach who owe, with or without a warning: they are watched all the time."""
    owing = LoanState.objects.filter(loan__borrower_id=OuterRef("pk"), loan__state=Loan.State.ACTIVE)
    rows = Customer.objects.filter(
        scope_condition(access, rights.VIEW_LOANS, "rm"), Exists(owing), risk_tier=Customer.RiskTier.HIGH
    )
    live = WarningSignal.objects.filter(customer_id=OuterRef("pk"), ended_date__isnull=True).order_by()
    points = live.values("customer_id").annotate(points=Sum("points")).values("points")
    return rows.annotate(points=Coalesce(Subquery(points), 0)).select_related("rm__user")


def list_signals(customer_ids: Iterable[int], *, with_ended: bool = False) -> QuerySet[WarningSignal]:
    """Return the warnings about some customers, live ones first; the caller has looked at the reader's scope."""
    rows = WarningSignal.objects.filter(customer_id__in=list(customer_ids)).select_related("rule", "loan")
    if not with_ended:
        rows = rows.filter(ended_date__isnull=True)
    return rows.order_by(F("ended_date").desc(nulls_first=True), "-points", "-id")


def list_loan_signals(loan_id: int) -> QuerySet[WarningSignal]:
    """Return the live warnings about one loan."""
    rows = WarningSignal.objects.filter(loan_id=loan_id, ended_date__isnull=True)
    return rows.select_related("rule").order_by("-points", "-id")


def list_signals_in_scope(access: Access) -> QuerySet[WarningSignal]:
    """Return the warnings about borrowers in one's reach, over and live, the newest first."""
    return WarningSignal.objects.filter(scope_condition(access, rights.VIEW_LOANS, "customer__rm")).order_by("-id")


def describe_signal(signal: WarningSignal) -> str:
    """Return a warning as a sentence with its figures."""
    return describe_warning(signal.rule.pattern, signal.rule.name, signal.figures)


def describe_warning(pattern: str, rule_name: str, figures: dict[str, Any]) -> str:
    """Return a pattern's sentence with the figures in it; of a pattern that is gone its rule's name."""
    if pattern not in warning_patterns:
        return rule_name
    shown = {name: name_code(name, value) for name, value in figures.items()}
    return str(warning_patterns.get(pattern).sentence) % _Figures(shown)


class _Figures(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "—"


@dataclass(frozen=True)
class Record:
    """How a rule did: precision is hits of all that were judged; None before any was."""

    rule: WarningRule
    raised: int
    live: int
    hits: int
    misses: int
    precision: Decimal | None
    lead_days: int | None


def list_records() -> list[Record]:
    """Return each rule with what came of its warnings."""
    rules = WarningRule.objects.annotate(
        raised=Count("signals"),
        live=Count("signals", filter=Q(signals__ended_date__isnull=True)),
        hits=Count("signals", filter=Q(signals__outcome="HIT")),
        misses=Count("signals", filter=Q(signals__outcome="MISS")),
        lead=Avg(F("signals__outcome_date") - F("signals__raised_date"), filter=Q(signals__outcome="HIT")),
    )
    found = []
    for rule in rules:
        judged = rule.hits + rule.misses
        precision = share_of(Decimal(rule.hits), Decimal(judged)) if judged else None
        found.append(Record(rule, rule.raised, rule.live, rule.hits, rule.misses, precision, _days(rule.lead)))
    return found


def _days(lead: Any) -> int | None:
    return None if lead is None else round(getattr(lead, "days", lead))
