"""Lists whose views people keep: what an address of each selects, and the one menu that all of them share."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from core.errors import NotFound, Refused, Text
from core.registries import Registry
from customers.models import SavedView
from customers.queries.desk import list_audiences, list_saved_views, may_change_view
from staff.queries import Access


@dataclass(frozen=True)
class SavedList:
    """A list with views: `standing` are those that are always there, `select` returns the rows of an address within the
    reader's scope, `clean` what of an address belongs to a view."""

    url_name: str
    right: str
    standing: Callable[[Access], Sequence[tuple[str, Text]]]
    select: Callable[[Access, QueryDict], QuerySet[Any]]
    clean: Callable[[QueryDict], str]

    @property
    def url(self) -> str:
        """The address of the whole list."""
        return reverse(self.url_name)


saved_lists: Registry[SavedList] = Registry("saved_lists")


def access_list(access: Access, entity: str) -> SavedList:
    """Return a list that a member may open. Raises NotFound, Refused."""
    if entity not in saved_lists:
        raise NotFound
    found = saved_lists.get(entity)
    if not access.has(found.right):
        raise Refused
    return found


def keep_fields(names: Collection[str]) -> Callable[[QueryDict], str]:
    """Return what keeps these parameters of an address, and no other."""

    def clean(query: QueryDict) -> str:
        kept = QueryDict(mutable=True)
        for name in names:
            if values := [value for value in query.getlist(name) if value]:
                kept.setlist(name, values)
        return kept.urlencode()

    return clean


def url_of(view: SavedView) -> str:
    """Return the address of a saved view."""
    query = "&".join(filter(None, [view.query, f"saved={view.public_id}"]))
    return f"{saved_lists.get(view.entity).url}?{query}"


def show_views(access: Access, entity: str, query: QueryDict, current: str) -> dict[str, Any]:
    """Return the context of the menu: the standing views, of which one is current, the saved ones and what may be done."""
    found = saved_lists.get(entity)
    rows = list(list_saved_views(access, entity))
    saved = next((view for view in rows if view.public_id == query.get("saved")), None)
    views: list[dict[str, Any]] = [
        {"key": key, "label": label, "url": f"{found.url}?view={key}", "is_current": key == current}
        for key, label in found.standing(access)
    ]
    name = saved.name if saved else next((item["label"] for item in views if item["is_current"]), "")
    views += [
        {
            "key": view.public_id,
            "label": view.name,
            "url": url_of(view),
            "is_current": view == saved,
            "saved": view,
            "owner": view.owner if view.owner_id != access.member_id else None,
        }
        for view in rows
    ]
    kept = found.clean(query)
    return {
        "entity": entity,
        "views": views,
        "view": name,
        "saved": saved,
        "query": kept,
        "is_changed": saved is not None and kept != saved.query,
        "can_change": saved is not None and may_change_view(access, saved),
        "audiences": [SavedView.Audience(code) for code in list_audiences(access)],
    }
