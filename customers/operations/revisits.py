"""Plan the revisits of every RM for his next working days; a step of the nightly close."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from core import clock, parameters
from core.calendar import WorkCalendar
from customers.models import ContactPlan, RevisitRule
from customers.queries.revisits import (
    Candidate,
    list_candidates,
    list_member_ranges,
    list_taken,
    read_habits,
    read_usual_habits,
)
from customers.rules.revisits import Basis, Slot, Wish, list_hours, place_visits, rank_slots

STEP: Final = "customers.plan_revisits"
# After the business date has moved: what is planned is the new day and those after it.
STEP_ORDER: Final = 855
_DAYS: Final = 5


def list_partitions(business_date: date) -> Sequence[tuple[int, int]]:
    """Return ranges of colleagues, each small enough for one transaction."""
    return list_member_ranges(size=25)


@transaction.atomic
def plan_revisits(business_date: date, from_id: int, to_id: int, now: datetime) -> int:
    """Plan the contacts that are due by rule with the customers of some RMs; return how many.

    Whoever has a plan or a promised contact ahead is left alone. Run twice it changes nothing: a customer has one open
    plan by rule.
    """
    if not RevisitRule.objects.filter(is_active=True).exists():
        return 0
    days = _next_workdays(business_date, _DAYS)
    a_day = parameters.get_int("customers.revisits_a_day", on=business_date)
    candidates = list_candidates(from_id, to_id, due_until=days[-1], limit=a_day * _DAYS)
    if not candidates:
        return 0
    habits = read_habits([row.customer_id for row in candidates])
    usual = read_usual_habits(from_id, to_id, now - timedelta(days=180))
    taken = list_taken(from_id, to_id, days)
    by_member: dict[int, list[Candidate]] = {}
    for row in candidates:
        by_member.setdefault(row.member_id, []).append(row)
    plans: list[ContactPlan] = []
    for member_id, rows in sorted(by_member.items()):
        plans += _plan_book(member_id, rows, days, taken.get(member_id, {}), habits, usual, a_day, business_date, now)
    ContactPlan.objects.bulk_create(plans, ignore_conflicts=True)
    return len(plans)


def _next_workdays(business_date: date, count: int) -> list[date]:
    calendar = WorkCalendar()
    days = [calendar.add_workdays(business_date, 1)]
    while len(days) < count:
        days.append(calendar.add_workdays(days[-1], 1))
    return days


def _plan_book(
    member_id: int,
    rows: list[Candidate],
    days: list[date],
    taken: dict[datetime, int],
    habits: dict[int, dict[Slot, tuple[int, int]]],
    usual: dict[Slot, tuple[int, int]],
    a_day: int,
    business_date: date,
    now: datetime,
) -> list[ContactPlan]:
    ranked = {
        row.customer_id: rank_slots(
            habits.get(row.customer_id, {}), usual, list_hours(row.quiet_from_hour, row.quiet_to_hour)
        )
        for row in rows
    }
    wishes = [
        Wish(
            row.customer_id,
            (business_date - row.due_date).days,
            tuple(slot for slot, _share, _basis in ranked[row.customer_id]),
        )
        for row in rows
    ]
    placed = place_visits(wishes, days, taken, a_day_at_most=a_day)
    plans = []
    for row in rows:
        if row.customer_id not in placed:
            continue
        (weekday, hour), share, basis = ranked[row.customer_id][0]
        plans.append(
            ContactPlan(
                customer_id=row.customer_id,
                member_id=member_id,
                channel=row.channel,
                purpose=row.purpose,
                planned_at=placed[row.customer_id].replace(tzinfo=clock.SHANGHAI),
                is_by_rule=True,
                reason={
                    "code": "customers.revisit_due" if row.latest_contact_at else "customers.revisit_first",
                    "rule": row.rule_id,
                    "value_tier": row.value_tier,
                    "stage": row.stage,
                    "interval": row.interval_days,
                    "since": (business_date - row.base_date).days,
                    "weekday": f"D{weekday}",
                    "hours": f"{hour}–{hour + 1}",
                    "share": f"{share:.2f}",
                    "basis": Basis(basis).value,
                },
                created_at=now,
            )
        )
    return plans
