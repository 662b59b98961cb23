"""Corrective actions: opened with an owner and a day, closed with what came of them, never forgotten."""

from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.errors import BusinessError, InvalidInput, Text
from core.models import User
from customers.models import CorrectiveAction, ProcessStep, WorkItem
from customers.operations import history
from customers.operations.notices import notify
from staff.models import StaffMember

STEP: Final = "customers.corrective_actions"
STEP_ORDER: Final = 863
_LONGEST: Final = 300
_URGENCY: Final = 45
_LATE_URGENCY: Final = 30
_END_OF_DAY: Final = 18


class ActionInvalid(InvalidInput):
    """What was entered about a corrective action cannot be kept."""

    code = "action_invalid"


class ActionClosed(BusinessError):
    """The action is no longer open."""

    code = "action_closed"
    message = _("This corrective action has been closed already.")


def _key(action_id: int) -> str:
    return f"corrective:{action_id}"


def _url(action: CorrectiveAction) -> str:
    return f"/process/actions/{action.public_id}/"


@transaction.atomic
def open_action(
    *,
    wrong: str,
    remedy: str,
    kpi: str,
    owner_id: int,
    due_date: date,
    actor: User,
    now: datetime,
    step_code: str = "",
    member_id: int | None = None,
) -> CorrectiveAction:
    """Have somebody put right what goes wrong with a step, an RM or both. Raises ActionInvalid."""
    fields: dict[str, list[Text]] = {}
    wrong, remedy = " ".join(wrong.split()), " ".join(remedy.split())
    for name, said in (("wrong", wrong), ("remedy", remedy)):
        if not said or len(said) > _LONGEST:
            fields[name] = [_("Between 1 and 300 characters.")]
    if kpi not in CorrectiveAction.Kpi.values:
        fields["kpi"] = [_("Choose the figure it should move.")]
    if due_date < clock.day_of(now):
        fields["due_date"] = [_("Choose today or a later day.")]
    if step_code and not ProcessStep.objects.filter(code=step_code).exists():
        fields["step_code"] = [_("There is no such step.")]
    if not StaffMember.objects.filter(pk=owner_id, is_active=True).exists():
        fields["owner"] = [_("Choose a colleague who works here.")]
    if fields:
        raise ActionInvalid(fields=fields)
    action = CorrectiveAction.objects.create(
        step_code=step_code,
        member_id=member_id,
        wrong=wrong,
        remedy=remedy,
        kpi=kpi,
        owner_id=owner_id,
        due_date=due_date,
        created_at=now,
        created_by=actor,
    )
    history.raise_work(
        group=WorkItem.Group.DUE,
        kind=STEP,
        reason_code="customers.corrective_open",
        params={"wrong": wrong, "remedy": remedy},
        key=_key(action.pk),
        now=now,
        assignee_id=owner_id,
        urgency=_URGENCY,
        due_at=clock.at(due_date, _END_OF_DAY),
        url=_url(action),
    )
    data = {"owner": owner_id, "step": step_code, "member": member_id, "kpi": kpi, "due": due_date.isoformat()}
    audit.record(actor=actor, action="customers.corrective_opened", target=action, data=data, now=now)
    return action


@transaction.atomic
def close_action(*, action_id: int, is_done: bool, result: str, actor: User, now: datetime) -> CorrectiveAction:
    """Close an action, done or given up, with what came of it. Raises ActionInvalid, ActionClosed."""
    said = " ".join(result.split())
    if not said or len(said) > _LONGEST:
        raise ActionInvalid(fields={"result": [_("Between 1 and 300 characters.")]})
    action = CorrectiveAction.objects.select_for_update(no_key=True).get(pk=action_id)
    if action.state != CorrectiveAction.State.OPEN:
        raise ActionClosed
    action.state = CorrectiveAction.State.DONE if is_done else CorrectiveAction.State.DROPPED
    action.result, action.closed_at, action.closed_by = said, now, actor
    action.save(update_fields=["state", "result", "closed_at", "closed_by"])
    history.end_work_bulk(keys=[_key(action.pk), f"{_key(action.pk)}:late"], now=now, actor=actor)
    audit.record(
        actor=actor, action="customers.corrective_closed", target=action, data={"done": is_done}, reason=said, now=now
    )
    return action


@transaction.atomic
def alarm_overdue(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Raise the alarm about actions whose day has passed, with their owners and who opened them; once an action."""
    rows = list(
        CorrectiveAction.objects.select_for_update(no_key=True, of=("self",))
        .filter(state=CorrectiveAction.State.OPEN, due_date__lte=business_date, alarmed_at__isnull=True)
        .select_related("owner__user", "created_by__staff_member")
        .order_by("pk")
    )
    for action in rows:
        params = {"wrong": action.wrong, "on": action.due_date.isoformat(), "owner": str(action.owner)}
        opener = getattr(action.created_by, "staff_member", None)
        told = {action.owner_id} | ({opener.pk} if opener is not None else set())
        key = f"{_key(action.pk)}:late"
        notify(
            member_ids=told,
            kind="customers.corrective_late",
            text_code="customers.corrective_late",
            params=params,
            key=key,
            now=now,
            url=_url(action),
        )
        if opener is not None and opener.pk != action.owner_id:
            history.raise_work(
                group=WorkItem.Group.DUE,
                kind=STEP,
                reason_code="customers.corrective_late",
                params=params,
                key=key,
                now=now,
                assignee_id=opener.pk,
                urgency=_LATE_URGENCY,
                due_at=clock.at(action.due_date, _END_OF_DAY),
                url=_url(action),
            )
    CorrectiveAction.objects.filter(pk__in=[action.pk for action in rows]).update(alarmed_at=now)
    return len(rows)
