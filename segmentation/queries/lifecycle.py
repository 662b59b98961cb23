"""Labels as a reader sees them: counts, flows, cohorts and the customers behind each number, within his scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import (
    Avg,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from core.errors import NotFound
from core.money import ZERO, round_yuan
from customers.models import Customer, StepRun
from customers.queries.staff import in_scope
from lending.models import Application
from risk.queries.decisions import list_reasons
from segmentation.models import Decline, LabelChoice, Labels, LabelStay, Playbook
from segmentation.queries.attributes import TABLE
from segmentation.rules.labels import KEYS
from staff import rights
from staff.models import Scope
from staff.queries import Access

_PAST: Final = 20
# What stands beside a label and needs somebody to look: invests otherwise than stated, the questionnaire has expired.
FLAGS: Final = ("preference_mismatch", "preference_expired")
MOST_YEARS: Final = 5
_TODAY: Final = "(SELECT value FROM core_businessdate)"
# Who is lost was with us until his last act; all others are to this day.
_LAST_ACT: Final = (
    "greatest(s.first_deal_date, s.last_deal_date, (s.last_settled AT TIME ZONE 'Asia/Shanghai')::date,"
    " s.last_share_ended_date)"
)
_POSSIBLE: Final = f"extract(year FROM age({_TODAY}, s.first_deal_date))::int"
_TOGETHER: Final = (
    f"extract(year FROM age(CASE WHEN s.stage = 'LOST' THEN {_LAST_ACT} ELSE {_TODAY} END, s.first_deal_date))::int"
)
# The stages into which it went well, by the figure of a playbook.
_WELL: Final = {
    "ACTIVATED": ("NEW", "ACTIVE", "MATURE"),
    "MOVED_UP": ("MATURE",),
    "RECOVERED": ("NEW", "ACTIVE", "MATURE"),
}


@dataclass(frozen=True)
class Cohort:
    """Those who registered in one month: how many, and how many of them made a first deal in time."""

    month: date
    registered: int
    activated: int
    # Whether everybody of the month has had the whole time.
    is_over: bool


@dataclass(frozen=True)
class YearsTogether:
    """Of those who could be with us for so many full years by now, how many were."""

    years: int
    could: int
    stayed: int


@dataclass(frozen=True)
class YearOfFirstDeal:
    """Those whose first deal was in one year: how many, how many are not lost, what they will probably bring, how long they
    stayed."""

    year: int
    began: int
    remained: int
    clv: Decimal | None
    spans: list[YearsTogether]


def sees_all(access: Access) -> bool:
    """Tell whether the reader sees every customer: counts then need no look at the customers."""
    return access.scope_of(rights.VIEW_CUSTOMERS) == Scope.ALL


def _within(access: Access, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows if sees_all(access) else rows.filter(customer_id__in=in_scope(access).values("pk"))


def count_values(access: Access, labels: Sequence[str] = KEYS) -> dict[str, dict[str, int]]:
    """Return how many customers of the reader have each value of each label."""
    found: dict[str, dict[str, int]] = {label: {} for label in labels}
    rows = _within(access, LabelStay.objects.filter(label__in=labels, until_at=None))
    for label, value, count in rows.values_list("label", "value").annotate(Count("pk")).order_by():
        found[label][value] = count
    return found


def list_holders(access: Access, label: str, value: str) -> QuerySet[Customer]:
    """Return the customers of the reader that have a value of a label now. Raises NotFound for no label."""
    if label not in KEYS:
        raise NotFound
    stays = LabelStay.objects.filter(label=label, value=value, until_at=None)
    return in_scope(access).filter(pk__in=stays.values("customer_id"))


def count_flagged(access: Access) -> dict[str, int]:
    """Return how many of the reader's customers each flag beside a label stands for."""
    rows = _within(access, Labels.objects.all())
    return rows.aggregate(**{flag: Count("pk", filter=Q(**{flag: True})) for flag in FLAGS})


def list_flagged(access: Access, flag: str) -> QuerySet[Customer]:
    """Return the reader's customers with a flag. Raises NotFound for no flag."""
    if flag not in FLAGS:
        raise NotFound
    return in_scope(access).filter(pk__in=Labels.objects.filter(**{flag: True}).values("customer_id"))


def list_by_prime(access: Access, value: str) -> QuerySet[Customer]:
    """Return the reader's customers with a value of the label, each with `score`: the points of a prime customer."""
    points = Labels.objects.filter(customer_id=OuterRef("pk")).values("prime_score")
    return list_holders(access, "prime", value).annotate(score=Coalesce(Subquery(points), 0))


