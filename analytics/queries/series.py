"""Figures of a reader's own scope over time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum

from analytics.models import MetricSnapshot
from analytics.queries.metrics import RATIOS, divide, sum_part
from staff.models import Scope, StaffMember
from staff.queries import Access, list_departments_below


@dataclass(frozen=True)
class Reach:
    """Which part of the book a reader sees: `managers` None is all of it."""

    managers: tuple[int, ...] | None
    product: str = ""

    def dimensions(self) -> list[str]:
        """Return the snapshot dimensions that add up to this part."""
        if self.managers is None:
            return [f"product:{self.product}" if self.product else ""]
        prefix = f"product:{self.product}/" if self.product else ""
        return [f"{prefix}rm:{pk}" for pk in self.managers]


def get_reach(access: Access, right: str, product: str = "") -> Reach:
    """Return the part of the book that a right reaches."""
    scope = access.scope_of(right)
    if scope == Scope.ALL:
        return Reach(None, product)
    if scope == Scope.DEPARTMENT:
        departments = list_departments_below(access.department_path)
        members = StaffMember.objects.filter(department__in=departments)
    elif scope == Scope.TEAM and access.team_id is not None:
        members = StaffMember.objects.filter(team_id=access.team_id)
    else:
        return Reach((access.member_id,), product)
    return Reach(tuple(members.order_by("pk").values_list("pk", flat=True)), product)


def read_sums(reach: Reach, codes: Iterable[str], since: date, until: date) -> dict[date, dict[str, Decimal]]:
    """Return the sums of each day that has a snapshot."""
    rows = (
        MetricSnapshot.objects.filter(
            code__in=list(codes), dimension__in=reach.dimensions(), business_date__range=(since, until)
        )
        .values_list("business_date", "code")
        .annotate(total=Sum("value"))
        .order_by("business_date")
    )
    days: dict[date, dict[str, Decimal]] = defaultdict(dict)
    for day, code, total in rows:
        days[day][code] = total
    return dict(days)


def read_series(reach: Reach, code: str, since: date, until: date) -> list[tuple[date, Decimal | None]]:
    """Return a figure day by day; a ratio is a sum over a sum, None where there was nothing to divide by."""
    if code not in RATIOS:
        return [(day, sums.get(code)) for day, sums in read_sums(reach, [code], since, until).items()]
    _label, above, below, _factor, _definition = RATIOS[code]
    days = read_sums(reach, [*above, *below], since, until)
    return [(day, divide(code, sums)) for day, sums in days.items()]


def read_present(reach: Reach, codes: Sequence[str], business_date: date) -> dict[str, Decimal | None]:
    """Return figures as the book stands now, before tonight's snapshot."""
    wanted = {code for code in codes if code not in RATIOS}
    for code in codes:
        if code in RATIOS:
            wanted |= {*RATIOS[code][1], *RATIOS[code][2]}
    sums = sum_part(wanted, business_date, managers=reach.managers, product=reach.product)
    return {code: divide(code, sums) if code in RATIOS else sums[code] for code in codes}


def spark(reach: Reach, code: str, today: date) -> list[Decimal]:
    """Return the last thirty days of a figure for a small line."""
    found = read_series(reach, code, today - timedelta(days=30), today)
    return [value for _day, value in found if value is not None]
