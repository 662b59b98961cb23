"""What customers put into the frame around every page."""

from django.utils.translation import gettext_lazy as _

from core.registries import CustomerPanel, NavigationItem, customer_panels, navigation
from customers.texts import register_text, register_words
from customers.web import bulk_acts, frame_desk, frame_ownership, texts_facts
from staff import rights
from staff.pages import visible_with

_CONTACTS = {
    "CALL": _("Talked on the phone"),
    "WECHAT": _("Wrote on WeChat"),
    "VISIT": _("Met in person"),
    "MAIL": _("Wrote by e-mail"),
}

_ACTIONS = {
    "customers.assessed": _("Risk tolerance assessed"),
    "customers.card_checked": _("Bank card checked"),
    "customers.card_unbound": _("Bank card unbound"),
    "customers.consent_given": _("Consent given"),
    "customers.consent_withdrawn": _("Consent withdrawn"),
    "customers.contact_recorded": _("Contact recorded"),
    "customers.identity_checked": _("Identity checked"),
    "customers.preference_set": _("Channels chosen"),
    "customers.profile_updated": _("Profile updated"),
    "customers.registered": _("Registered"),
    "customers.reminder_set": _("Reminder set"),
    "customers.rm_assigned": _("Relationship manager changed"),
    "customers.unmasked.address": _("Address seen in plain text"),
    "customers.unmasked.card": _("Card number seen in plain text"),
    "customers.unmasked.email": _("E-mail address seen in plain text"),
    "customers.unmasked.identity_number": _("Identity number seen in plain text"),
    "customers.unmasked.monthly_income": _("Income seen in plain text"),
    "customers.unmasked.phone": _("Phone number seen in plain text"),
    "ledger.custody_account_asked": _("Account at the custodian bank asked for"),
}


def register() -> None:
    """Register navigation, own panels and sentences."""
    bulk_acts.register()
    frame_desk.register()
    frame_ownership.register()
    texts_facts.register()
    navigation.register(
        "customers",
        NavigationItem(_("Customers"), "customers:list", "users", 20, visible_with(rights.VIEW_CUSTOMERS)),
    )
    customer_panels.register("changes", CustomerPanel(_("Changes"), "customers:changes", order=90))
    for code, sentence in _CONTACTS.items():
        register_text(f"customers.contact.{code}", sentence)
    register_words("action", _ACTIONS)
    register_text("customers.contact_promised", _("Promised the next contact for %(at)s"))
    register_text("customers.promise_due", _("Promised on %(on)s to come back: %(note)s"))
    register_text("customers.reminder", _("Reminder: %(text)s"))
