"""What a draft of a decision table was before, so that an edit can be taken back."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DraftStep(models.Model):
    """One saved state of a draft; the draft's `step` names the one that it shows."""

    id = models.BigAutoField(primary_key=True)
    table = models.ForeignKey("risk.DecisionTable", models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField(_("step"))
    content = models.JSONField(_("content"))
    cases = models.JSONField(_("test cases"), default=dict)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("made by"))

    class Meta:
        verbose_name = _("step of a draft")
        verbose_name_plural = _("steps of drafts")
        constraints = [models.UniqueConstraint(fields=["table", "number"], name="draft_step_number")]
