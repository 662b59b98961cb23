"""Django configuration of customers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core import registries


class CustomersConfig(AppConfig):
    """The customers app."""

    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from core.close import register_step
        from core.seeding import register_seed
        from customers import handlers  # noqa: F401 - registers the event handlers
        from customers.operations import (
            diary,
            duplicates,
            funnel,
            health,
            leads,
            opportunities,
            process,
            retention,
            revisits,
            seed,
            seed_work,
        )
        from customers.operations.ownership import change, recycling
        from customers.operations.process import corrective, running
        from customers.queries import process_proofs, registered, touched
        from customers.queries.indicators import register_indicators
        from customers.queries.warnings import register_warnings
        from customers.texts import register_text
        from customers.web import frame, frame_process, quality, texts_work

        frame.register()
        quality.register()
        register_indicators()
        register_warnings()
        texts_work.register()
        frame_process.register()
        process_proofs.register()
        register_seed(30, "customers.parameters", seed.seed_parameters)
        registries.reversals.register(change.UNDO_KIND, change.undo_change)
        register_step(duplicates.STEP, duplicates.STEP_ORDER, duplicates.find_duplicates)
        register_step(recycling.STEP, recycling.STEP_ORDER, recycling.recycle)
        registries.reversals.register(leads.LIST_UNDO, leads.undo_list)
        registries.reversals.register(opportunities.UNDO_KIND, opportunities.undo_move)
        register_seed(31, "customers.work", seed_work.seed_work)
        register_step("customers.judge_promises", 845, diary.judge_promises)
        register_step(revisits.STEP, revisits.STEP_ORDER, revisits.plan_revisits, revisits.list_partitions)
        register_step(running.STEP, running.STEP_ORDER, process.follow_steps, process.list_partitions)
        register_step(corrective.STEP, corrective.STEP_ORDER, process.alarm_overdue)
        register_step(health.STEP, health.STEP_ORDER, health.judge_health)
        registered.register_attributes()
        touched.register_touches()
        register_step(retention.STEP, retention.STEP_ORDER, retention.erase_expired)
        register_step(funnel.STEP, funnel.STEP_ORDER, funnel.follow_up_stopped)

        for shape, label in {
            "money": _("money"),
            "contact": _("contact"),
            "promise": _("promise"),
            "notice": _("notice"),
            "change": _("change"),
        }.items():
            registries.timeline_kinds.register(shape, registries.TimelineKind(label, shape))
        register_text("customers.registered", _("Registered"))
        register_text("customers.identity_passed", _("Identity confirmed"))
        register_text("customers.identity_failed", _("Identity could not be confirmed"))
        register_text("customers.rm_assigned", _("Relationship manager: %(rm)s"))
        register_text("customers.profile_updated", _("Profile updated"))
        register_text("customers.assessed", _("Risk tolerance assessed: %(tier)s"))
        register_text("customers.card_bound", _("Bank card ending in %(tail)s bound"))
        register_text("customers.card_refused", _("Bank card ending in %(tail)s refused by the bank"))
