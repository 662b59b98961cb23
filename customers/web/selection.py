"""Which customers an address selects: scope, view, search and conditions, in one place for list, bulk acts and files."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from core import clock
from core.errors import Text
from core.filtering import Filter, compile_group, fault_sentence
from core.rules.conditions import (
    Condition,
    ConditionsInvalid,
    Field,
    Group,
    Type,
    change,
    check_all,
    list_conditions,
    parse,
    say,
    write,
)
from core.web.reading import read_number
from customers.models import Customer, CustomField
from customers.queries.filters import RECORD, SIMPLE, fields_of, list_custom_fields, list_filters, read_simple
from customers.queries.staff import in_scope, search_condition
from customers.web.saved_views import SavedList, saved_lists
from staff import rights
from staff.models import Scope
from staff.queries import Access

ENTITY = "customers"
# What an address of the list may hold beside the simple conditions.
KEPT = ("view", "q", "where", "sort", "columns", "saved")
_LONGEST_SEARCH = 60


@dataclass(frozen=True)
class Selection:
    """A readable address: `error` says why its conditions could not be taken; they then narrow to nothing."""

    access: Access
    rows: QuerySet[Customer]
    group: Group
    filters: dict[str, Filter]
    custom: list[CustomField]
    view: str
    text: str
    error: str = ""

    @property
    def is_estimable(self) -> bool:
        """Tell whether the planner knows the frequency of everything that narrows the rows."""
        known = {Type.CHOICE, Type.YES_NO, Type.DATE, Type.MOMENT, Type.NUMBER}
        return all(
            condition.field in RECORD and self.filters[condition.field].field.type in known
            for condition in list_conditions(self.group)
        )

    @property
    def is_narrow(self) -> bool:
        """Tell whether these are perhaps few of all customers: somebody's own, a department's, or what conditions leave."""
        is_whole = self.view == "all" and self.access.scope_of(rights.VIEW_CUSTOMERS) == Scope.ALL
        return bool(self.text or self.group.parts or not is_whole)

    @property
    def fields(self) -> dict[str, Field]:
        """The fields that conditions may name."""
        return fields_of(self.filters)


def select(access: Access, query: QueryDict) -> Selection:
    """Return what an address selects within the reader's scope."""
    custom = list_custom_fields()
    group, error = read_group(query)
    named = {condition.field for condition in list_conditions(group)}
    filters = list_filters(access, named, custom)
    rows, view = narrow_to_view(access, in_scope(access), query.get("view", ""))
    text = query.get("q", "").strip().replace("\x00", "")[:_LONGEST_SEARCH]
    if text:
        rows = rows.filter(search_condition(text))
    if not error:
        try:
            rows = rows.filter(compile_group(group, filters, clock.now()))
        except ConditionsInvalid as fault:
            error = fault_sentence(fault)
    if error:
        rows = rows.none()
    return Selection(access, rows, group, filters, custom, view, text, error)


def read_group(query: QueryDict) -> tuple[Group, str]:
    """Return the conditions of an address, simple parameters first, and what is wrong with them."""
    simple = read_simple({key: query.getlist(key) for key in SIMPLE if key in query})
    try:
        given = parse(query.get("where", ""))
        return parse(";".join(filter(None, [write(simple), write(given)]))), ""
    except ConditionsInvalid as fault:
        return simple, fault_sentence(fault)


def narrow_to_view(access: Access, rows: QuerySet[Customer], asked: str) -> tuple[QuerySet[Customer], str]:
    """Return the rows of me, team or all, as far as the scope reaches, and which of them it is.

    The scope of one's own lets in those of others with whom one works too.
    """
    if access.scope_of(rights.VIEW_CUSTOMERS) == Scope.OWN:
        return rows, "me"
    if asked == "me":
        return rows.filter(mine(access)), "me"
    if asked == "team" and access.team_id:
        return rows.filter(rm__team_id=access.team_id), "team"
    return rows, "all"


def mine(access: Access) -> Q:
    """Return the filter for one's own customers and those one stands in for."""
    return Q(rm_id=access.member_id) | Q(backup_rm_id=access.member_id)


def canonical(query: QueryDict, group: Group, **others: str) -> str:
    """Return the query string with all conditions in `where`, without a place in the list."""
    clean = QueryDict(mutable=True)
    for key in KEPT:
        value = others.get(key, query.get(key, ""))
        if key == "where":
            value = write(group)
        if value:
            clean[key] = value
    # Commas, colons and brackets are what makes an address readable; they need no escape in it.
    return clean.urlencode(safe=":,;()/")


def edit(query: QueryDict, fields: dict[str, Field]) -> Group:
    """Return the conditions after the edit that `path`, `field`, `op` and `value` ask for. Raises ConditionsInvalid.

    `drop=1` takes the part away; `any=1` puts a new condition into an or-group of its own.
    """
    group = read_group(query)[0]
    places = map(read_number, query.get("path", "").split("."))
    path = [place for place in places if place is not None] or [len(group.parts)]
    if query.get("drop"):
        return change(group, path, None)
    values = tuple(value.strip() for value in query.getlist("value") if value.strip())
    text = f"{query.get('field', '')}:{query.get('op', '')}"
    read = next(list_conditions(parse(text)))
    part: Condition | Group = Condition(read.field, read.operator, values)
    check_all(Group((part,)), fields)
    return change(group, path, Group((part,), is_any=True) if query.get("any") else part)


def chips(group: Group, fields: dict[str, Field], words: dict[str, str], path: str = "") -> list[dict[str, Any]]:
    """Return conditions and groups for the template: their path, their words, the parts of a group."""
    found: list[dict[str, Any]] = []
    for place, part in enumerate(group.parts):
        here = f"{path}.{place}" if path else str(place)
        if isinstance(part, Group):
            inner = chips(part, fields, words, here)
            joint = words["or" if part.is_any else "and"].strip()
            after = f"{here}.{len(part.parts)}"
            found.append({"parts": inner, "joint": joint, "next": after, "next_id": after.replace(".", "-")})
        else:
            found.append({"path": here, "id": here.replace(".", "-"), "text": say(part, fields, words)})
    return found


def clean(query: QueryDict) -> str:
    """Return what of an address belongs to a view; nothing of one whose conditions cannot be read."""
    group, error = read_group(query)
    return canonical(query, group, saved="") if not error else ""


def _list_standing(access: Access) -> list[tuple[str, Text]]:
    """Return me / team / all, as far as the scope reaches."""
    views: list[tuple[str, Text]] = [("me", _("My customers"))]
    if access.scope_of(rights.VIEW_CUSTOMERS) != Scope.OWN:
        if access.team_id:
            views.append(("team", _("My team's customers")))
        views.append(("all", _("All customers in my scope")))
    return views


def _select_rows(access: Access, query: QueryDict) -> QuerySet[Customer]:
    return select(access, query).rows


def register() -> None:
    """Let views of the list be saved."""
    saved_lists.register(
        ENTITY, SavedList("customers:list", rights.VIEW_CUSTOMERS, _list_standing, _select_rows, clean)
    )
