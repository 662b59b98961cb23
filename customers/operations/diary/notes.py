"""Notes about a customer, what he said about us, and the colleagues named in them."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput
from core.models import User
from customers.models import Customer, Note
from customers.operations import history
from customers.operations.diary.members import member_of
from customers.operations.diary.naming import find_named, tell_named

_LONGEST: Final = 2000


class NoteInvalid(InvalidInput):
    """The note is empty, or names somebody who may not see the customer."""

    code = "note_invalid"


@transaction.atomic
def add_note(
    *,
    customer_id: int,
    text: str,
    actor: User,
    now: datetime,
    kind: str = Note.Kind.NOTE,
    is_pinned: bool = False,
) -> Note:
    """Keep a note or feedback and tell the colleagues it names; all of them must have access to the customer.

    Raises NoteInvalid, Refused.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or kind not in Note.Kind.values:
        raise NoteInvalid(fields={"text": [_("Write at least one word and at most 2000 characters.")]})
    author = member_of(actor)
    customer = Customer.objects.get(pk=customer_id)
    named, faults = find_named(customer, text)
    if faults:
        raise NoteInvalid(fields={"text": faults})
    note = Note.objects.create(
        customer=customer,
        kind=kind,
        text=text,
        mentions=[member.pk for member in named],
        is_pinned=is_pinned,
        author=author,
        at=now,
    )
    history.add_timeline(
        customer_id=customer_id,
        kind="change",
        text_code=f"customers.note.{kind}",
        params={"note": text[:300]},
        at=now,
        key=f"note:{note.pk}",
        actor=actor,
    )
    tell_named(customer, named, text, key=f"note:{note.pk}", author=author, now=now)
    audit.record(
        actor=actor,
        action="customers.note_added",
        target=customer,
        data={"note": note.pk, "kind": kind, "mentions": note.mentions},
        now=now,
    )
    return note


@transaction.atomic
def pin_note(*, note_id: int, is_pinned: bool, actor: User, now: datetime) -> Note:
    """Keep a note at the top of the customer page, or let it go."""
    note = Note.objects.select_for_update(no_key=True).get(pk=note_id)
    note.is_pinned = is_pinned
    note.save(update_fields=["is_pinned"])
    audit.record(actor=actor, action="customers.note_pinned", target=note, data={"pinned": is_pinned}, now=now)
    return note
