"""What is done for customers by class and stage, and each time one of them begins to stay away."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField
from customers.models import Customer, CustomerRole
from segmentation.models.vocabulary import ServiceClass


def _choose(text: str, text_en: str) -> str:
    return text_en if text_en and (get_language() or "").startswith("en") else text


class ServicePackage(models.Model):
    """What customers of one class get: until when we answer, how often we are in touch at least, how much of the RM's
    time they get, what we offer, who does it."""

    service_class = models.CharField(_("service class"), max_length=10, choices=ServiceClass, unique=True)
    answer_hours = models.PositiveSmallIntegerField(_("hours to answer a case"))
    contact_days = models.PositiveSmallIntegerField(_("days between contacts at most"))
    rm_minutes = models.PositiveSmallIntegerField(_("minutes of the RM for a customer in 90 days"), default=10)
    team = models.CharField(_("named team"), max_length=60, blank=True)
    offers = models.CharField(_("offers"), max_length=300, blank=True)
    offers_en = models.CharField(_("offers in English"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("service package")
        verbose_name_plural = _("service packages")
        constraints = [
            models.CheckConstraint(
                condition=Q(answer_hours__gt=0, contact_days__gt=0, rm_minutes__gt=0),
                name="service_package_has_minimum",
                violation_error_message=_("Every class has a minimum: hours, days and minutes are more than 0."),
            )
        ]

    def __str__(self) -> str:
        return str(self.get_service_class_display())

    @property
    def offer_text(self) -> str:
        """The offers in the active language."""
        return _choose(self.offers, self.offers_en)


class Playbook(models.Model):
    """What we want with customers in a stage; its tasks are the process steps that begin with the stage."""

    class Metric(models.TextChoices):
        ACTIVATED = "ACTIVATED", _("first deal after registering")
        MOVED_UP = "MOVED_UP", _("moved to a better stage")
        STAYED = "STAYED", _("still in this stage or a better one")
        RECOVERED = "RECOVERED", _("came back")

    stage = models.CharField(_("stage"), max_length=10, choices=Customer.Stage, unique=True)
    goal = models.CharField(_("goal"), max_length=200)
    goal_en = models.CharField(_("goal in English"), max_length=200, blank=True)
    offers = models.CharField(_("offers"), max_length=300, blank=True)
    offers_en = models.CharField(_("offers in English"), max_length=300, blank=True)
    metric = models.CharField(_("figure of success"), max_length=10, choices=Metric)
    metric_days = models.PositiveSmallIntegerField(_("within so many days"))

    class Meta:
        verbose_name = _("playbook")
        verbose_name_plural = _("playbooks")

    def __str__(self) -> str:
        return str(self.get_stage_display())

    @property
    def goal_text(self) -> str:
        """The goal in the active language."""
        return _choose(self.goal, self.goal_en)

    @property
    def offer_text(self) -> str:
        """The offers in the active language."""
        return _choose(self.offers, self.offers_en)


class Decline(models.Model):
    """One time a customer stayed away in a role: what told so, who was asked to act, and what came of it."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("declining")
        RECOVERED = "RECOVERED", _("came back")
        LOST = "LOST", _("lost")

    class Cause(models.TextChoices):
        DISSATISFIED = "A", _("not satisfied")
        FEW_BENEFITS = "B", _("loyalty brings him little")
        EASY_SWITCH = "C", _("changing costs him little")
        LITTLE_TRUST = "D", _("little trust and attachment")
        POOR_SERVICE = "E", _("service not careful or professional")
        COMPLAINT = "F", _("complaint handled late or badly")
        LITTLE_INFLUENCE = "G", _("we matter little to him")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    # Written many at a time, so that the database does not look after the key; a merge takes the row along.
    customer = models.ForeignKey(Customer, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    role = models.CharField(_("role"), max_length=8, choices=CustomerRole.Role)
    # Empty where he was lost without having been seen to decline.
    began_date = models.DateField(_("began"), null=True)
    points = models.PositiveSmallIntegerField(_("points"), default=0)
    signs = ArrayField(models.CharField(max_length=12), default=list, verbose_name=_("signs"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    ended_date = models.DateField(_("ended"), null=True)
    cause = models.CharField(_("cause"), max_length=1, choices=Cause, blank=True)
    # What the cause was inferred from; empty where a person has chosen it.
    evidence = models.JSONField(default=dict)
    note = models.CharField(_("what he said"), max_length=300, blank=True)
    cause_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("decline")
        verbose_name_plural = _("declines")
        constraints = [
            models.UniqueConstraint(fields=["customer", "role"], condition=Q(state="OPEN"), name="decline_open_once"),
            models.CheckConstraint(
                condition=Q(state="OPEN", ended_date=None) | (~Q(state="OPEN") & Q(ended_date__isnull=False)),
                name="decline_ended_has_date",
            ),
            models.CheckConstraint(
                condition=Q(ended_date=None) | Q(began_date=None) | Q(ended_date__gte=F("began_date")),
                name="decline_ends_after",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="decline_state"),
            models.Index(fields=["customer", "-id"], name="decline_customer"),
            models.Index(fields=["ended_date"], name="decline_ended", condition=Q(ended_date__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.role}"
