"""Borrowers looked at again at intervals: when each is due, and what each look came to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.ids import PublicIdField
from risk.rules.reassessment import Change


class AssessmentPlan(models.Model):
    """When somebody who owes us money is assessed again: the grade he has, since when, and why the last try failed."""

    id = models.BigAutoField(primary_key=True)
    customer = models.OneToOneField(
        "customers.Customer", models.PROTECT, related_name="assessment_plan", verbose_name=_("borrower")
    )
    # The newest loan: its product says which rules judge him.
    loan = models.ForeignKey("lending.Loan", models.PROTECT, related_name="+", verbose_name=_("loan"))
    grade = models.CharField(_("grade"), max_length=4, blank=True)
    score = models.IntegerField(_("score"), null=True)
    assessed_date = models.DateField(_("assessed on"))
    due_date = models.DateField(_("to be assessed again on"))
    failure_code = models.CharField(_("why it could not be done"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("plan of assessment")
        verbose_name_plural = _("plans of assessment")
        indexes = [models.Index(fields=["due_date", "id"], name="assessment_due")]

    def __str__(self) -> str:
        return f"{self.customer} {self.due_date}"


class Reassessment(models.Model):
    """One periodic assessment of a borrower with everything it saw; never changed, never deleted."""

    class Movement(models.TextChoices):
        BETTER = Change.BETTER.value, _("better")
        SAME = Change.SAME.value, _("unchanged")
        WORSE = Change.WORSE.value, _("worse")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="reassessments", verbose_name=_("borrower")
    )
    scorecard = models.ForeignKey(
        "risk.Scorecard", models.PROTECT, related_name="reassessments", verbose_name=_("scorecard")
    )
    table = models.ForeignKey(
        "risk.DecisionTable", models.PROTECT, related_name="reassessments", verbose_name=_("decision table")
    )
    # {"facts": what the rules saw, "evidence": the figures behind the ratios}.
    inputs = EncryptedTextField(_("inputs"))
    # Of the decision whose report of the bureau was used.
    facts_date = models.DateField(_("credit report of"))
    grade_before = models.CharField(_("grade before"), max_length=4, blank=True)
    score_before = models.IntegerField(_("score before"), null=True)
    grade = models.CharField(_("grade"), max_length=4)
    score = models.IntegerField(_("score"))
    movement = models.CharField(_("movement"), max_length=6, choices=Movement)
    reason_codes = models.JSONField(_("reasons"), default=list)
    assessed_at = models.DateTimeField(_("assessed at"))
    business_date = models.DateField(_("business date"))
    next_date = models.DateField(_("to be assessed again on"))

    class Meta:
        verbose_name = _("periodic assessment")
        verbose_name_plural = _("periodic assessments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "business_date"], name="reassessment_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(next_date__gt=models.F("business_date")), name="reassessment_goes_on"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="reassessment_customer"),
            models.Index(fields=["movement", "-id"], name="reassessment_movement"),
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.business_date}"
