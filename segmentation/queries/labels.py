"""Rules and labels as they stand."""

from datetime import date
from typing import Final

from segmentation.models import LabelRule

# What steps of the relationship process begin with: a move into a stage; the first telling of a stage is none.
STAGE_MOVES: Final = """
SELECT h.customer_id, h.value AS step, h.from_at AS at FROM segmentation_labelstay h
WHERE h.label = 'stage' AND h.until_at IS NULL AND h.before <> ''
"""
# The same of years together: of who is not lost and owes nothing late, within the days in which a step may still begin.
YEARS_TOGETHER: Final = """
SELECT s.customer_id, 'YEARS_' || y.n AS step,
       (s.first_deal_date + make_interval(years => y.n)) AT TIME ZONE 'Asia/Shanghai' AS at
FROM core_businessdate b CROSS JOIN (VALUES (1), (3), (5)) y (n)
JOIN segmentation_standing s ON s.first_deal_date <= (b.value - make_interval(years => y.n))::date
    AND s.first_deal_date > (b.value - make_interval(years => y.n))::date - 45
WHERE s.stage IS DISTINCT FROM 'LOST' AND coalesce(s.overdue, 0) = 0
"""


def get_rule(on: date) -> LabelRule | None:
    """Return the version in force on a date."""
    return LabelRule.objects.filter(valid_from__lte=on).order_by("-valid_from", "-id").first()