def read_prime(customer_ids: Sequence[int]) -> dict[int, Labels]:
    """Return the labels of some customers, with the five parts of their score."""
    return Labels.objects.in_bulk(list(customer_ids))


def list_moved(access: Access, label: str, before: str, value: str, since: datetime) -> QuerySet[Customer]:
    """Return the customers of the reader who moved from one value to another since a moment. Raises NotFound."""
    if label not in KEYS:
        raise NotFound
    stays = LabelStay.objects.filter(label=label, before=before, value=value, from_at__gte=since)
    return in_scope(access).filter(pk__in=stays.values("customer_id"))


def count_moves(access: Access, label: str, since: datetime) -> dict[tuple[str, str], int]:
    """Return how often customers of the reader moved from one value to another since a moment; first tellings are none."""
    rows = _within(access, LabelStay.objects.filter(label=label, from_at__gte=since).exclude(before=""))
    found = rows.values_list("before", "value").annotate(Count("pk")).order_by()
    return {(before, value): count for before, value, count in found}


def measure_stays(access: Access, label: str, now: datetime) -> dict[str, timedelta]:
    """Return how long customers of the reader have had their value of a label on average."""
    age = ExpressionWrapper(Value(now) - F("from_at"), output_field=DurationField())
    rows = _within(access, LabelStay.objects.filter(label=label, until_at=None))
    return dict(rows.values_list("value").annotate(age=Avg(age)).order_by())


def read_labels(customer_id: int) -> Labels | None:
    """Return the labels of a customer as they are now."""
    return Labels.objects.filter(pk=customer_id).first()


def list_stays(customer_id: int) -> dict[str, LabelStay]:
    """Return since when and why a customer has each of his labels."""
    return {stay.label: stay for stay in LabelStay.objects.filter(customer_id=customer_id, until_at=None)}


def list_past_stays(customer_id: int) -> list[LabelStay]:
    """Return the latest labels that a customer no longer has."""
    return list(LabelStay.objects.filter(customer_id=customer_id, until_at__isnull=False).order_by("-pk")[:_PAST])


def list_decline_reasons(customer_id: int) -> list[str]:
    """Return in words why the latest decided application was declined; nothing where it was not."""
    latest = Application.objects.filter(customer_id=customer_id, decided_at__isnull=False).order_by(
        "-decided_at", "-pk"
    )
    found = latest.values("outcome", "reason_codes").first()
    if found is None or found["outcome"] != "DECLINE":
        return []
    return [reason.staff for reason in list_reasons(found["reason_codes"])]


def list_choices(customer_id: int) -> list[LabelChoice]:
    """Return what people have set for a customer and not taken back."""
    rows = LabelChoice.objects.filter(customer_id=customer_id, ended_at=None).select_related("made_by")
    return list(rows.order_by("label"))


def list_declines(access: Access, state: str) -> QuerySet[Decline]:
    """Return the declines of the reader's customers in a state."""
    return Decline.objects.filter(state=state, customer_id__in=in_scope(access).values("pk"))


def list_declines_of(customer_id: int) -> list[Decline]:
    """Return a customer's declines, the latest first."""
    return list(Decline.objects.filter(customer_id=customer_id).order_by("-pk")[:_PAST])


def access_decline(access: Access, public_id: str, right: str) -> Decline:
    """Return a decline of a customer whom a right reaches. Raises NotFound."""
    found = Decline.objects.filter(public_id=public_id, customer_id__in=in_scope(access, right).values("pk")).first()
    if found is None:
        raise NotFound
    return found


def count_declines(access: Access, since: date) -> dict[str, int]:
    """Return how many declines are open, and how many ended either way since a date.

    What a merge has left with the record that is gone is not counted twice.
    """
    gone = Customer.objects.filter(merged_into__isnull=False).values("pk")
    rows = Decline.objects.filter(Q(state=Decline.State.OPEN) | Q(ended_date__gte=since)).exclude(customer_id__in=gone)
    found = dict(_within(access, rows).values_list("state").annotate(Count("pk")).order_by())
    return {state: found.get(state, 0) for state in Decline.State.values}


def write_scope(access: Access) -> tuple[str, tuple[Any, ...]]:
    """Return a condition on `s`, a row of kept attributes, that leaves the reader's customers, and its parameters."""
    if sees_all(access):
        return "true", ()
    text, parameters = in_scope(access).values("pk").query.sql_with_params()
    return f"s.customer_id IN ({text})", tuple(parameters)


