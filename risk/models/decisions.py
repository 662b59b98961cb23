"""What was decided about an application, by rule and by people."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField, MoneyField, RateField
from core.ids import PublicIdField


class Outcome(models.TextChoices):
    """What a decision comes to."""

    APPROVE = "APPROVE", _("approve")
    REFER = "REFER", _("refer to a person")
    DECLINE = "DECLINE", _("decline")


class DecisionRecord(models.Model):
    """The automatic decision on one application with everything it saw; never changed, never deleted."""

    id = models.BigAutoField(primary_key=True)
    application = models.OneToOneField(
        "lending.Application", models.PROTECT, related_name="decision_record", verbose_name=_("application")
    )
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="decision_records")
    bureau_report = models.ForeignKey(
        "risk.BureauReport", models.PROTECT, null=True, related_name="decisions", verbose_name=_("bureau report")
    )
    scorecard = models.ForeignKey(
        "risk.Scorecard", models.PROTECT, null=True, related_name="decisions", verbose_name=_("scorecard")
    )
    table = models.ForeignKey(
        "risk.DecisionTable", models.PROTECT, null=True, related_name="decisions", verbose_name=_("decision table")
    )
    # {"facts": what the rules saw, "evidence": the figures behind the ratios, "withheld": what was left out and why,
    # "terms": what the product said then}: the ratios give the income away.
    inputs = EncryptedTextField(_("inputs"))
    score = models.IntegerField(_("score"), null=True)
    base_points = models.IntegerField(_("base points"), null=True)
    # Of default, where the points were estimated from outcomes.
    probability = RateField(_("probability of default"), null=True)
    # What the model beside said; it decided nothing.
    challenger = models.ForeignKey(
        "risk.Challenger", models.PROTECT, null=True, related_name="decisions", verbose_name=_("challenger")
    )
    challenger_score = models.IntegerField(_("challenger's score"), null=True)
    challenger_probability = RateField(_("challenger's probability of default"), null=True)
    # [{factor, bin, points, best_points}], in the scorecard's order; with the base they sum to the score.
    contributions = models.JSONField(_("points by factor"), default=list)
    # [{place, conditions, outcome, reason}] of the table rows that fired, in order.
    fired = models.JSONField(_("rows fired"), default=list)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    grade = models.CharField(_("grade"), max_length=4, blank=True)
    annual_rate = RateField(_("annual rate"), null=True)
    approved_amount = MoneyField(_("approved amount"), null=True)
    reason_codes = models.JSONField(_("reasons"), default=list)
    decided_at = models.DateTimeField(_("decided at"))
    business_date = models.DateField(_("business date"))

    class Meta:
        verbose_name = _("automatic decision")
        verbose_name_plural = _("automatic decisions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(outcome="APPROVE")
                | Q(
                    score__isnull=False,
                    annual_rate__isnull=False,
                    approved_amount__isnull=False,
                    scorecard__isnull=False,
                    table__isnull=False,
                    bureau_report__isnull=False,
                ),
                name="decision_approval_complete",
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="decision_customer"),
            models.Index(fields=["outcome", "-decided_at"], name="decision_outcome"),
            # What drift and performance are counted by.
            models.Index(fields=["scorecard", "business_date"], name="decision_month"),
            models.Index(fields=["business_date", "id"], name="decision_day"),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.outcome}"


class Review(models.Model):
    """A person's proposal on a referred application, and what a second person made of it."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("waits for confirmation")
        CONFIRMED = "CONFIRMED", _("confirmed")
        SENT_BACK = "SENT_BACK", _("sent back")
        VOID = "VOID", _("application withdrawn")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    application = models.ForeignKey(
        "lending.Application", models.PROTECT, related_name="reviews", verbose_name=_("application")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    outcome = models.CharField(
        _("proposal"), max_length=8, choices=[(Outcome.APPROVE, _("approve")), (Outcome.DECLINE, _("decline"))]
    )
    grade = models.CharField(_("grade"), max_length=4, blank=True)
    annual_rate = RateField(_("annual rate"), null=True)
    approved_amount = MoneyField(_("approved amount"), null=True)
    reason_codes = models.JSONField(_("reasons"), default=list)
    note = models.TextField(_("grounds"))
    maker = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))
    checker = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    checked_at = models.DateTimeField(_("decided at"), null=True)
    check_note = models.TextField(_("checker's note"), blank=True)

    class Meta:
        verbose_name = _("manual review")
        verbose_name_plural = _("manual reviews")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(checker=F("maker")), name="review_by_another_person"),
            models.CheckConstraint(
                condition=Q(state__in=["PROPOSED", "VOID"], checker__isnull=True)
                | Q(state__in=["CONFIRMED", "SENT_BACK"], checker__isnull=False),
                name="review_decided_has_checker",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="APPROVE") | (Q(annual_rate__isnull=False, approved_amount__gt=0) & ~Q(grade="")),
                name="review_approval_complete",
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(state__in=["PROPOSED", "CONFIRMED"]), name="review_one_open"
            ),
        ]
