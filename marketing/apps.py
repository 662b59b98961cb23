"""Django configuration of marketing."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketingConfig(AppConfig):
    """The marketing app."""

    name = "marketing"
    verbose_name = _("Marketing")

    def ready(self) -> None:
        from core.changes import appliers
        from core.registries import approvals, gifts, segment_uses, tenure_notes
        from marketing import close, handlers, texts  # noqa: F401 - register the event handlers
        from marketing.operations import offers
        from marketing.queries import invariants
        from marketing.queries.offers import describe_tenure, find_segment_uses
        from marketing.web import frame

        texts.register_texts()
        invariants.register()
        frame.register()
        segment_uses.register("coupons", find_segment_uses)
        tenure_notes.register("coupons", describe_tenure)
        gifts.register("coupons", frame.list_gifts_now)
        approvals.register(offers.APPROVE, offers.decide_offer)
        appliers.register("marketing.couponoffer", offers.apply_offer)
        close.register()