def list_cohorts(access: Access, *, today: date, within_days: int, months: int = 12) -> list[Cohort]:
    """Return by month of registration how many made their first deal within so many days."""
    first = date(today.year - (months // 12), today.month, 1)
    among, parameters = write_scope(access)
    statement = f"""
    SELECT date_trunc('month', s.registered AT TIME ZONE 'Asia/Shanghai')::date AS month, count(*),
           count(*) FILTER (WHERE s.first_deal_date <= (s.registered AT TIME ZONE 'Asia/Shanghai')::date + %s),
           max((s.registered AT TIME ZONE 'Asia/Shanghai')::date) + %s < %s
    FROM {TABLE} s
    WHERE s.registered >= %s::timestamp AT TIME ZONE 'Asia/Shanghai' AND {among} GROUP BY 1 ORDER BY 1
    """  # noqa: S608 - everything is our own
    with connection.cursor() as cursor:
        cursor.execute(statement, [within_days, within_days, today, first, *parameters])
        return [Cohort(*row) for row in cursor.fetchall()]


def list_years(access: Access) -> list[YearOfFirstDeal]:
    """Return by year of the first deal how many are still with us, and how many stayed each number of years: one pass."""
    among, parameters = write_scope(access)
    statement = f"""
    SELECT extract(year FROM s.first_deal_date)::int, {_POSSIBLE}, {_TOGETHER}, count(*),
           count(*) FILTER (WHERE s.stage <> 'LOST'), sum(s.clv), count(s.clv)
    FROM {TABLE} s WHERE s.first_deal_date IS NOT NULL AND {among} GROUP BY 1, 2, 3
    """  # noqa: S608 - everything is our own
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    found = []
    for year in sorted({row[0] for row in rows}):
        own = [row[1:] for row in rows if row[0] == year]
        worth, known = sum((row[4] or ZERO for row in own), ZERO), sum(row[5] for row in own)
        spans = [
            YearsTogether(
                years,
                sum(count for possible, _together, count, *_rest in own if possible >= years),
                sum(count for possible, together, count, *_rest in own if min(possible, together) >= years),
            )
            for years in range(1, MOST_YEARS + 1)
        ]
        found.append(
            YearOfFirstDeal(
                year,
                sum(row[2] for row in own),
                sum(row[3] for row in own),
                round_yuan(worth / known) if known else None,
                spans,
            )
        )
    return found


def list_together(access: Access, year: int, years: int) -> QuerySet[Customer]:
    """Return the reader's customers whose first deal was in a year and who stayed at least so many full years."""
    rows = RawSQL(  # noqa: S611 - everything is our own
        f"SELECT s.customer_id FROM {TABLE} s WHERE s.first_deal_date >= %s AND s.first_deal_date < %s"  # noqa: S608
        f" AND least({_POSSIBLE}, {_TOGETHER}) >= %s",
        [date(year, 1, 1), date(year + 1, 1, 1), years],
    )
    return in_scope(access).filter(pk__in=rows)


def read_first_deals(customer_ids: Sequence[int]) -> dict[int, date]:
    """Return the day of the first deal of some customers."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.customer_id, s.first_deal_date FROM {TABLE} s WHERE s.customer_id = ANY(%s)",  # noqa: S608
            [list(customer_ids)],
        )
        return dict(cursor.fetchall())


def list_playbooks() -> list[Playbook]:
    """Return the playbooks in the order of the stages."""
    order = {stage: place for place, stage in enumerate(Customer.Stage.values)}
    return sorted(Playbook.objects.all(), key=lambda row: order[row.stage])


def count_runs(access: Access, codes: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return how many runs of steps with the reader's customers are in each state."""
    rows = _within(access, StepRun.objects.filter(code__in=codes))
    return {(code, state): n for code, state, n in rows.values_list("code", "state").annotate(Count("pk")).order_by()}


def measure_playbook(access: Access, playbook: Playbook, now: datetime) -> tuple[int, int]:
    """Return how many came into a stage early enough to be judged, within the last year, and with how many it went well.

    Well is, within the playbook's days: moved to a stage that its figure names, or did not decline.
    """
    until = now - timedelta(days=playbook.metric_days)
    came = _within(
        access, LabelStay.objects.filter(label="stage", value=playbook.stage, from_at__gte=now - timedelta(days=365))
    ).filter(from_at__lte=until)
    later = LabelStay.objects.filter(
        customer_id=OuterRef("customer_id"),
        label="stage",
        from_at__gt=OuterRef("from_at"),
        from_at__lte=OuterRef("from_at") + timedelta(days=playbook.metric_days),
    )
    if playbook.metric == Playbook.Metric.STAYED:
        good = came.exclude(Exists(later.filter(value__in=("DECLINING", "LOST"))))
    else:
        good = came.filter(Exists(later.filter(value__in=_WELL[playbook.metric])))
    return came.count(), good.count()
