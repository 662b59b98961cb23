"""Begin steps, notice what proves them, remind of what is due: for some customers at once, and for all each night."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from core import clock
from core.calendar import WorkCalendar
from core.outbox import publish_many
from core.registries import step_beginnings, step_proofs
from customers.events import StepMessageDue
from customers.models import StepRun, WorkItem
from customers.operations import history
from customers.operations.history import TimelineRow, WorkItemRow
from customers.operations.process import statements
from customers.rules.process import set_term

STEP: Final = "customers.process"
# After the business date has moved, before the health of customers is judged.
STEP_ORDER: Final = 862
# Who has become a borrower or investor so long after he began still gets the steps of that role.
_LATEST_BEGINNING: Final = timedelta(days=45)
_A_PARTITION: Final = 20_000
_URGENCY: Final = 75
_END_OF_DAY: Final = 18


def work_key(run_id: int) -> str:
    """Return the key of the one task about a step."""
    return f"process:{run_id}"


def list_partitions(business_date: date) -> Sequence[tuple[int, int]]:
    """Return ranges of customers, each small enough for one transaction."""
    since = clock.at(business_date, 0) - _LATEST_BEGINNING
    with connection.cursor() as cursor:
        cursor.execute(
            statements.PARTITIONS.format(beginnings=_write_beginnings()), {"size": _A_PARTITION, "since": since}
        )
        return [(low, high) for low, high in cursor.fetchall()]


@transaction.atomic
def begin_steps(*, customer_ids: Sequence[int], now: datetime) -> int:
    """Enter the steps that some customers have just begun, and those proved by what is there already; once each."""
    which = statements.OF_IDS, {"ids": sorted(customer_ids)}
    begun = _begin(which, clock.day_of(now), now)
    _ask(which, clock.day_of(now), now)
    _prove(which, now)
    return begun


@transaction.atomic
def prove_steps(*, customer_ids: Sequence[int], now: datetime) -> int:
    """Mark the open steps of some customers as done that what has happened proves; return how many."""
    return _prove((statements.OF_IDS, {"ids": sorted(customer_ids)}), now)


@transaction.atomic
def follow_steps(business_date: date, from_id: int, to_id: int, now: datetime) -> int:
    """Begin, prove and remind for a range of customers after a day has ended; return how many steps changed.

    Run twice it changes nothing.
    """
    which = statements.OF_RANGE, {"low": from_id, "high": to_id}
    dropped = [pk for (pk,) in _run(statements.DROP, which)]
    history.end_work_bulk(keys=[work_key(pk) for pk in dropped], now=now, actor=None, state=WorkItem.State.DROPPED)
    _run(statements.PICK_UP, which)
    today = business_date + timedelta(days=1)
    begun = _begin(which, today, now)
    _ask(which, today, now)
    proved = _prove(which, now)
    return len(dropped) + begun + proved + _raise_due(which, business_date, now)


_Which = tuple[str, dict[str, Any]]


def _run(statement: str, which: _Which, given: Mapping[str, Any] | None = None, **parts: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        # The parts are statements of this house, never what somebody typed.
        cursor.execute(statement.format(which=which[0], **parts), {**which[1], **(given or {})})
        return cursor.fetchall() if cursor.description else []


def _write_beginnings() -> str:
    return " ".join(f"UNION ALL {beginning}" for _key, beginning in step_beginnings.items())


def _begin(which: _Which, today: date, now: datetime) -> int:
    calendar = WorkCalendar()
    runs = []
    for customer_id, rm_id, step_id, code, due, opened, at in _run(
        statements.BEGUN, which, {"since": now - _LATEST_BEGINNING}, beginnings=_write_beginnings()
    ):
        term = set_term(
            clock.day_of(at), today, due_workdays=due, open_workdays=opened, add_workdays=calendar.add_workdays
        )
        runs.append(
            StepRun(
                customer_id=customer_id,
                step_id=step_id,
                code=code,
                member_id=rm_id,
                begun_at=at,
                opens_date=term.opens_date,
                due_date=term.due_date,
            )
        )
    StepRun.objects.bulk_create(runs, batch_size=2000, ignore_conflicts=True)
    return len(runs)


def _ask(which: _Which, today: date, now: datetime) -> None:
    asked = sorted(pk for (pk,) in _run(statements.ASK, which, {"now": now, "today": today}))
    publish_many([StepMessageDue(run_id=pk) for pk in asked], now=now)


def _prove(which: _Which, now: datetime) -> int:
    done = []
    for proof, facts in step_proofs.items():
        done += _run(statements.PROVE, which, {"proof": proof}, facts=facts)
    # Each turn gives one contact to one step of a customer.
    while found := _run(statements.PROVE_BY_CONTACT, which):
        done += found
    history.end_work_bulk(keys=[work_key(row[0]) for row in done], now=now, actor=None)
    history.add_timeline_bulk(
        [
            TimelineRow(
                customer_id=customer_id,
                kind="change",
                text_code="customers.step_done",
                params={"step_name": name},
                at=at,
                key=f"{work_key(pk)}:done",
                actor_id=user_id,
            )
            for pk, customer_id, at, user_id, name in done
        ]
    )
    return len(done)


def _raise_due(which: _Which, business_date: date, now: datetime) -> int:
    until = WorkCalendar().add_workdays(business_date, 1)
    rows = _run(statements.RAISE, which, {"now": now, "until": until, "past": business_date})
    history.raise_work_bulk(
        [
            WorkItemRow(
                group=WorkItem.Group.REVISIT,
                kind=STEP,
                reason_code="customers.step_unsent" if doer == "SYSTEM" else "customers.step_due",
                key=work_key(pk),
                raised_at=now,
                params={"step_name": name, "text": text, "on": due_date.isoformat()},
                customer_id=customer_id,
                assignee_id=rm_id,
                urgency=_URGENCY,
                due_at=clock.at(due_date, _END_OF_DAY),
                url=f"/customers/{public_id}/?tab=journey",
            )
            for pk, customer_id, rm_id, public_id, due_date, name, text, doer in rows
        ]
    )
    return len(rows)
