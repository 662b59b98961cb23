"""The nightly step that watches the books of leavers (C7.2)."""

from datetime import date, datetime

from django.db import transaction

from core import audit, parameters
from core.outbox import system_user
from customers.models import LeaverWatch, WorkItem
from customers.operations import history
from customers.operations.notices import notify
from customers.operations.ownership.watching import record_watch
from risk.queries.leavers import LeaverFigures, read_leaver_figures
from risk.rules.leavers import LeaverLimits, judge_leaver
from staff import rights
from staff.queries import list_members_with_right

STEP = "risk.watch_leavers"
STEP_ORDER = 745
_URGENCY = 5


@transaction.atomic
def watch_leavers(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Compare each watched book with the usual and raise the alarm once; return how many were compared."""
    watches = list(
        LeaverWatch.objects.filter(from_date__lte=business_date, until_date__gte=business_date)
        .select_related("handover__giver__user", "handover__actor__staff_member")
        .order_by("pk")
    )
    if not watches:
        return 0
    limits = LeaverLimits(
        factor=parameters.get_decimal("risk.leaver_factor", on=business_date),
        min_outflow=parameters.get_decimal("risk.leaver_min_outflow", on=business_date),
        min_exits=parameters.get_int("risk.leaver_min_exits", on=business_date),
    )
    for watch in watches:
        figures = read_leaver_figures(watch, business_date)
        unusual = judge_leaver(figures.outflow, figures.usual_outflow, figures.exits, figures.usual_exits, limits)
        is_new = bool(unusual) and watch.alarmed_at is None
        record_watch(
            watch_id=watch.pk,
            usual_outflow=figures.usual_outflow,
            outflow=figures.outflow,
            exits=figures.exits,
            alarmed_at=now if is_new else watch.alarmed_at,
        )
        if is_new:
            _alarm(watch, figures, unusual, now)
    return len(watches)


def _alarm(watch: LeaverWatch, figures: LeaverFigures, unusual: tuple[str, ...], now: datetime) -> None:
    handover = watch.handover
    params = {
        "name": str(handover.giver),
        "outflow": str(figures.outflow),
        "usual": str(figures.usual_outflow),
        "exits": figures.exits,
    }
    own = getattr(handover.actor, "staff_member", None)
    page = f"/handovers/{handover.public_id}/"
    for assignee_id, right, url in ((own.pk if own else None, "", page), (None, rights.HANDLE_ALERTS, "")):
        if assignee_id is None and not right:
            continue
        history.raise_work(
            group=WorkItem.Group.RISK,
            kind="risk.leaver",
            reason_code="risk.leaver_alarm",
            params=params,
            key=f"risk.leaver:{watch.pk}:{right or 'lead'}",
            now=now,
            assignee_id=assignee_id,
            right=right,
            urgency=_URGENCY,
            url=url,
        )
    members = set(list_members_with_right(rights.HANDLE_ALERTS).values_list("pk", flat=True))
    notify(
        member_ids=members | ({own.pk} if own else set()),
        kind="risk.leaver",
        text_code="risk.leaver_alarm",
        params=params,
        key=f"risk.leaver:{watch.pk}",
        now=now,
        url=page,
    )
    data = {**params, "unusual": list(unusual)}
    audit.record(actor=system_user(), action="risk.leaver_alarm", target=handover, data=data, now=now)
