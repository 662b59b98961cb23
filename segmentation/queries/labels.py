"""Rules and labels as they stand."""

from datetime import date
from typing import Final

from segmentation.models import LabelRule

# What steps of the relationship process begin with: a move into a stage; the first telling of a stage is none.
STAGE_MOVES: Final = """
SELECT h.customer_id, h.value AS step, h.from_at AS at FROM segmentation_labelstay h
WHERE h.label = 'stage' AND h.until_at IS NULL AND h.before <> ''
"""


def get_rule(on: date) -> LabelRule | None:
    """Return the version in force on a date."""
    return LabelRule.objects.filter(valid_from__lte=on).order_by("-valid_from", "-id").first()
