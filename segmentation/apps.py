"""Django configuration of segmentation."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _shape_standing(**_kwargs: Any) -> None:
    from segmentation.operations.shape import shape_standing

    shape_standing()


class SegmentationConfig(AppConfig):
    """The segmentation app."""

    name = "segmentation"
    verbose_name = _("Segmentation")

    def ready(self) -> None:
        from core.close import register_step
        from core.registries import StandingTable, standing_tables
        from core.seeding import register_seed
        from customers.texts import register_text
        from segmentation import handlers
        from segmentation.operations import attributes, evaluation, labels, undo
        from segmentation.queries.attributes import TABLE
        from segmentation.web import frame

        handlers.register()
        frame.register()
        undo.register()
        post_migrate.connect(_shape_standing, sender=self, dispatch_uid="segmentation.standing")
        standing_tables.register("customers", StandingTable(TABLE))
        register_step(attributes.STEP, attributes.STEP_ORDER, attributes.refresh_range, attributes.list_ranges)
        register_step(evaluation.STEP, evaluation.STEP_ORDER, evaluation.evaluate_all)
        register_seed(80, "segmentation.label_rules", labels.seed_rules)
        labels.register()
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
