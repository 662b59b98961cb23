"""The morning's summary to each RM: one notice, and one mail where an address is known."""

from datetime import date, datetime
from typing import Final

from django.db import transaction

from core import calendar, clock, parameters
from core.models import User
from core.outbox import publish_many
from customers.models import Notice
from customers.operations.notices import notify
from customers.queries.digest import DayCounts, count_days, list_digest_readers
from messaging.events import MessageQueued
from messaging.models import Channel, Message, Template
from messaging.operations.sending import DEFAULT_LANGUAGE
from messaging.rules import rendering

KIND: Final = "customers.digest"
_CODE: Final = "staff-digest"


@transaction.atomic
def send_digests(*, business_date: date, now: datetime) -> int:
    """Send the summary of a working day from its hour on; return to how many.

    Once per colleague and business date by key, however often it runs. Who has nothing due, nothing overdue and
    nothing new, and who has switched it off, is left alone.
    """
    local = now.astimezone(clock.SHANGHAI)
    hour = parameters.get_int("customers.digest_hour", on=business_date)
    if local.hour < hour or not calendar.is_workday(local.date()):
        return 0
    told = Notice.objects.filter(key__startswith=f"{KIND}:{business_date}:").values("member_id")
    waiting = {member.pk: member for member in list_digest_readers().exclude(pk__in=told)}
    counts = {
        pk: found for pk, found in count_days(list(waiting), day=local.date(), now=now).items() if not found.is_empty
    }
    for pk, found in counts.items():
        notify(
            member_ids=[pk],
            kind=KIND,
            text_code=KIND,
            params=vars(found),
            key=f"{KIND}:{business_date}",
            now=now,
            url="/",
        )
    _mail({pk: (waiting[pk].user, found) for pk, found in counts.items()}, business_date, now)
    return len(counts)


def _mail(letters: dict[int, tuple[User, DayCounts]], business_date: date, now: datetime) -> None:
    """Queue one mail for each colleague with an address; a key that is there already queues nothing."""
    templates = {row.language: row for row in Template.objects.filter(code=_CODE, channel=Channel.MAIL, is_active=True)}
    rows = []
    for user, found in letters.values():
        template = templates.get(user.language) or templates.get(DEFAULT_LANGUAGE)
        if template is None or not user.email:
            continue
        rows.append(
            Message(
                template=template,
                channel=Channel.MAIL,
                kind=template.kind,
                address=user.email,
                subject=template.subject,
                text=rendering.fill(template.body, {**vars(found), "on": business_date.isoformat()}),
                dedup_key=f"{_CODE}:{user.pk}:{business_date}",
                reference_type="staff.user",
                reference_id=str(user.pk),
                created_at=now,
                send_after=now,
            )
        )
    keys = [row.dedup_key for row in rows]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    queued = Message.objects.filter(dedup_key__in=keys, state=Message.State.QUEUED).order_by("pk")
    publish_many([MessageQueued(message_id=pk) for pk in queued.values_list("pk", flat=True)], now=now)
