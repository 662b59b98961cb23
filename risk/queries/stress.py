"""The live book as stress tests read it: sums by part, never loan by loan."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import QuerySet

from core.errors import NotFound
from core.models import User
from lending.models import Product
from risk.models import StressRun
from risk.queries.figures import access_monitoring
from risk.rules.stress import BookPart

_PARTS = """
SELECT p.code, s.bucket, count(*), sum(s.principal_outstanding), sum(s.interest_outstanding)
FROM lending_loan l JOIN lending_loanstate s ON s.loan_id = l.id JOIN lending_product p ON p.id = l.product_id
WHERE l.state = 'ACTIVE' GROUP BY 1, 2 ORDER BY 1, 2
"""
# What each investor would lose: his share of a loan's outstanding principal is what he lent less what came back.
_LENDERS = """
WITH chance AS (SELECT * FROM unnest(%(buckets)s::text[], %(chances)s::numeric[]) AS c (bucket, chance)),
held AS (
    SELECT h.investor_id, sum(h.principal - h.principal_received) AS amount,
           sum((h.principal - h.principal_received) * coalesce(c.chance, 1)) * %(loss_share)s AS loss
    FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id AND l.state = 'ACTIVE'
    JOIN lending_loanstate s ON s.loan_id = l.id LEFT JOIN chance c ON c.bucket = s.bucket
    GROUP BY 1
)
SELECT count(*), count(*) FILTER (WHERE loss > amount * %(hard)s), coalesce(max(loss / nullif(amount, 0)), 0) FROM held
"""
_DEAR = """
SELECT p.code, count(*), sum(s.principal_outstanding), sum(s.interest_outstanding)
FROM lending_loan l JOIN lending_loanstate s ON s.loan_id = l.id JOIN lending_product p ON p.id = l.product_id
WHERE l.state = 'ACTIVE' AND l.annual_rate > %(cap)s GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class LenderLosses:
    """How many investors hold claims, how many would lose more than the hard share, the worst share of all."""

    investors: int
    hard_hit: int
    worst_share: Decimal


@dataclass(frozen=True)
class DearPart:
    """The loans of a product that were priced above a cap."""

    product: str
    loans: int
    principal: Decimal
    interest: Decimal


def list_book_parts() -> list[BookPart]:
    """Return the running loans by product and bucket."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTS)
        return [BookPart(*row) for row in cursor.fetchall()]


def sum_lender_losses(chances: Mapping[str, Decimal], *, loss_share: Decimal, hard_share: Decimal) -> LenderLosses:
    """Return how a stress falls upon the investors."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LENDERS,
            {
                "buckets": list(chances),
                "chances": list(chances.values()),
                "loss_share": loss_share,
                "hard": hard_share,
            },
        )
        return LenderLosses(*cursor.fetchone())


def list_dear_parts(cap: Decimal) -> list[DearPart]:
    """Return the running loans whose rate lies above a cap, by product; each was lawful on its own contract date."""
    with connection.cursor() as cursor:
        cursor.execute(_DEAR, {"cap": cap})
        return [DearPart(*row) for row in cursor.fetchall()]


def list_dear_grades(cap: Decimal) -> list[tuple[str, str, Decimal]]:
    """Return (product, grade, rate) of what is offered above a cap and could no longer be contracted."""
    found = []
    for product in Product.objects.exclude(state=Product.State.RETIRED).order_by("code"):
        for grade, rate in sorted(product.rate_by_grade.items()):
            if Decimal(rate) > cap:
                found.append((product.code, grade, Decimal(rate)))
    return found


def list_runs(user: User, kind: str = "") -> QuerySet[StressRun]:
    """Return the stress tests, newest first. Raises Refused."""
    access_monitoring(user)
    rows = StressRun.objects.select_related("made_by")
    return rows.filter(kind=kind) if kind else rows


def get_run(user: User, public_id: str) -> StressRun:
    """Return one stress test. Raises Refused, NotFound."""
    run = list_runs(user).filter(public_id=public_id).first()
    if run is None:
        raise NotFound
    return run
