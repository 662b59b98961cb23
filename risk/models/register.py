"""The risk register, incidents and drills, and the legal reviews that hold things back."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField

_GRADE = [MinValueValidator(1), MaxValueValidator(5)]


class RiskEntry(models.Model):
    """One risk of the house: how likely, how bad, what is done about it, who looks at it again when."""

    class Category(models.TextChoices):
        CREDIT = "CREDIT", _("credit")
        MARKET = "MARKET", _("market")
        LIQUIDITY = "LIQUIDITY", _("liquidity")
        OPERATION = "OPERATION", _("operation")
        TECHNOLOGY = "TECHNOLOGY", _("technology")
        LEGAL = "LEGAL", _("law and compliance")
        REPUTATION = "REPUTATION", _("reputation")

    class Response(models.TextChoices):
        AVOID = "AVOID", _("avoid")
        REDUCE = "REDUCE", _("reduce")
        TRANSFER = "TRANSFER", _("transfer")
        ACCEPT = "ACCEPT", _("accept")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    title = models.CharField(_("risk"), max_length=120)
    category = models.CharField(_("category"), max_length=10, choices=Category)
    description = models.TextField(_("what may happen"), blank=True)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), validators=_GRADE)
    impact = models.PositiveSmallIntegerField(_("impact"), validators=_GRADE)
    response = models.CharField(_("response"), max_length=8, choices=Response)
    plan = models.TextField(_("what is done"), blank=True)
    owner = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="+", verbose_name=_("owner"))
    review_date = models.DateField(_("look at it again on"))
    review_months = models.PositiveSmallIntegerField(
        _("months between reviews"), default=6, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    is_closed = models.BooleanField(_("closed"), default=False)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("risk")
        verbose_name_plural = _("risks")
        constraints = [
            models.CheckConstraint(
                condition=Q(likelihood__range=(1, 5), impact__range=(1, 5), review_months__range=(1, 24)),
                name="risk_entry_grades",
            )
        ]
        indexes = [models.Index(fields=["review_date"], name="risk_entry_review", condition=Q(is_closed=False))]

    def __str__(self) -> str:
        return self.title

    @property
    def grade(self) -> int:
        """Return likelihood times impact, 1 to 25."""
        return self.likelihood * self.impact


class RiskReview(models.Model):
    """One look at a risk: how it was graded and why; never changed."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(RiskEntry, models.PROTECT, related_name="reviews", verbose_name=_("risk"))
    likelihood = models.PositiveSmallIntegerField(_("likelihood"))
    impact = models.PositiveSmallIntegerField(_("impact"))
    response = models.CharField(_("response"), max_length=8, choices=RiskEntry.Response)
    note = models.TextField(_("why"))
    next_date = models.DateField(_("look at it again on"))
    at = models.DateTimeField(_("time"))
    actor = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("review of a risk")
        verbose_name_plural = _("reviews of risks")
        ordering = ["-id"]


class Incident(models.Model):
    """Something that broke, or a drill of it: when it began, when it was over, what was lost against what may be lost."""

    class Kind(models.TextChoices):
        INCIDENT = "INCIDENT", _("incident")
        DRILL = "DRILL", _("drill")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    title = models.CharField(_("what happened"), max_length=120)
    scenario = models.TextField(_("course"), blank=True)
    began_at = models.DateTimeField(_("began at"))
    noticed_at = models.DateTimeField(_("noticed at"))
    restored_at = models.DateTimeField(_("service restored at"), null=True, blank=True)
    # The newest data that was there again after restoring.
    data_until = models.DateTimeField(_("data restored up to"), null=True, blank=True)
    rto_minutes = models.PositiveIntegerField(_("restored within, minutes (RTO)"))
    rpo_minutes = models.PositiveIntegerField(_("data lost at most, minutes (RPO)"))
    lessons = models.TextField(_("what we learnt"), blank=True)
    owner = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="+", verbose_name=_("owner"))
    is_closed = models.BooleanField(_("closed"), default=False)
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("incident or drill")
        verbose_name_plural = _("incidents and drills")
        ordering = ["-began_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(noticed_at__gte=F("began_at")), name="incident_noticed_after"),
            models.CheckConstraint(
                condition=Q(restored_at__isnull=True) | Q(restored_at__gte=F("began_at")),
                name="incident_restored_after",
            ),
            models.CheckConstraint(
                condition=Q(is_closed=False) | Q(restored_at__isnull=False) & ~Q(lessons=""),
                name="incident_closed_is_measured",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class LegalReview(models.Model):
    """A question to the lawyers about something that must not go live before they have answered."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("waiting")
        CLEARED = "CLEARED", _("no objection")
        OBJECTED = "OBJECTED", _("objected")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    kind = models.CharField(_("kind"), max_length=40)
    target_id = models.CharField(_("record"), max_length=40)
    title = models.CharField(_("what is reviewed"), max_length=160)
    question = models.TextField(_("question"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    asked_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    due_date = models.DateField(_("answer until"))
    opinion = models.TextField(_("opinion"), blank=True)
    reviewer = models.ForeignKey(
        "core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("reviewed by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta:
        verbose_name = _("legal review")
        verbose_name_plural = _("legal reviews")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "target_id"], condition=Q(state="OPEN"), name="legal_review_one_open"
            ),
            models.CheckConstraint(condition=~Q(reviewer=F("asked_by")), name="legal_review_by_another"),
            models.CheckConstraint(
                condition=Q(state="OPEN", reviewer__isnull=True)
                | (~Q(state="OPEN") & Q(reviewer__isnull=False) & ~Q(opinion="")),
                name="legal_review_decided_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["kind", "target_id", "-id"], name="legal_review_target")]

    def __str__(self) -> str:
        return self.title
