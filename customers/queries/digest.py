"""What a colleague's day holds, counted for many colleagues at once."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, QuerySet

from core import clock
from customers.models import ContactPlan, Lead, Promise, UserSetting, WorkItem
from staff import rights
from staff.models import StaffMember
from staff.queries import list_members_with_right

DIGEST_SETTING = "digest"


Rows = QuerySet[ContactPlan] | QuerySet[Lead] | QuerySet[Promise] | QuerySet[WorkItem]


@dataclass
class DayCounts:
    """What is due by the end of a day, and what came in."""

    promises: int = 0
    contacts: int = 0
    leads: int = 0
    alerts: int = 0

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to say."""
        return not any(asdict(self).values())


def list_digest_readers() -> QuerySet[StaffMember]:
    """Return the active RMs who have not switched the summary off."""
    silent = UserSetting.objects.filter(key=DIGEST_SETTING, value=False).values("user_id")
    return (
        list_members_with_right(rights.CLAIM_CUSTOMERS).exclude(user__in=silent).select_related("user").order_by("pk")
    )


def count_days(member_ids: Sequence[int], *, day: date, now: datetime) -> dict[int, DayCounts]:
    """Return by colleague the promises due, the planned contacts overdue, the new leads and the open alerts.

    One query each, whatever the number of colleagues; what is put off until later does not count.
    """
    end = clock.at(day + timedelta(days=1), 0)
    work = WorkItem.objects.filter(state=WorkItem.State.OPEN, group=WorkItem.Group.RISK).exclude(snoozed_until__gt=now)
    sources: dict[str, tuple[Rows, str]] = {
        "promises": (Promise.objects.filter(state=Promise.State.OPEN, due_at__lt=end), "member_id"),
        "contacts": (
            ContactPlan.objects.filter(state=ContactPlan.State.PLANNED, planned_at__lt=now),
            "member_id",
        ),
        "leads": (Lead.objects.filter(state=Lead.State.NEW), "owner_id"),
        "alerts": (work, "assignee_id"),
    }
    found = {pk: DayCounts() for pk in member_ids}
    for name, (rows, owner) in sources.items():
        for pk, number in _count(rows, owner, member_ids):
            setattr(found[pk], name, number)
    return found


def _count(rows: Rows, owner: str, ids: Sequence[int]) -> Iterable[tuple[int, int]]:
    counted = rows.filter(**{f"{owner}__in": list(ids)}).order_by().values_list(owner).annotate(n=Count("pk"))
    return list(counted)
