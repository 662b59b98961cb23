"""What service puts into the frame and onto the loan page."""

from django.utils.translation import gettext_lazy as _

from core.registries import CustomerPanel, NavigationItem, loan_panels, navigation
from staff import rights
from staff.pages import visible_with


def register() -> None:
    """Register navigation and panel."""
    navigation.register(
        "collections",
        NavigationItem(_("Collections"), "service:cases", "phone-call", 75, visible_with(rights.COLLECT)),
    )
    loan_panels.register(
        "collections", CustomerPanel(_("Collection case"), "service:loan", order=10, right=rights.COLLECT)
    )
