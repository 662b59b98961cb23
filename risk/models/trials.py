"""Trials of drafts: on what was decided before, and beside the rules in force."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.ids import PublicIdField


class RuleTrial(models.Model):
    """A draft judged on stored decisions: those of a window, or those made from now on.

    It resumes where it was cut off: `cursor` and the figures are written with each portion.
    """

    class Kind(models.TextChoices):
        PAST = "PAST", _("back-test")
        SHADOW = "SHADOW", _("shadow")

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("finished")
        STOPPED = "STOPPED", _("stopped")

    class Subject(models.TextChoices):
        TABLE = "TABLE", _("decision table")
        SCORECARD = "SCORECARD", _("scorecard")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.RUNNING)
    code = models.SlugField(_("code"))
    subject = models.CharField(_("what is tried"), max_length=10, choices=Subject)
    # Both rules as they were tried; the hashes say whether the drafts are still the same.
    scorecard = models.ForeignKey(
        "risk.Scorecard", models.SET_NULL, null=True, related_name="trials", verbose_name=_("scorecard")
    )
    table = models.ForeignKey(
        "risk.DecisionTable", models.SET_NULL, null=True, related_name="trials", verbose_name=_("decision table")
    )
    scorecard_hash = models.CharField(max_length=64)
    table_hash = models.CharField(max_length=64)
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("to"), null=True)
    asked_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    stop_reason = models.CharField(_("why stopped"), max_length=40, blank=True)
    total = models.PositiveIntegerField(_("decisions"), default=0)
    done = models.PositiveIntegerField(_("judged"), default=0)
    cursor = models.BigIntegerField(default=0)
    # What losses are reckoned from, frozen at the start, and the figures so far.
    basis = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("trial of rules")
        verbose_name_plural = _("trials of rules")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["code", "-id"], name="trial_code"),
            models.Index(fields=["id"], name="trial_running", condition=Q(state="RUNNING")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.code} {self.from_date}"


class TrialChange(models.Model):
    """One decision that the draft would have made otherwise; kept apart from the decisions themselves."""

    id = models.BigAutoField(primary_key=True)
    trial = models.ForeignKey(RuleTrial, models.CASCADE, related_name="changes")
    decision = models.ForeignKey("risk.DecisionRecord", models.PROTECT, related_name="+")
    outcome_before = models.CharField(_("outcome"), max_length=8)
    outcome_after = models.CharField(_("outcome by the draft"), max_length=8)
    grade_before = models.CharField(_("grade"), max_length=4, blank=True)
    grade_after = models.CharField(_("grade by the draft"), max_length=4, blank=True)
    amount_before = MoneyField(_("amount"), default=0)
    amount_after = MoneyField(_("amount by the draft"), default=0)
    score_after = models.IntegerField(_("score by the draft"), null=True)

    class Meta:
        verbose_name = _("changed decision of a trial")
        verbose_name_plural = _("changed decisions of trials")
        constraints = [models.UniqueConstraint(fields=["trial", "decision"], name="trial_change_once")]
        indexes = [
            models.Index(fields=["trial", "-id"], name="trial_change_page"),
            models.Index(fields=["trial", "outcome_before", "outcome_after", "-id"], name="trial_change_kind"),
        ]


class DefaultStudy(models.Model):
    """What the seasoned book had shown on a day: loans and defaults by product, grade and band of the score."""

    business_date = models.DateField(_("business date"), primary_key=True)
    # Lists of product, grade, band, loans, defaults, principal.
    rows = models.JSONField(default=list)
    # {"defaults", "exposure", "recovered"} of defaults whose time to be worked out is over.
    recovery = models.JSONField(default=dict)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("study of defaults")
        verbose_name_plural = _("studies of defaults")
