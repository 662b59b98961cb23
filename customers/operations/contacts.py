"""What was talked about with a customer, and what was promised or is to be done next."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, Text
from core.ids import public_id
from core.models import User
from customers.models import Customer, WorkItem
from customers.operations import history

CHANNELS: Final[dict[str, Text]] = {
    "CALL": _("call"),
    "WECHAT": _("WeChat"),
    "VISIT": _("visit"),
    "MAIL": _("e-mail"),
}
_PROMISE_URGENCY: Final = 20
_REMINDER_URGENCY: Final = 60


class ContactInvalid(InvalidInput):
    """What was entered about a contact cannot be kept."""

    code = "contact_invalid"


@transaction.atomic
def record_contact(
    *, customer_id: int, channel: str, note: str, promised_at: datetime | None, actor: User, now: datetime
) -> None:
    """Keep a contact on the timeline; a promised next contact becomes a work item of the RM. Raises ContactInvalid."""
    fields: dict[str, list[Text]] = {}
    if channel not in CHANNELS:
        fields["channel"] = [_("Choose how you were in contact.")]
    if promised_at is not None and promised_at <= now:
        fields["promised_at"] = [_("Choose a later moment.")]
    if fields:
        raise ContactInvalid(fields=fields)
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    key = f"contact:{customer_id}:{public_id()}"
    history.add_timeline(
        customer_id=customer_id,
        kind="contact",
        text_code=f"customers.contact.{channel}",
        params={"note": note.strip()},
        at=now,
        key=key,
        actor=actor,
    )
    customer.latest_contact_at = now
    history.end_work(key=_promise_key(customer_id), now=now, actor=actor)
    customer.next_promise_at = promised_at
    customer.save(update_fields=["latest_contact_at", "next_promise_at"])
    if promised_at is not None:
        history.add_timeline(
            customer_id=customer_id,
            kind="promise",
            text_code="customers.contact_promised",
            params={"at": f"{promised_at:%Y-%m-%d %H:%M}"},
            at=now,
            key=f"{key}:promise",
            actor=actor,
        )
        history.raise_work(
            group=WorkItem.Group.PROMISED,
            kind="customers.promise",
            reason_code="customers.promise_due",
            params={"note": note.strip()[:200], "on": f"{now:%Y-%m-%d}"},
            key=_promise_key(customer_id),
            now=now,
            customer_id=customer_id,
            urgency=_PROMISE_URGENCY,
            due_at=promised_at,
            url=f"/customers/{customer.public_id}/",
        )
    audit.record(actor=actor, action="customers.contact_recorded", target=customer, data={"channel": channel}, now=now)


@transaction.atomic
def set_reminder(
    *, customer_id: int, text: str, due_at: datetime, assignee_id: int, actor: User, now: datetime
) -> None:
    """Put a reminder about a customer on somebody's list. Raises ContactInvalid."""
    fields: dict[str, list[Text]] = {}
    if not text.strip():
        fields["text"] = [_("Say what is to be done.")]
    if due_at <= now:
        fields["due_at"] = [_("Choose a later moment.")]
    if fields:
        raise ContactInvalid(fields=fields)
    customer = Customer.objects.get(pk=customer_id)
    history.raise_work(
        group=WorkItem.Group.REVISIT,
        kind="customers.reminder",
        reason_code="customers.reminder",
        params={"text": text.strip()[:200]},
        key=f"customers.reminder:{customer_id}:{public_id()}",
        now=now,
        customer_id=customer_id,
        assignee_id=assignee_id,
        urgency=_REMINDER_URGENCY,
        due_at=due_at,
        url=f"/customers/{customer.public_id}/",
    )
    audit.record(actor=actor, action="customers.reminder_set", target=customer, now=now)


def _promise_key(customer_id: int) -> str:
    return f"customers.promise:{customer_id}"
