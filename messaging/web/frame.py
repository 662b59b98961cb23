"""What messaging puts into the frame and onto the customer page."""

from django.utils.translation import gettext_lazy as _

from core.registries import CustomerPanel, NavigationItem, customer_panels, navigation
from staff import rights
from staff.pages import visible_with


def register() -> None:
    """Register navigation and panel."""
    navigation.register(
        "messages", NavigationItem(_("Messages"), "messaging:list", "message", 60, visible_with(rights.VIEW_MESSAGES))
    )
    customer_panels.register(
        "messages", CustomerPanel(_("Messages"), "messaging:customer", order=40, right=rights.VIEW_MESSAGES)
    )
