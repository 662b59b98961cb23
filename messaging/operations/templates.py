"""Texts of messages: a change is a new version, so that every sent message keeps its own."""

from datetime import datetime
from string import Formatter
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.changes import ChangeInvalid, write_values
from core.models import User
from messaging.models import Template
from messaging.texts import name_template


@transaction.atomic
def apply_template(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> Template:
    """Put a new version of a text in force; it may use no other places than the present one. Raises ChangeInvalid."""
    present = Template.objects.select_for_update(no_key=True).get(pk=target_id)
    if not present.is_active:
        raise ChangeInvalid(fields={"is_active": [_("Only the version in force can be changed.")]})
    for name, text in values.items():
        if added := _places(text) - _places(present.body) - _places(present.subject):
            raise ChangeInvalid(fields={name: [f"{_('Nothing fills in')}: {', '.join(sorted(added))}"]})
    Template.objects.filter(pk=present.pk).update(is_active=False)
    version = Template(
        code=present.code,
        kind=present.kind,
        channel=present.channel,
        language=present.language,
        version=present.version + 1,
        subject=present.subject,
        body=present.body,
    )
    write_values(version, values, allowed=("subject", "body"))
    audit.record(actor=actor, action="messaging.template_changed", target=version, data=values, now=now)
    return version


def _places(text: str) -> set[str]:
    try:
        return {name for _text, name, _spec, _conversion in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ChangeInvalid(fields={"body": [_("The braces do not match.")]}) from error


def list_titles() -> list[tuple[str, str]]:
    """Return (key, title) of the versions in force that lawyers may be asked about."""
    languages = dict(settings.LANGUAGES)
    return [
        (
            str(row.pk),
            f"{name_template(row)} · {row.get_channel_display()} · {languages.get(row.language, row.language)} v{row.version}",
        )
        for row in Template.objects.filter(is_active=True)
    ]
