"""Sentences, tabs and ways back of profile, relations and documents."""

from django.utils.translation import gettext_lazy as _

from core.changes import appliers
from core.registries import CustomerPanel, customer_panels, reversals
from customers.fields import FIELDS
from customers.models import Document, Relation
from customers.operations import custom_fields, documents, relations
from customers.rules.sources import Source
from customers.texts import register_text, register_words

SOURCES = {
    Source.IDENTITY_CHECK: _("identity check"),
    Source.RM: _("RM"),
    Source.SELF: _("the customer himself"),
    Source.PARTNER: _("partner"),
    Source.SURVEY: _("survey"),
    Source.IMPORT: _("import"),
    Source.WEB: _("web"),
}
_TEXTS = {
    "customers.fact_changed": _("Changed: %(field)s (%(source)s)"),
    "customers.facts_changed": _("%(count)s fields of the profile changed (%(source)s)"),
    "customers.phone_change_asked": _("A new log-in phone was asked for; it waits to be confirmed"),
    "customers.document_uploaded": _("Document added: %(document_kind)s"),
    "customers.relation_added": _("Relation written: %(relation_kind)s"),
    "customers.relation_ended": _("Relation ended: %(relation_kind)s"),
    "customers.household_joined": _("Counted into the household %(household)s"),
    "customers.household_left": _("Counted out of the household %(household)s"),
}
_ACTIONS = {
    "customers.facts_changed": _("Profile changed"),
    "customers.custom_field_defined": _("Custom field defined"),
    "customers.custom_field_changed": _("Custom field changed"),
    "customers.conflict_settled": _("Disagreement of sources settled"),
    "customers.phone_change_asked": _("New log-in phone asked for"),
    "customers.phone_change_dropped": _("New log-in phone given up"),
    "customers.phone_change_confirmed": _("New log-in phone confirmed"),
    "customers.document_uploaded": _("Document added"),
    "customers.document_downloaded": _("Document opened"),
    "customers.document_removed": _("Document removed"),
    "customers.document_put_back": _("Document put back"),
    "customers.relation_added": _("Relation written"),
    "customers.relation_ended": _("Relation ended"),
    "customers.household_joined": _("Counted into a household"),
    "customers.household_left": _("Counted out of a household"),
}


def register() -> None:
    """Register them."""
    customer_panels.register("profile", CustomerPanel(_("Profile"), "customers:profile", order=5))
    customer_panels.register("relations", CustomerPanel(_("Relations"), "customers:relations", order=70))
    customer_panels.register("documents", CustomerPanel(_("Documents"), "customers:documents", order=75))
    for code, sentence in _TEXTS.items():
        register_text(code, sentence)
    register_words("action", _ACTIONS)
    register_words("source", {str(source): word for source, word in SOURCES.items()})
    register_words("field", {name: field.label for name, field in FIELDS.items()})
    register_words("relation_kind", dict(Relation.Kind.choices))
    register_words("document_kind", dict(Document.Kind.choices))
    appliers.register("customers.customfield", custom_fields.apply_custom_field)
    reversals.register(documents.REMOVED, documents.put_document_back)
    reversals.register(relations.ENDED, relations.resume_relation)
