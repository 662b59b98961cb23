"""What customers put into the frame around every page."""

from django.utils.translation import gettext_lazy as _

from core.registries import CustomerPanel, NavigationItem, customer_panels, navigation
from customers.texts import register_text
from staff import rights
from staff.pages import visible_with

_CONTACTS = {
    "CALL": _("Talked on the phone"),
    "WECHAT": _("Wrote on WeChat"),
    "VISIT": _("Met in person"),
    "MAIL": _("Wrote by e-mail"),
}


def register() -> None:
    """Register navigation, own panels and sentences."""
    navigation.register(
        "customers",
        NavigationItem(_("Customers"), "customers:list", "users", 20, visible_with(rights.VIEW_CUSTOMERS)),
    )
    customer_panels.register("changes", CustomerPanel(_("Changes"), "customers:changes", order=90))
    for code, sentence in _CONTACTS.items():
        register_text(f"customers.contact.{code}", sentence)
    register_text("customers.contact_promised", _("Promised the next contact for %(at)s"))
    register_text("customers.promise_due", _("Promised on %(on)s to come back: %(note)s"))
    register_text("customers.reminder", _("Reminder: %(text)s"))
