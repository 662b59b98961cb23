"""Define steps of the relationship process and change them: each change is a new version."""

from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.changes import ChangeInvalid, write_values
from core.errors import BusinessError
from core.models import User
from customers.models import ProcessStep

CHANGEABLE: Final = (
    "place",
    "name",
    "name_en",
    "phase",
    "role",
    "begins_with",
    "due_workdays",
    "open_workdays",
    "doer",
    "proof",
    "text",
    "text_en",
    "message_code",
    "is_active",
)
DEFINED: Final = ("code", *(name for name in CHANGEABLE if name != "is_active"))


class StepKnown(BusinessError):
    """The code is taken."""

    code = "step_known"
    message = _("A step with this code is there already.")


@transaction.atomic
def define_process_step(*, code: str, actor: User | None, now: datetime, **values: Any) -> ProcessStep:
    """Define a step that begins with nobody before a second person has approved it. Raises StepKnown, ChangeInvalid."""
    if ProcessStep.objects.filter(code=code).exists():
        raise StepKnown
    row = ProcessStep(code=code, since_at=now, valid_from_at=now)
    try:
        with transaction.atomic():
            write_values(row, values, allowed=DEFINED)
    except IntegrityError as error:
        raise StepKnown from error
    audit.record(actor=actor, action="customers.process_step_defined", target=row, data={"code": code}, now=now)
    return row


@transaction.atomic
def apply_process_step(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> ProcessStep:
    """Carry out an approved change: a new version in force from now on; what has begun keeps its own.

    Only the latest version can be changed. Who began before a step was put in force is left alone. Raises ChangeInvalid.
    """
    present = ProcessStep.objects.select_for_update(no_key=True).get(pk=target_id)
    if ProcessStep.objects.filter(code=present.code, version__gt=present.version).exists():
        raise ChangeInvalid(fields={"version": [_("Only the latest version can be changed.")]})
    since = present.since_at if present.is_active else now
    if present.version == 1 and not present.is_active:
        # It has never been in force: nobody's run could refer to what it was.
        version = present
        version.since_at = version.valid_from_at = since
    else:
        copied = {name: getattr(present, name) for name in CHANGEABLE}
        ProcessStep.objects.filter(pk=present.pk).update(is_active=False, valid_until_at=now)
        version = ProcessStep(
            code=present.code, version=present.version + 1, since_at=since, valid_from_at=now, **copied
        )
    before = write_values(version, values, allowed=CHANGEABLE)
    audit.record(
        actor=actor,
        action="customers.process_step_changed",
        target=version,
        data={"before": before, "after": dict(values)},
        now=now,
    )
    return version
