"""Fields that an administrator adds to the customer record."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.changes import ChangeInvalid, write_values
from core.errors import BusinessError, InvalidInput
from core.models import User
from customers.fields import FIELDS
from customers.models import CustomField

# Code and type stay: values that are stored already would turn into something else.
CHANGEABLE: Final = ("label", "label_en", "choices", "place", "is_active")
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,29}")


class InvalidCustomField(InvalidInput):
    """The field cannot be one."""

    code = "invalid_custom_field"


class CustomFieldKnown(BusinessError):
    """The code is taken."""

    code = "custom_field_known"
    message = _("A custom field with this code is there already.")


@transaction.atomic
def define_custom_field(
    *,
    code: str,
    label: str,
    label_en: str,
    type: str,
    choices: Sequence[str],
    place: int,
    actor: User | None,
    now: datetime,
) -> CustomField:
    """Define a field; nobody sees it before a second person has approved that it becomes active.

    Raises InvalidCustomField, CustomFieldKnown.
    """
    cleaned = list(dict.fromkeys(choice.strip() for choice in choices if choice.strip()))
    if not _CODE.fullmatch(code):
        raise InvalidCustomField(fields={"code": [_("Small letters, digits, hyphens and underscores only.")]})
    if not label.strip():
        raise InvalidCustomField(fields={"label": [_("This is needed.")]})
    if (type == CustomField.Type.CHOICE) != bool(cleaned):
        raise InvalidCustomField(fields={"choices": [_("A choice needs choices, and nothing else has any.")]})
    if code in FIELDS:
        raise CustomFieldKnown
    try:
        with transaction.atomic():
            row = CustomField.objects.create(
                code=code,
                label=label.strip(),
                label_en=label_en.strip(),
                type=type,
                choices=cleaned,
                place=place,
                is_active=False,
            )
    except IntegrityError as error:
        raise CustomFieldKnown from error
    audit.record(
        actor=actor, action="customers.custom_field_defined", target=row, data={"code": code, "type": type}, now=now
    )
    return row


@transaction.atomic
def apply_custom_field(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> CustomField:
    """Carry out an approved change; stored values stay, also those that are no choice any more. Raises ChangeInvalid."""
    row = CustomField.objects.select_for_update(no_key=True).get(pk=target_id)
    if "choices" in values and row.type == CustomField.Type.CHOICE and not values["choices"]:
        raise ChangeInvalid(fields={"choices": [_("A choice needs choices, and nothing else has any.")]})
    before = write_values(row, values, allowed=CHANGEABLE)
    audit.record(
        actor=actor,
        action="customers.custom_field_changed",
        target=row,
        data={"before": before, "after": values},
        now=now,
    )
    return row
