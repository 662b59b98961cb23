"""What the desk puts into the frame: the bell, the tour, sentences of notices and reports."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.registries import frame_items
from customers.queries.desk import count_unread, read_setting
from customers.texts import register_text, register_words
from customers.web import selection, selection_leads
from staff.queries import get_access

TOUR = "tour"
MOST_SHOWN = 100


def register() -> None:
    """Register them."""
    frame_items.register("notices", _notices)
    frame_items.register("tour", _tour)
    selection.register()
    selection_leads.register()
    register_text("customers.problem_reported", _("%(by)s reports a problem on %(page)s: %(text)s"))
    register_text("customers.contacts_planned", _("%(by)s planned %(count)s contacts for you: %(purpose)s"))
    register_text(
        "customers.digest",
        _(
            "Today: %(promises)s promises due, %(contacts)s planned contacts overdue, %(leads)s new leads, %(alerts)s open alerts"
        ),
    )
    register_words(
        "notice",
        {
            "customers.digest": _("summary of the day"),
            "customers.contacts_planned": _("contacts planned for you"),
            "customers.mention": _("mention"),
            "customers.lead": _("lead for you"),
            "customers.received": _("customer given to you"),
            "customers.given_away": _("customer given to a colleague"),
            "customers.collaborator": _("asked to help"),
        },
    )
    register_words(
        "action",
        {
            "customers.act_taken_back": _("Taken back"),
            "customers.field_set_for_many": _("Field set for many customers"),
            "customers.tasks_raised_for_many": _("Task added for many customers"),
            "customers.problem_reported": _("Problem reported"),
            "customers.contacts_planned_for_many": _("Contact planned with many customers"),
        },
    )


def _notices(user: Any) -> dict[str, Any]:
    access = get_access(user)
    if access is None:
        return {}
    return {"count": count_unread(access, MOST_SHOWN), "url": reverse("customers:notices")}


def _tour(user: Any) -> bool:
    """Tell whether somebody has still to be shown around."""
    return get_access(user) is not None and not read_setting(user, TOUR)
