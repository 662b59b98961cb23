"""Which leads an address of their list selects: scope, view and conditions, the same for the page and for the counts."""

from typing import Any, Final

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.errors import Text
from customers.models import Lead
from customers.queries.leads import OPEN_STATES, list_leads
from customers.web.forms_work import LeadFilter
from customers.web.saved_views import SavedList, keep_fields, saved_lists
from staff import rights
from staff.models import Scope
from staff.queries import Access, list_members_in_reach

ENTITY: Final = "leads"
OPEN: Final = "open"


def select_leads(access: Access, query: QueryDict) -> tuple[QuerySet[Lead], LeadFilter, str]:
    """Return what an address selects, its form, and which of the standing views it is."""
    form = LeadFilter(query, owners=list_members_in_reach(access, rights.WORK_LEADS))
    form.is_valid()
    rows: QuerySet[Lead] = list_leads(access, form.cleaned_data)
    view = query.get("view", "")
    if view == "mine":
        return rows.filter(owner_id=access.member_id), form, view
    if view == "all":
        return rows, form, view
    return rows.filter(state__in=OPEN_STATES), form, OPEN


def _list_standing(access: Access) -> list[tuple[str, Text]]:
    views: list[tuple[str, Text]] = [(OPEN, _("Open leads")), ("mine", _("My leads"))]
    return [*views, ("all", _("All leads in my scope"))] if access.scope_of(rights.WORK_LEADS) != Scope.OWN else views


def _select(access: Access, query: QueryDict) -> QuerySet[Any]:
    return select_leads(access, query)[0]


def register() -> None:
    """Let views of the list be saved."""
    names = ("view", *LeadFilter.base_fields, "sort")
    saved_lists.register(
        ENTITY, SavedList("customers:leads", rights.WORK_LEADS, _list_standing, _select, keep_fields(names))
    )
