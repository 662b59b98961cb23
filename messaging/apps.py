"""Django configuration of messaging."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """The messaging app."""

    name = "messaging"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from core.changes import appliers
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
        register_seed(60, "messaging.templates", seed.ensure_templates)
        register_texts()
