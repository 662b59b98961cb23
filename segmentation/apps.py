"""Django configuration of segmentation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentationConfig(AppConfig):
    """The segmentation app."""

    name = "segmentation"
    verbose_name = _("Segmentation")

    def ready(self) -> None:
        from core.seeding import register_seed
        from customers.texts import register_text
        from segmentation import (
            handlers,  # noqa: F401 - registers the event handlers
            operations,
        )

        register_seed(80, "segmentation.label_rules", operations.seed_rules)
        operations.register()
        for code, sentence in _TEXTS.items():
            register_text(code, sentence)


_TEXTS = {
    "customers.stage.POTENTIAL": _("Stage is now potential"),
    "customers.stage.NEW": _("Stage is now new"),
    "customers.stage.ACTIVE": _("Stage is now active"),
    "customers.stage.MATURE": _("Stage is now mature"),
    "customers.stage.LOST": _("Stage is now lost"),
    "customers.value_tier.HIGH": _("Value tier is now high"),
    "customers.value_tier.MIDDLE": _("Value tier is now middle"),
    "customers.value_tier.LOW": _("Value tier is now low"),
    "customers.value_tier.UNKNOWN": _("Value tier is no longer known"),
    "segmentation.stage": _("Stage"),
    "segmentation.value": _("Value tier"),
    "segmentation.stage_reason": _("%(deals)s deals, first %(first)s, last %(last)s"),
    "segmentation.value_reason": _("¥%(borrowed)s borrowed and ¥%(lent)s lent in all"),
}
