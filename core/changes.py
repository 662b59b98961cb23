"""Changes of configuration as data: what would change, checked on the row, written by the app that owns it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, Text
from core.models import User
from core.registries import Registry

M = TypeVar("M", bound=models.Model)
# By model label, what carries an approved change out: `apply(*, target_id, values, actor, now)` returns the row.
appliers: Registry[Callable[..., models.Model]] = Registry("changes")


@dataclass(frozen=True)
class Reviewable:
    """Something that lawyers may be asked about before it goes live; `list_titles()` returns (key, title) of what there is."""

    label: Text
    list_titles: Callable[[], Sequence[tuple[str, str]]]


# What may be held back, by model label, and who holds back: `gate(label, target_id)` raises a BusinessError.
reviewables: Registry[Reviewable] = Registry("reviewables")
live_gates: Registry[Callable[[str, str], None]] = Registry("live_gates")


def check_live(label: str, target_id: str) -> None:
    """Refuse to let something go live that a gate holds back."""
    for _name, gate in live_gates.items():
        gate(label, target_id)


class ChangeInvalid(InvalidInput):
    """The row would not be valid with these values."""

    code = "change_invalid"
    message = _("With these values the record would not be valid.")


def as_json(value: Any) -> Any:
    """Return a form's value as an approval stores it."""
    if isinstance(value, models.QuerySet):
        return sorted(row.pk for row in value)
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, Decimal | str):
        # A form's JSON text is a subclass of str.
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def write_values(row: models.Model, values: Mapping[str, Any], *, allowed: Collection[str]) -> dict[str, Any]:
    """Write the values onto a locked row and return what they replaced. Raises ChangeInvalid."""
    if unknown := set(values) - set(allowed):
        raise ChangeInvalid(fields={name: [str(_("This cannot be changed."))] for name in sorted(unknown)})
    before: dict[str, Any] = {}
    many = {}
    for name, value in values.items():
        field: Any = row._meta.get_field(name)
        if field.many_to_many:
            before[name] = as_json(getattr(row, name).all())
            many[name] = value
        elif field.many_to_one:
            before[name] = getattr(row, field.attname)
            setattr(row, field.attname, value)
        else:
            before[name] = as_json(getattr(row, name))
            setattr(row, name, field.to_python(value))
    try:
        row.full_clean()
    except ValidationError as error:
        raise ChangeInvalid(fields={name: list(texts) for name, texts in error.message_dict.items()}) from error
    row.save()
    for name, ids in many.items():
        getattr(row, name).set(ids)
    return before


def change_row(
    model: type[M],
    target_id: str,
    values: Mapping[str, Any],
    *,
    allowed: Collection[str],
    action: str,
    actor: User,
    now: datetime,
) -> M:
    """Lock a row, write the values onto it, and keep in the audit what they replaced. Raises ChangeInvalid."""
    row = model._default_manager.select_for_update(no_key=True).get(pk=target_id)
    before = write_values(row, values, allowed=allowed)
    audit.record(actor=actor, action=action, target=row, data={"before": before, "after": dict(values)}, now=now)
    return row
