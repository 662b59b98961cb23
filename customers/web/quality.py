"""What data quality puts into the frame, and how its acts are taken back."""

from django.utils.translation import gettext_lazy as _

from core.registries import NavigationItem, navigation, reversals
from customers.fields import GROUPS
from customers.operations import merging
from customers.texts import register_text, register_words
from staff import rights
from staff.pages import may

REASONS = {
    "IDENTITY": _("same identity number"),
    "PHONE": _("same phone"),
    "CARD": _("same bank card"),
    "NAME": _("same name"),
    "NAME_SOUND": _("names sound the same"),
    "NAME_CLOSE": _("names differ by one letter"),
    "BIRTH_DATE": _("born on the same day"),
    "PHONE_TAIL": _("phones end the same"),
    "REGION": _("identity number from the same region"),
    "OTHER_NAME": _("different names"),
    "OTHER_BIRTH_DATE": _("different birth dates"),
    "OTHER_SEX": _("different sex"),
}
_ACTIONS = {
    "customers.merged": _("Merged with another record"),
    "customers.merge_undone": _("Merge taken back"),
    "customers.pair_dismissed": _("Possible duplicate judged: two people"),
    "customers.taken_in": _("Brought in"),
    "customers.import_uploaded": _("File for import uploaded"),
    "customers.import_started": _("Import started"),
    "customers.import_undone": _("Import taken back"),
    "customers.import_ended": _("Import ended"),
    "customers.row_mended": _("Row in quarantine mended"),
    "customers.row_dropped": _("Row in quarantine dropped"),
    "customers.exported": _("List exported"),
    "customers.fields_erased": _("Fields erased whose retention had ended"),
    "customers.hold_placed": _("Legal hold placed"),
    "customers.hold_lifted": _("Legal hold lifted"),
}


def register() -> None:
    """Register navigation, reversals and sentences."""
    navigation.register(
        "quality", NavigationItem(_("Data quality"), "customers:quality", "database", 25, _works_on_quality)
    )
    reversals.register(merging.MERGED, merging.reverse_merge)
    reversals.register(merging.DISMISSED, merging.reverse_dismissal)
    register_words("action", _ACTIONS)
    register_words("likeness", REASONS)
    register_text("customers.merged", _("Record %(number)s was merged into this one"))
    register_text("customers.fields_erased", _("Erased at the end of retention: %(field_group)s"))
    register_words("field_group", {**GROUPS, "documents": _("documents")})
    register_text("customers.merge_undone", _("Record %(number)s was taken out again"))
    register_text("customers.taken_in", _("Brought in from %(source)s"))
    register_text("customers.exported_much", _("%(name)s exported %(rows)s records on %(on)s"))
    register_text("customers.viewed_much", _("%(name)s opened %(rows)s records on %(on)s"))
    register_text("customers.unmasked_much", _("%(name)s saw %(rows)s values in plain text on %(on)s"))


def _works_on_quality(user: object) -> bool:
    return may(user, rights.MERGE_CUSTOMERS) or may(user, rights.IMPORT_CUSTOMERS)
