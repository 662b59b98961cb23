"""What service knows about each customer, registered for lists, labels and segments."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.events import name_of
from core.registries import Act, Among, Attribute, acts, register_family, touches
from service.events import CollectionOpened

_SERVICE: Final = _("Service")


def _build_cases(among: Among) -> str:
    # Questions and complaints about a customer that some department still has to answer.
    return f"""
    SELECT d.customer_id, nullif(count(*) FILTER (WHERE d.state <> 'CLOSED'), 0) AS open_cases, count(*) AS cases,
           max(d.opened_at) AS last_case,
           nullif(count(*) FILTER (WHERE d.state <> 'CLOSED' AND d.is_complaint), 0) AS open_complaints
    FROM service_departmentcase d WHERE d.customer_id IS NOT NULL {among("d.customer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_collections(among: Among) -> str:
    return f"""
    SELECT k.customer_id, bool_or(k.state = 'OPEN') AS in_collection, count(*) AS collections
    FROM service_collectioncase k WHERE true {among("k.customer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_case_acts(among: Among) -> str:
    return f"""
    SELECT d.customer_id, (d.opened_at AT TIME ZONE 'Asia/Shanghai')::date AS on_date, NULL::numeric AS amount
    FROM service_departmentcase d WHERE d.customer_id IS NOT NULL {among("d.customer_id")}
    """  # noqa: S608 - everything is our own


_CASES: Final = {
    "open_cases": Attribute(_("Open cases"), "count", "service.cases", _SERVICE, is_listed=True),
    "open_complaints": Attribute(_("Open complaints"), "count", "service.cases", _SERVICE),
    "cases": Attribute(_("Cases ever"), "count", "service.cases", _SERVICE),
    "last_case": Attribute(_("Latest case"), "moment", "service.cases", _SERVICE),
}
_COLLECTIONS: Final = {
    "in_collection": Attribute(_("In collection"), "flag", "service.collections", _("Risk")),
    "collections": Attribute(_("Times in collection"), "count", "service.collections", _("Risk")),
}


def register_attributes() -> None:
    """Register the attributes of this app, what customers do that can be counted, and whom its events touch."""
    register_family("service.cases", _build_cases, _CASES)
    register_family("service.collections", _build_collections, _COLLECTIONS)
    touches.register(name_of(CollectionOpened), lambda events: {event.customer_id for event in events})
    acts.register("case", Act(_("had a case opened"), _build_case_acts))
