"""Early warnings: patterns that are looked for every night, and whom they fitted."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WarningRule(models.Model):
    """One registered pattern with its numbers, and how much it weighs."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    pattern = models.CharField(_("pattern"), max_length=40)
    values = models.JSONField(
        _("numbers"), default=dict, blank=True, help_text=_("whole numbers by name; what is missing is as shipped")
    )
    points = models.PositiveSmallIntegerField(_("points"), validators=[MinValueValidator(1), MaxValueValidator(100)])
    horizon_days = models.PositiveSmallIntegerField(
        _("days until judged"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text=_("trouble within so many days proves the warning right"),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("early warning rule")
        verbose_name_plural = _("early warning rules")
        ordering = ["-points", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(points__range=(1, 100), horizon_days__range=(1, 730)), name="warning_rule_numbers"
            )
        ]

    def __str__(self) -> str:
        return self.name


class WarningSignal(models.Model):
    """A pattern fitted a loan or a borrower: since when, with which figures, and what came of it."""

    class Outcome(models.TextChoices):
        HIT = "HIT", _("trouble came")
        MISS = "MISS", _("no trouble came")

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(WarningRule, models.PROTECT, related_name="signals", verbose_name=_("rule"))
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="warning_signals", verbose_name=_("customer")
    )
    loan = models.ForeignKey(
        "lending.Loan", models.PROTECT, null=True, related_name="warning_signals", verbose_name=_("loan")
    )
    figures = models.JSONField(_("figures"), default=dict)
    points = models.PositiveSmallIntegerField(_("points"))
    raised_date = models.DateField(_("raised on"))
    raised_at = models.DateTimeField(_("raised at"))
    ended_date = models.DateField(_("over since"), null=True)
    judge_date = models.DateField(_("judged on"))
    outcome = models.CharField(_("what came of it"), max_length=4, choices=Outcome, blank=True)
    outcome_date = models.DateField(_("known since"), null=True)

    class Meta:
        verbose_name = _("early warning")
        verbose_name_plural = _("early warnings")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "loan"], condition=Q(ended_date__isnull=True), name="warning_live_once_a_loan"
            ),
            models.UniqueConstraint(
                fields=["rule", "customer"],
                condition=Q(ended_date__isnull=True, loan__isnull=True),
                name="warning_live_once_a_customer",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", outcome_date__isnull=True) | (~Q(outcome="") & Q(outcome_date__isnull=False)),
                name="warning_outcome_dated",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="warning_customer"),
            models.Index(fields=["loan", "-id"], name="warning_loan", condition=Q(loan__isnull=False)),
            models.Index(fields=["judge_date"], name="warning_unjudged", condition=Q(outcome="")),
        ]
