"""Arranging one's desk: saved views, choices, what one has looked at."""

import re
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, InvalidInput, NotFound, Refused
from core.models import User
from customers.models import ReversibleAct, SavedView, UserSetting
from customers.operations.undo import UndoOvertaken, remember_act
from customers.queries.desk import list_audiences, may_change_view
from staff.queries import Access

VIEW_REMOVED: Final = "customers.view_removed"
# Coming back within a quarter of an hour is still the same look at a record.
_SAME_LOOK: Final = timedelta(minutes=15)
_LONG_NUMBER: Final = re.compile(r"\d{7}")
_BREAKS: Final = re.compile(r"[\s-]")
_LONGEST_NAME: Final = 60
_LONGEST_QUERY: Final = 6_000


class ViewInvalid(InvalidInput):
    """A view that cannot be kept."""

    code = "view_invalid"


class ViewNameTaken(BusinessError):
    """One's own views have names of their own."""

    code = "view_name_taken"
    message = _("You have a view of this name already.")
    next_step = _("Choose another name, or update that view.")


def _without_people(query: str) -> str:
    """Leave the search for one person out of a view: a phone or identity number is not kept in plain text."""
    given = parse_qsl(query, keep_blank_values=True)
    kept = [(name, text) for name, text in given if name != "q" or not _LONG_NUMBER.search(_BREAKS.sub("", text))]
    return query if kept == given else urlencode(kept)


def set_setting(*, user: User, key: str, value: Any) -> None:
    """Keep a choice of somebody."""
    UserSetting.objects.update_or_create(user=user, key=key, defaults={"value": value})


@transaction.atomic
def save_view(
    *, access: Access, entity: str, name: str, query: str, columns: list[str], audience: str, now: datetime
) -> SavedView:
    """Keep a list as it stands under a name. Raises ViewInvalid, ViewNameTaken, Refused for an audience out of reach."""
    query = _without_people(query)
    _check(access, name, query, audience)
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                entity=entity,
                name=name.strip(),
                owner_id=access.member_id,
                audience=audience,
                team_id=access.team_id if audience == SavedView.Audience.TEAM else None,
                query=query,
                columns=columns,
                created_at=now,
            )
    except IntegrityError as error:
        raise ViewNameTaken from error


@transaction.atomic
def change_view(
    *,
    access: Access,
    view_id: int,
    name: str | None = None,
    query: str | None = None,
    columns: list[str] | None = None,
    audience: str | None = None,
    is_pinned: bool | None = None,
) -> SavedView:
    """Change what is given of a view. Raises NotFound, Refused, ViewInvalid, ViewNameTaken."""
    view = _lock(access, view_id)
    view.name = view.name if name is None else name.strip()
    view.query = view.query if query is None else _without_people(query)
    view.columns = view.columns if columns is None else columns
    view.is_pinned = view.is_pinned if is_pinned is None else is_pinned
    if audience is not None and audience != view.audience:
        view.audience = audience
        view.team_id = access.team_id if audience == SavedView.Audience.TEAM else None
        _check(access, view.name, view.query, view.audience)
    else:
        _check(access, view.name, view.query, SavedView.Audience.ME)
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise ViewNameTaken from error
    return view


@transaction.atomic
def remove_view(*, access: Access, view_id: int, actor: User, now: datetime) -> ReversibleAct:
    """Remove a view, so that it can be taken back. Raises NotFound, Refused."""
    view = _lock(access, view_id)
    view.removed_at = now
    view.save(update_fields=["removed_at"])
    return remember_act(kind=VIEW_REMOVED, payload={"view": view.pk}, count=1, actor=actor, now=now)


def restore_view(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Bring a removed view back. Raises UndoOvertaken when its name was given away meanwhile."""
    try:
        with transaction.atomic():
            SavedView.objects.filter(pk=payload["view"]).update(removed_at=None)
    except IntegrityError as error:
        raise UndoOvertaken from error


_VISIT = """
INSERT INTO customers_recordvisit AS v (member_id, customer_id, at, previous_at) VALUES (%(member)s, %(customer)s, %(now)s, NULL)
ON CONFLICT (member_id, customer_id) DO UPDATE
SET at = excluded.at, previous_at = CASE WHEN v.at < %(same)s THEN v.at ELSE v.previous_at END
RETURNING previous_at
"""


def note_visit(*, member_id: int, customer_id: int, now: datetime) -> datetime | None:
    """Keep that somebody looks at a record; return when he looked the time before."""
    with connection.cursor() as cursor:
        cursor.execute(_VISIT, {"member": member_id, "customer": customer_id, "now": now, "same": now - _SAME_LOOK})
        row = cursor.fetchone()
    return row[0] if row else None


def _lock(access: Access, view_id: int) -> SavedView:
    view = SavedView.objects.select_for_update().filter(pk=view_id, removed_at__isnull=True).first()
    if view is None:
        raise NotFound
    if not may_change_view(access, view):
        raise Refused
    return view


def _check(access: Access, name: str, query: str, audience: str) -> None:
    if not name.strip() or len(name.strip()) > _LONGEST_NAME or "\x00" in name:
        raise ViewInvalid(fields={"name": [_("Give it a name of at most 60 characters.")]})
    if len(query) > _LONGEST_QUERY or "\x00" in query:
        raise ViewInvalid(fields={"query": [_("These conditions are too long to be read.")]})
    if audience not in list_audiences(access):
        raise Refused
