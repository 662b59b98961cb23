"""Taking back what was just done: an act remembers what it replaced, its own app knows how to put that back."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, NotFound
from core.models import User
from core.registries import reversals
from customers.models import ReversibleAct

# The toast shows for ten seconds; who reaches for it late, or reloads, still finds it working.
_REACH: Final = timedelta(minutes=10)


class UndoTooLate(BusinessError):
    """The act was taken back already, or too long ago."""

    code = "undo_too_late"
    message = _("This can no longer be taken back.")
    next_step = _("Change it by hand; the history shows what it was.")


class UndoOvertaken(BusinessError):
    """Somebody has changed the same since."""

    code = "undo_overtaken"
    message = _("Somebody has changed this since; it stays as it is.")
    next_step = _("Look at the history and change it by hand.")


def remember_act(*, kind: str, payload: dict[str, Any], count: int, actor: User, now: datetime) -> ReversibleAct:
    """Keep what an act replaced; its kind must be in the registry of reversals. The payload holds no plain secrets."""
    reversals.get(kind)
    return ReversibleAct.objects.create(
        kind=kind, actor=actor, at=now, until=now + _REACH, payload=payload, count=count
    )


@transaction.atomic
def take_back(*, public_id: str, actor: User, now: datetime) -> ReversibleAct:
    """Take back an act of the same person. Raises NotFound, UndoTooLate and what the kind's reversal raises."""
    act = ReversibleAct.objects.select_for_update().filter(public_id=public_id, actor=actor).first()
    if act is None:
        raise NotFound
    if act.undone_at is not None or act.until < now:
        raise UndoTooLate
    reversals.get(act.kind)(payload=act.payload, actor=actor, now=now)
    act.undone_at = now
    act.save(update_fields=["undone_at"])
    audit.record(
        actor=actor, action="customers.act_taken_back", target=act, data={"kind": act.kind, "count": act.count}, now=now
    )
    return act
