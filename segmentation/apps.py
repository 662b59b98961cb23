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
        from core.changes import appliers
        from core.close import register_step
        from core.registries import StandingTable, contact_limits, marketing_bars, standing_tables, step_beginnings
        from core.seeding import register_seed
        from customers.texts import register_text, register_words
        from segmentation import handlers
        from segmentation.models.vocabulary import Sign
        from segmentation.operations import attributes, configuring, evaluation, labels, recommend, seed, undo
        from segmentation.operations.touched import register_labeller
        from segmentation.queries import facts, needs, non_customers, told
        from segmentation.queries.attributes import TABLE
        from segmentation.queries.clusters import register_drift
        from segmentation.queries.labels import STAGE_MOVES, YEARS_TOGETHER
        from segmentation.queries.service import CONTACT_LIMITS
        from segmentation.web import frame

        facts.register()
        told.register()
        needs.register_attributes()
        register_drift()
        handlers.register()
        register_labeller(labels.STEP, labels.relabel_customers)
        frame.register()
        undo.register()
        post_migrate.connect(_shape_standing, sender=self, dispatch_uid="segmentation.standing")
        standing_tables.register("customers", StandingTable(TABLE))
        register_step(attributes.STEP, attributes.STEP_ORDER, attributes.refresh_range, attributes.list_ranges)
        register_step(labels.STEP, labels.STEP_ORDER, labels.label_range, attributes.list_ranges)
        register_step(evaluation.STEP, evaluation.STEP_ORDER, evaluation.evaluate_all)
        register_seed(80, "segmentation.labels", seed.seed_labels)
        register_seed(81, "segmentation.recommendation", recommend.seed_parameters)
        step_beginnings.register("segmentation.stages", STAGE_MOVES)
        step_beginnings.register("segmentation.years", YEARS_TOGETHER)
        contact_limits.register("segmentation.service", CONTACT_LIMITS)
        marketing_bars.register(non_customers.CODE, non_customers.BAR)
        appliers.register("segmentation.labelrule", configuring.apply_label_rule)
        appliers.register("segmentation.servicepackage", configuring.apply_package)
        appliers.register("segmentation.playbook", configuring.apply_playbook)
        for code, sentence in _TEXTS.items():
            register_text(code, sentence)
        register_words("sign", dict(Sign.choices))


_TEXTS = {
    "customers.stage.POTENTIAL": _("Stage is now potential"),
    "customers.stage.NEW": _("Stage is now new"),
    "customers.stage.ACTIVE": _("Stage is now active"),
    "customers.stage.MATURE": _("Stage is now mature"),
    "customers.stage.DECLINING": _("Stage is now declining"),
    "customers.stage.LOST": _("Stage is now lost"),
    "customers.value_tier.HIGH": _("Value tier is now high"),
    "customers.value_tier.MIDDLE": _("Value tier is now middle"),
    "customers.value_tier.LOW": _("Value tier is now low"),
    "customers.value_tier.UNKNOWN": _("Value tier is no longer known"),
    "segmentation.stage": _("Stage"),
    "segmentation.value": _("Value tier"),
    "segmentation.stage_reason": _("%(deals)s deals, first %(first)s, last %(last)s"),
    "segmentation.value_reason": _("¥%(volume)s in %(deals)s deals, weighted ¥%(weighted)s"),
    "segmentation.no_deals": _("No deal yet"),
    "segmentation.declines": _(
        "Begins to stay away (%(role)s): %(sign)s; %(count)s signs in all. Be in touch before he is lost."
    ),
}
