"""Django configuration of service."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ServiceConfig(AppConfig):
    """The service app."""

    name = "service"
    verbose_name = _("Service")

    def ready(self) -> None:
        from core.close import register_step
        from core.seeding import register_seed
        from customers.texts import register_text
        from service import handlers  # noqa: F401 - registers the event handlers
        from service.attributes import register_attributes
        from service.indicators import register_indicators
        from service.operations import contacts, disputes, seed
        from service.operations.intensity import register_measure
        from service.warnings import register_warnings
        from service.web import frame

        frame.register()
        register_indicators()
        register_measure()
        register_warnings()
        register_attributes()
        register_seed(70, "service.contact_limits", seed.seed_contact_limits)
        register_seed(71, "service.case_clock", seed.seed_case_clock)
        register_step(contacts.STEP, contacts.STEP_ORDER, contacts.judge_promises)
        register_step(disputes.STEP, disputes.STEP_ORDER, disputes.remind_of_answers)
        for code, sentence in _TEXTS.items():
            register_text(code, sentence)


_TEXTS = {
    "service.case_opened": _("Case %(number)s went to %(department)s: %(title)s"),
    "service.case_arrived": _("Case %(number)s has come to %(department)s: %(title)s"),
    "service.case_answered": _("Case %(number)s is answered: %(title)s"),
    "service.case_late": _("Case %(number)s is late in %(department)s: %(title)s"),
    "service.dispute_due": _("The dispute %(number)s must be answered by %(day)s: %(title)s"),
    "service.case_waits": _("Case %(number)s waits for your answer: %(title)s"),
    "service.collect_first": _("Loan %(number)s is %(dpd)s days past due, ¥%(amount)s: collect first (%(reason)s)"),
    "service.stage.COLLECT": _("Loan %(number)s is %(dpd)s days past due, ¥%(amount)s: collect"),
    "service.stage.INTENSIVE": _("Loan %(number)s is %(dpd)s days past due, ¥%(amount)s: collect intensively"),
    "service.stage.LEGAL": _("Loan %(number)s is %(dpd)s days past due, ¥%(amount)s: prepare legal steps"),
    "service.contact.REACHED": _("Talked about loan %(number)s"),
    "service.contact.NO_ANSWER": _("No answer about loan %(number)s"),
    "service.contact.REFUSED": _("Refuses to pay loan %(number)s"),
    "service.contact.PROMISED": _("Promised to pay loan %(number)s"),
    "service.contact.DISPUTED": _("Disputes loan %(number)s"),
    "service.promise_taken": _("Promised a payment on loan %(number)s until %(date)s"),
    "service.promise_kept": _("Kept the promise on loan %(number)s: ¥%(paid)s of ¥%(promised)s paid"),
    "service.promise_broken": _("Broke the promise on loan %(number)s: ¥%(paid)s of ¥%(promised)s paid"),
}
