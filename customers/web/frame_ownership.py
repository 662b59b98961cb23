"""What owners, pools and handovers put into the frame, and their sentences."""

from django.utils.translation import gettext_lazy as _

from core.changes import appliers
from core.registries import CustomerPanel, NavigationItem, customer_panels, navigation
from customers.operations.ownership import configuring
from customers.texts import register_text, register_words
from staff import rights
from staff.pages import may, visible_with

_TEXTS = {
    "customers.put_into_pool": _("Given into the public pool %(pool)s"),
    "customers.recycled": _("Taken back into the public pool %(pool)s"),
    "customers.owner_change_undone": _("The change of relationship manager was taken back"),
    "customers.collaborator_added": _("%(name)s works on this customer too"),
    "customers.collaborator_removed": _("%(name)s no longer works on this customer"),
    "customers.collaborator_notice": _("You are a collaborator of customer %(customer)s"),
    "customers.protected": _("Protected from the public pool"),
    "customers.protection_lifted": _("No longer protected from the public pool"),
    "customers.recycle_warning": _("Goes back into the public pool %(pool)s on %(on)s unless somebody makes contact"),
    "customers.received": _("Customers that are yours now: %(count)s"),
    "customers.given_away": _("Customers of yours that have another relationship manager now: %(count)s"),
    "customers.went_into_pool": _("Customers of yours that went into the public pool: %(count)s"),
    "customers.taken_back": _("Customers that went back to whom they belonged before: %(count)s"),
}
_ACTIONS = {
    "customers.ownership_configured": _("Pool or assignment rule configured"),
    "customers.backup_set": _("Backup changed"),
    "customers.collaborator_removed": _("Collaborator removed"),
    "customers.collaborator_set": _("Collaborator set"),
    "customers.conflict_checked": _("Checked who looks after somebody"),
    "customers.export_reviewed": _("Export reviewed"),
    "customers.handed_over": _("Book handed over"),
    "customers.owner_change_undone": _("Change of relationship manager taken back"),
    "customers.pool_viewed": _("Looked at in the public pool"),
    "customers.protected": _("Protected from the public pool"),
    "customers.protection_lifted": _("Protection lifted"),
}


def register() -> None:
    """Register navigation, the tab and the sentences."""
    navigation.register(
        "pools",
        NavigationItem(
            _("Public pool"),
            "customers:pools",
            "inbox",
            24,
            lambda user: may(user, rights.CLAIM_CUSTOMERS) or may(user, rights.ASSIGN_CUSTOMERS),
        ),
    )
    navigation.register(
        "handovers",
        NavigationItem(
            _("Handovers"), "customers:handovers", "arrows-exchange", 26, visible_with(rights.ASSIGN_CUSTOMERS)
        ),
    )
    appliers.register("customers.pool", configuring.apply_pool)
    appliers.register("customers.assignmentrule", configuring.apply_rule)
    customer_panels.register("team", CustomerPanel(_("Team"), "customers:team", order=80))
    for code, sentence in _TEXTS.items():
        register_text(code, sentence)
    register_words("action", _ACTIONS)
