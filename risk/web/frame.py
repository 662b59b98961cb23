"""What risk puts into the frame, onto the customer page and onto the loan page."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.registries import CustomerPanel, NavigationItem, customer_panels, loan_panels, navigation
from risk.web import selection
from risk.web.helps import register_helps
from staff import rights
from staff.pages import may, visible_with


def register() -> None:
    """Register navigation and panels."""
    navigation.register(
        "applications",
        NavigationItem(
            _("Applications"), "risk:applications", "clipboard-list", 30, visible_with(rights.VIEW_APPLICATIONS)
        ),
    )
    navigation.register(
        "risk", NavigationItem(_("Risk"), "risk:alerts", "shield-half", 70, visible_with(rights.VIEW_ALERTS))
    )
    # Whoever looks after customers and not after alerts sees what is wrong with his own borrowers.
    navigation.register(
        "watch", NavigationItem(_("Early warnings"), "risk:warnings", "shield-half", 70, _watches_his_own)
    )
    # Whoever looks after rules and not after alerts has an entry of his own.
    navigation.register(
        "rules",
        NavigationItem(
            _("Decision tables"),
            "risk:tables",
            "table",
            71,
            lambda user: may(user, rights.VIEW_RULES) and not may(user, rights.VIEW_ALERTS),
        ),
    )
    customer_panels.register("risk", CustomerPanel(_("Risk"), "risk:customer", order=50))
    loan_panels.register("alerts", CustomerPanel(_("Alerts"), "risk:loan", order=20, right=rights.VIEW_LOANS))
    register_helps()
    selection.register()


def _watches_his_own(user: Any) -> bool:
    is_manager = may(user, rights.VIEW_LOANS) and may(user, rights.VIEW_APPLICATIONS)
    return is_manager and not may(user, rights.VIEW_ALERTS)
