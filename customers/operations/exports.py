"""Lists that leave the house: counted, limited, marked, and watched together with what is looked at."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from core import audit, clock, parameters
from core.errors import BusinessError
from core.ids import business_number
from core.models import AuditEntry, User
from customers.models import Export, RecordVisit, WorkItem
from customers.operations import history
from staff import rights
from staff.queries import access_right

_GROUP: Final = "RISK"


class ExportLimitReached(BusinessError):
    """The day's limit would be passed."""

    code = "export_limit_reached"
    status = 429
    message = _("You may export %(limit)s records a day; %(left)s are left today, this list has %(count)s.")
    next_step = _("Narrow the list, or come back tomorrow.")


@transaction.atomic
def start_export(*, actor: User, columns: Sequence[str], filters: dict[str, Any], count: int, now: datetime) -> Export:
    """Note that somebody takes a masked list out and give it its watermark. Raises Refused, ExportLimitReached."""
    access_right(actor, rights.EXPORT_CUSTOMERS)
    day = now.astimezone(clock.SHANGHAI).date()
    with connection.cursor() as cursor:
        # Two exports at once count one after the other.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"export:{actor.pk}"])
    taken = _count_exported(actor.pk, day)
    limit = parameters.get_int("customers.export_records_a_day", on=day)
    if taken + count > limit:
        raise ExportLimitReached(limit=limit, left=max(limit - taken, 0), count=count)
    export = Export.objects.create(
        actor=actor,
        filters=filters,
        columns=list(columns),
        count=count,
        watermark=business_number("X", day).replace("-", ""),
        at=now,
    )
    audit.record(
        actor=actor,
        action="customers.exported",
        target=export,
        data={"rows": count, "columns": list(columns), "watermark": export.watermark},
        now=now,
        is_sensitive_read=True,
    )
    if taken + count > parameters.get_int("customers.export_alarm_records", on=day):
        _alarm(actor, "customers.exported_much", taken + count, day, now)
    return export


def _count_exported(user_id: int, day: date) -> int:
    rows = Export.objects.filter(
        actor_id=user_id, at__gte=clock.at(day, 0), at__lt=clock.at(day + timedelta(days=1), 0)
    )
    return int(rows.aggregate(total=Sum("count"))["total"] or 0)


@transaction.atomic
def watch_reading(*, now: datetime) -> int:
    """Alarm the data department about everybody who today opened or unmasked more than is usual; returns how many."""
    day = now.astimezone(clock.SHANGHAI).date()
    since = clock.at(day, 0)
    opened = (
        RecordVisit.objects.filter(at__gte=since)
        .values_list("member__user_id")
        .annotate(n=Count("pk"))
        .filter(n__gt=parameters.get_int("customers.view_alarm_records", on=day))
    )
    unmasked = (
        AuditEntry.objects.filter(at__gte=since, action__startswith="customers.unmasked.", actor__isnull=False)
        .values_list("actor_id")
        .annotate(n=Count("pk"))
        .filter(n__gt=parameters.get_int("customers.unmask_alarm_values", on=day))
    )
    found = [("customers.viewed_much", *row) for row in opened] + [
        ("customers.unmasked_much", *row) for row in unmasked
    ]
    people = User.objects.in_bulk([user_id for _code, user_id, _n in found])
    for code, user_id, n in found:
        _alarm(people[user_id], code, n, day, now)
    return len(found)


def _alarm(person: User, code: str, count: int, day: date, now: datetime) -> None:
    """Raise one work item a day, person and kind for those who look after the data; one dealt with does not come back."""
    key = f"{code}:{person.pk}:{day}"
    if WorkItem.objects.filter(key=key).exists():
        return
    history.raise_work(
        group=_GROUP,
        kind=code,
        reason_code=code,
        params={"name": str(person), "rows": count, "on": day.isoformat()},
        key=key,
        now=now,
        right=rights.MERGE_CUSTOMERS,
        urgency=20,
        url="/quality/",
    )
