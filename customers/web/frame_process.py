"""What the relationship process puts into the frame: navigation, the panel of the journey, sentences."""

from django.utils.translation import gettext_lazy as _

from core.changes import appliers
from core.registries import CustomerPanel, NavigationItem, customer_panels, navigation
from customers.operations import process
from customers.texts import register_text, register_words
from staff import rights
from staff.pages import visible_with

_TEXTS = {
    "customers.step_done": _("Done: %(step_name)s"),
    "customers.step_settled": _("Done: %(step_name)s (%(why)s)"),
    "customers.step_skipped": _("Left out: %(step_name)s (%(why)s)"),
    "customers.step_due": _("%(step_name)s, due on %(on)s: %(text)s"),
    "customers.step_unsent": _("%(step_name)s could not be sent, due on %(on)s: call him instead"),
    "customers.corrective_open": _("%(wrong)s. To be done: %(remedy)s"),
    "customers.corrective_late": _("Corrective action overdue since %(on)s, with %(owner)s: %(wrong)s"),
}
_ACTIONS = {
    "customers.step_settled": _("Step settled by hand"),
    "customers.step_skipped": _("Step left out"),
    "customers.process_step_defined": _("Process step defined"),
    "customers.process_step_changed": _("Process step changed"),
    "customers.corrective_opened": _("Corrective action opened"),
    "customers.corrective_closed": _("Corrective action closed"),
}


def register() -> None:
    """Register all of it."""
    for code, sentence in _TEXTS.items():
        register_text(code, sentence)
    register_words("action", _ACTIONS)
    register_words("notice", {"customers.corrective_late": _("corrective action overdue")})
    appliers.register("customers.processstep", process.apply_process_step)
    navigation.register(
        "process",
        NavigationItem(_("Process"), "customers:process", "progress-check", 28, visible_with(rights.STEER_PROCESS)),
    )
    customer_panels.register("journey", CustomerPanel(_("Welcome journey"), "customers:journey", order=13))
