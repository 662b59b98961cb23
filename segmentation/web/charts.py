"""How a segment has grown."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from core.rules.charts import Chart, Series, Shape, Unit
from segmentation.models import Segment, SegmentDay


def draw_members(segment: Segment, days: Sequence[SegmentDay]) -> Chart | None:
    """Return the members by day, of the whole house; None before there are two days."""
    if len(days) < 2:
        return None
    first, last = days[0], days[-1]
    return Chart(
        _("Members"),
        [day.on_date.isoformat() for day in days],
        [Series(_("Members"), [day.members for day in days], shape=Shape.AREA)],
        unit=Unit.COUNT,
        sentence=_("%(last)s members, %(first)s on %(day)s")
        % {"last": last.members, "first": first.members, "day": first.on_date},
        definition=_("Customers in the segment “%(name)s” at the end of each day, of the whole house.")
        % {"name": segment.name},
    )
