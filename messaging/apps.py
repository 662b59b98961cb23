"""Django configuration of messaging."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# A message is proof once the operator has taken it; the receipt, where one comes, may still say that it failed.
_SENT = """
SELECT m.sent_at AS at FROM messaging_message m
WHERE m.dedup_key = 'process:' || o.id AND m.state IN ('SENT', 'DELIVERED')
"""
# That somebody was told, when and by which template stays; where to and in which words goes.
_FORGET_ADDRESSES = "UPDATE messaging_message SET address = '' WHERE customer_id = ANY(%(ids)s) AND address <> ''"
_FORGET_TEXTS = "UPDATE messaging_message SET subject = '', text = '' WHERE customer_id = ANY(%(ids)s) AND text <> ''"


class MessagingConfig(AppConfig):
    """The messaging app."""

    name = "messaging"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from core.changes import Reviewable, appliers, reviewables
        from core.registries import erasures, step_proofs
        from core.seeding import register_seed
        from integrations import inbound
        from integrations.inbound import InboundKind
        from messaging import handlers  # noqa: F401 - registers the event handlers
        from messaging.operations import receipts, seed, templates
        from messaging.texts import register_texts
        from messaging.web import frame

        frame.register()
        inbound.register(InboundKind.SMS, receipts.take_notice)
        appliers.register("messaging.template", templates.apply_template)
        reviewables.register("messaging.template", Reviewable(_("Message template"), templates.list_titles))
        register_seed(60, "messaging.templates", seed.ensure_templates)
        register_texts()
        step_proofs.register("MESSAGE", _SENT)
        erasures.register("messaging.addresses", ("contact", _FORGET_ADDRESSES))
        erasures.register("messaging.texts", ("person", _FORGET_TEXTS))
