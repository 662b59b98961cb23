"""What lending puts into the frame and onto the customer page."""

from django.utils.translation import gettext_lazy as _

from core.registries import CustomerPanel, NavigationItem, customer_panels, navigation
from lending.queries.attributes import register_attributes
from lending.queries.touched import register_touches
from staff import rights
from staff.pages import visible_with


def register() -> None:
    """Register navigation, panels and the attributes that lists show."""
    register_attributes()
    register_touches()
    visible = visible_with(rights.VIEW_LOANS)
    navigation.register("listings", NavigationItem(_("Listings"), "lending:listings", "stack-2", 40, visible))
    navigation.register("loans", NavigationItem(_("Loans"), "lending:loans", "cash", 50, visible))
    customer_panels.register(
        "loans", CustomerPanel(_("Borrowing"), "lending:customer-loans", order=10, right=rights.VIEW_LOANS)
    )
    customer_panels.register(
        "investments", CustomerPanel(_("Investing"), "lending:customer-shares", order=20, right=rights.VIEW_LOANS)
    )
    customer_panels.register(
        "money", CustomerPanel(_("Money"), "lending:customer-money", order=30, right=rights.VIEW_LOANS)
    )
