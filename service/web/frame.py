"""What service puts into the frame and onto the pages of loans and customers."""

from django.utils.translation import gettext_lazy as _

from core.registries import CustomerPanel, NavigationItem, customer_panels, loan_panels, navigation
from customers.texts import register_words
from staff import rights
from staff.pages import visible_with

_ACTIONS = {
    "service.case_answered": _("Case answered"),
    "service.case_closed": _("Case closed"),
    "service.case_escalated": _("Case raised to the lead"),
    "service.case_opened": _("Case opened"),
    "service.case_passed": _("Case passed on"),
    "service.case_taken": _("Case taken up"),
}


def register() -> None:
    """Register navigation and panel."""
    navigation.register(
        "collections",
        NavigationItem(_("Collections"), "service:cases", "phone-call", 75, visible_with(rights.COLLECT)),
    )
    navigation.register(
        "cases",
        NavigationItem(_("Cases"), "service:department-cases", "git-merge", 76, visible_with(rights.WORK_CASES)),
    )
    customer_panels.register(
        "cases", CustomerPanel(_("Cases"), "service:customer-cases", order=85, right=rights.WORK_CASES)
    )
    register_words("action", _ACTIONS)
    register_words("notice", {"service.case": _("case of a department")})
    register_words("work", {"service.case": _("Case of a department")})
    loan_panels.register(
        "collections", CustomerPanel(_("Collection case"), "service:loan", order=10, right=rights.COLLECT)
    )
