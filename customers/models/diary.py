"""What an RM plans, does, notes and promises."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField
from customers.models.customer import Customer
from customers.models.facts import Document
from customers.models.leads import Lead


class Contact(models.Model):
    """A contact that took place: how, where, with what result."""

    class Channel(models.TextChoices):
        CALL = "CALL", _("call")
        WECHAT = "WECHAT", _("WeChat")
        VISIT = "VISIT", _("visit")
        MAIL = "MAIL", _("e-mail")

    class Result(models.TextChoices):
        REACHED = "REACHED", _("reached")
        NOT_REACHED = "NOT_REACHED", _("not reached")
        CALL_BACK = "CALL_BACK", _("wants to be called back")
        NOT_INTERESTED = "NOT_INTERESTED", _("not interested")
        DEAL = "DEAL", _("wants a deal")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="contacts")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="contacts")
    channel = models.CharField(_("how"), max_length=6, choices=Channel)
    result = models.CharField(_("result"), max_length=14, choices=Result, default=Result.REACHED)
    note = models.TextField(_("what was said"), blank=True)
    place = models.CharField(_("place"), max_length=120, blank=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    photo = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    at = models.DateTimeField(_("time"))
    member = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="contacts")

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | Q(lead__isnull=False), name="contact_with_somebody"
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-at"], name="contact_customer"),
            models.Index(fields=["member", "-at"], name="contact_member"),
        ]


class ContactPlan(models.Model):
    """A contact that is planned; carrying it out turns it into a contact."""

    class State(models.TextChoices):
        PLANNED = "PLANNED", _("planned")
        DONE = "DONE", _("done")
        DROPPED = "DROPPED", _("dropped")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="contact_plans")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="contact_plans")
    member = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="contact_plans")
    channel = models.CharField(_("how"), max_length=6, choices=Contact.Channel)
    purpose = models.CharField(_("what for"), max_length=200)
    planned_at = models.DateTimeField(_("planned for"))
    # Made by the revisit planner for a tier and stage, not by hand.
    is_by_rule = models.BooleanField(default=False)
    reason = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.PLANNED)
    contact = models.OneToOneField(Contact, models.PROTECT, null=True, blank=True, related_name="plan")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("planned contact")
        verbose_name_plural = _("planned contacts")
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | Q(lead__isnull=False), name="plan_for_somebody"
            ),
            models.CheckConstraint(condition=~Q(state="DONE") | Q(contact__isnull=False), name="plan_done_has_contact"),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state="PLANNED", is_by_rule=True), name="plan_one_by_rule"
            ),
        ]
        indexes = [
            models.Index(fields=["member", "planned_at"], name="plan_open", condition=Q(state="PLANNED")),
            models.Index(fields=["customer", "-id"], name="plan_customer"),
        ]


class Note(models.Model):
    """A note of staff about a customer, or what he said about us; colleagues may be mentioned."""

    class Kind(models.TextChoices):
        NOTE = "NOTE", _("note")
        FEEDBACK = "FEEDBACK", _("feedback")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="notes")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.NOTE)
    text = models.TextField(_("note"))
    mentions = ArrayField(models.BigIntegerField(), default=list)
    is_pinned = models.BooleanField(_("pinned"), default=False)
    author = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="notes")
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes = [models.Index(fields=["customer", "-id"], name="note_customer")]


class Promise(models.Model):
    """What we promised a customer: what, by whom, until when, kept or not."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        KEPT = "KEPT", _("kept")
        BROKEN = "BROKEN", _("not kept")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="promises")
    text = models.CharField(_("what was promised"), max_length=200)
    due_at = models.DateTimeField(_("until"))
    member = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="promises")
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.OPEN)
    made_at = models.DateTimeField(_("promised at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    is_late = models.BooleanField(_("late"), default=False)
    # The promise is to be in touch again: the next contact keeps it.
    is_contact = models.BooleanField(_("next contact"), default=False)

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at__isnull=True) | (~Q(state="OPEN") & Q(closed_at__isnull=False)),
                name="promise_closed_has_time",
            )
        ]
        indexes = [
            models.Index(fields=["member", "due_at"], name="customer_promise_open", condition=Q(state="OPEN")),
            models.Index(fields=["customer", "-id"], name="promise_customer"),
        ]


class RevisitRule(models.Model):
    """How often and by which channel a tier in a stage is contacted; empty fits all, the first that fits decides."""

    place = models.PositiveSmallIntegerField(_("place"), default=100)
    value_tier = models.CharField(_("value tier"), max_length=8, choices=Customer.ValueTier, blank=True)
    stage = models.CharField(_("stage"), max_length=10, choices=Customer.Stage, blank=True)
    interval_days = models.PositiveSmallIntegerField(_("every so many days"))
    channel = models.CharField(_("how"), max_length=6, choices=Contact.Channel)
    purpose = models.CharField(_("what for"), max_length=200)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("revisit rule")
        verbose_name_plural = _("revisit rules")
        ordering = ["place", "id"]
        constraints = [models.CheckConstraint(condition=Q(interval_days__gt=0), name="revisit_rule_has_days")]
