"""What marketing puts into the frame and onto the customer page."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import Text
from core.registries import CustomerPanel, NavigationItem, customer_panels, navigation
from marketing.queries.offers import list_gifts
from staff import rights
from staff.pages import visible_with


def list_gifts_now() -> Sequence[tuple[str, Text, str]]:
    """Return the offers that give coupons by themselves at present."""
    return list_gifts(clock.business_date())


def register() -> None:
    """Register the rail's entry and the panel."""
    navigation.register(
        "offers", NavigationItem(_("Coupons"), "marketing:offers", "ticket", 27, visible_with(rights.VIEW_COUPONS))
    )
    customer_panels.register(
        "coupons", CustomerPanel(_("Coupons"), "marketing:customer", order=64, right=rights.VIEW_COUPONS)
    )
