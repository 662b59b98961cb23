"""Django configuration of messaging."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """The messaging app."""

    name = "messaging"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from core.seeding import register_seed
        from customers.texts import register_text
        from integrations import inbound
        from integrations.inbound import InboundKind
        from messaging import handlers  # noqa: F401 - registers the event handlers
        from messaging.operations import receipts, seed
        from messaging.web import frame

        frame.register()
        inbound.register(InboundKind.SMS, receipts.take_notice)
        register_seed(60, "messaging.templates", seed.ensure_templates)
        register_text("messaging.sent", _("Message sent (%(channel)s): %(template)s"))
        register_text("messaging.replied", _("Replied to a message"))
        register_text("messaging.stopped", _("Refused further marketing messages"))
