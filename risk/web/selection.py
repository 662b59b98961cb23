"""Which alerts an address of their list selects: scope, view and conditions, the same for the page and for the counts."""

from typing import Any, Final

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.errors import Text
from customers.web.saved_views import SavedList, keep_fields, saved_lists
from risk.models import Alert
from risk.queries.alerts import alerts_in_reach
from risk.web.forms import AlertFilter
from staff import rights
from staff.queries import Access

ENTITY: Final = "alerts"
OPEN: Final = "open"
_LIVE: Final = (Alert.State.OPEN, Alert.State.ACKNOWLEDGED)
_LOOKUPS: Final = {
    "state": "state__in",
    "severity": "severity__in",
    "kind": "kind",
    "owner": "owner",
    "raised_from": "raised_at__date__gte",
    "raised_to": "raised_at__date__lte",
}


def select_alerts(access: Access, query: QueryDict) -> tuple[QuerySet[Alert], AlertFilter, str]:
    """Return what an address selects, its form, and which of the standing views it is; closed ones only when asked for."""
    form = AlertFilter(query)
    form.is_valid()
    wanted, rows = form.cleaned_data, alerts_in_reach(access)
    for name, lookup in _LOOKUPS.items():
        if wanted.get(name):
            rows = rows.filter(**{lookup: wanted[name]})
    view = query.get("view", "")
    if view != "all" and not wanted.get("state"):
        rows = rows.filter(state__in=_LIVE)
    if view == "mine" or wanted.get("mine"):
        rows = rows.filter(owner_id=access.member_id)
    return rows, form, view if view in {"mine", "all"} else OPEN


def _list_standing(_access: Access) -> list[tuple[str, Text]]:
    return [(OPEN, _("Open alerts")), ("mine", _("My open alerts")), ("all", _("All alerts in my scope"))]


def _select(access: Access, query: QueryDict) -> QuerySet[Any]:
    return select_alerts(access, query)[0]


def register() -> None:
    """Let views of the list be saved."""
    names = ("view", *AlertFilter.base_fields)
    saved_lists.register(
        ENTITY, SavedList("risk:alerts", rights.VIEW_ALERTS, _list_standing, _select, keep_fields(names))
    )
