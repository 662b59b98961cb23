"""Whether decisions and prices fall out alike for groups that no decision may look at.

Sex, age and region stand on the customer's record; they are joined here, after the fact and for the report alone.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

# Ages at the decision; regions by the two digits of the province.
_GROUPS = {
    "sex": "nullif(c.sex, '')",
    "age": """CASE WHEN c.birth_date IS NULL THEN NULL
                   WHEN age(d.business_date, c.birth_date) < interval '25 years' THEN '18-24'
                   WHEN age(d.business_date, c.birth_date) < interval '35 years' THEN '25-34'
                   WHEN age(d.business_date, c.birth_date) < interval '45 years' THEN '35-44'
                   WHEN age(d.business_date, c.birth_date) < interval '55 years' THEN '45-54'
                   ELSE '55+' END""",
    "region": "nullif(left(c.region_code, 2), '')",
}
_COUNT = """
SELECT {group}, count(*), count(*) FILTER (WHERE d.outcome = 'APPROVE'),
       avg(d.annual_rate) FILTER (WHERE d.outcome = 'APPROVE'),
       avg(d.approved_amount / a.amount) FILTER (WHERE d.outcome = 'APPROVE'),
       avg(d.score)
FROM risk_decisionrecord d
JOIN lending_application a ON a.id = d.application_id
JOIN customers_customer c ON c.id = d.customer_id
WHERE d.business_date BETWEEN %(start)s AND %(end)s AND d.score IS NOT NULL
GROUP BY 1 ORDER BY 2 DESC
"""


@dataclass(frozen=True)
class Group:
    """One group; a group too small to show without naming people has no figures."""

    name: str
    count: int | None
    approval_rate: Decimal | None = None
    impact_ratio: Decimal | None = None
    mean_rate: Decimal | None = None
    mean_share: Decimal | None = None
    mean_score: int | None = None

    @property
    def is_adverse(self) -> bool:
        """Tell whether the group is approved at less than four fifths of the best group's rate."""
        return self.impact_ratio is not None and self.impact_ratio < Decimal("0.8")


def list_groups(kind: str, *, start: date, end: date, least: int) -> list[Group]:
    """Return the groups of a kind with at least `least` decisions each; smaller ones are named without a figure."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(group=_GROUPS[kind]), {"start": start, "end": end})
        rows = [row for row in cursor.fetchall() if row[0] is not None]
    rates = [Decimal(approved) / count for _name, count, approved, *_rest in rows if count >= least]
    best = max(rates, default=Decimal(0))
    return [
        _describe(name, count, approved, figures, best) if count >= least else Group(name, None)
        for name, count, approved, *figures in rows
    ]


def _describe(name: str, count: int, approved: int, figures: list[Decimal | None], best: Decimal) -> Group:
    rate = Decimal(approved) / count
    mean_rate, mean_share, mean_score = figures
    return Group(
        name=name,
        count=count,
        approval_rate=rate,
        impact_ratio=rate / best if best else None,
        mean_rate=mean_rate,
        mean_share=mean_share,
        mean_score=None if mean_score is None else round(mean_score),
    )
