"""Steps of customers within the reader's scope: one customer's, those behind a count, and the counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import TruncWeek

from core import clock
from core.errors import NotFound
from customers.models import Lead, ProcessStep, StepRun
from customers.queries.leads import leads_in_scope
from customers.rules.process import Standing, Stretch, Tally, sum_up
from staff import rights
from staff.models import Scope, StaffMember
from staff.queries import Access, scope_condition

_State: Final = StepRun.State


def condition_of(standing: str, today: date) -> Q:
    """Return the filter for steps that stand in one way, or for all that are judged; all but dropped ones else."""
    is_open = Q(state=_State.OPEN)
    return {
        Standing.ON_TIME: Q(state=_State.DONE, is_late=False),
        Standing.DONE_LATE: Q(state=_State.DONE, is_late=True),
        Standing.LATE: is_open & Q(due_date__lt=today),
        Standing.OPEN: is_open & Q(due_date__gte=today),
        Standing.SKIPPED: Q(state=_State.SKIPPED),
        "JUDGED": Q(state=_State.DONE) | is_open & Q(due_date__lt=today),
    }.get(standing, ~Q(state=_State.DROPPED))


def list_journey(customer_id: int) -> list[StepRun]:
    """Return a customer's steps in the order in which they are due."""
    rows = StepRun.objects.filter(customer_id=customer_id).select_related("step", "done_by", "member__user")
    return list(rows.order_by("due_date", "step__place", "pk"))


def access_run(access: Access, public_id: str, right: str) -> StepRun:
    """Return a step of a customer whom a right reaches. Raises NotFound."""
    rows = StepRun.objects.filter(scope_condition(access, right, "customer__rm"), customer__merged_into__isnull=True)
    run = rows.filter(public_id=public_id).select_related("customer").first()
    if run is None:
        raise NotFound
    return run


def runs_in_scope(access: Access) -> QuerySet[StepRun]:
    """Return the steps that whoever steers the process may look at: those of the customers in his reach."""
    return StepRun.objects.filter(scope_condition(access, rights.STEER_PROCESS, "customer__rm"))


def list_active_steps() -> list[ProcessStep]:
    """Return the latest version of every step, those in force first."""
    latest = ProcessStep.objects.order_by("code", "-version").distinct("code")
    return sorted(latest, key=lambda step: (not step.is_active, step.place, step.code))


@dataclass(frozen=True)
class Narrowed:
    """Which steps: those due within some days, of one step, of one RM."""

    due: Stretch
    code: str = ""
    member_id: int | None = None

    def choose(self, rows: QuerySet[StepRun]) -> QuerySet[StepRun]:
        """Return those of the rows."""
        rows = rows.filter(due_date__gte=self.due.first, due_date__lte=self.due.last)
        if self.code:
            rows = rows.filter(code=self.code)
        if self.member_id is not None:
            rows = rows.filter(member_id=self.member_id or None)
        return rows


@dataclass(frozen=True)
class Figures:
    """Counts of the steps due within some days: together, by step, by RM and by the Monday of the week."""

    all: Tally = field(default_factory=Tally)
    by_code: Mapping[str, Tally] = field(default_factory=dict)
    by_member: Mapping[int | None, Tally] = field(default_factory=dict)
    by_week: Mapping[date, Tally] = field(default_factory=dict)


def count_steps(access: Access, narrowed: Narrowed, *, today: date) -> Figures:
    """Return the counts; the rows are read once, whatever they are grouped by."""
    rows = narrowed.choose(runs_in_scope(access)).annotate(week=TruncWeek("due_date")).order_by()
    counts: Any = {
        "on_time": Count("pk", filter=condition_of(Standing.ON_TIME, today)),
        "done_late": Count("pk", filter=condition_of(Standing.DONE_LATE, today)),
        "late": Count("pk", filter=condition_of(Standing.LATE, today)),
        "waiting": Count("pk", filter=condition_of(Standing.OPEN, today)),
        "skipped": Count("pk", filter=condition_of(Standing.SKIPPED, today)),
    }
    codes: dict[str, Tally] = {}
    members: dict[int | None, Tally] = {}
    weeks: dict[date, Tally] = {}
    found = rows.exclude(state=_State.DROPPED).values_list("code", "member_id", "week").annotate(**counts)
    for code, member_id, week, *numbers in found:
        tally = Tally(*numbers)
        codes[code] = codes.get(code, Tally()) + tally
        members[member_id] = members.get(member_id, Tally()) + tally
        weeks[week] = weeks.get(week, Tally()) + tally
    return Figures(sum_up(codes.values()), codes, members, weeks)


def name_members(ids: set[int]) -> dict[int, StaffMember]:
    """Return colleagues by id, with their names."""
    return StaffMember.objects.select_related("user").in_bulk(ids)


def list_runs(access: Access, narrowed: Narrowed, *, standing: str, today: date) -> QuerySet[StepRun]:
    """Return the steps behind a count, with customer, step and RM."""
    rows = narrowed.choose(runs_in_scope(access)).filter(condition_of(standing, today))
    return (
        rows.exclude(state=_State.DROPPED)
        .select_related("customer", "step", "member__user", "done_by")
        .defer("customer__search_grams", "customer__labels", "customer__custom")
    )


class _Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


@dataclass(frozen=True)
class Response:
    """How leads that came in within some days were answered: how many, how many in time, the middle time."""

    answered: int
    in_time: int
    hours: float | None

    @property
    def share(self) -> float | None:
        """In time of those answered."""
        return self.in_time / self.answered if self.answered else None


def measure_response(access: Access, came_in: Stretch, *, member_id: int | None = None) -> Response | None:
    """Return the first responses to the leads in the reader's reach, None for who may see no leads."""
    if access.scope_of(rights.WORK_LEADS) is None:
        return None
    rows: QuerySet[Lead] = leads_in_scope(access).filter(
        created_at__gte=clock.at(came_in.first, 0),
        created_at__lt=clock.at(came_in.last + timedelta(days=1), 0),
        answered_at__isnull=False,
    )
    if member_id is not None:
        rows = rows.filter(owner_id=member_id)
    took = ExpressionWrapper(F("answered_at") - F("created_at"), output_field=DurationField())
    found = rows.order_by().aggregate(
        answered=Count("pk"),
        in_time=Count("pk", filter=Q(answer_due_at__isnull=True) | Q(answered_at__lte=F("answer_due_at"))),
        middle=_Median(took, output_field=DurationField()),
    )
    middle = found["middle"]
    hours = middle.total_seconds() / 3600 if middle is not None else None
    return Response(found["answered"], found["in_time"], hours)


def sees_all(access: Access) -> bool:
    """Tell whether the reader steers the process of the whole house."""
    return access.scope_of(rights.STEER_PROCESS) == Scope.ALL
