"""What happened with a customer, and what to do next."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.ids import PublicIdField


class TimelineEntry(models.Model):
    """One thing that happened; every app writes here, the customer page reads here."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="timeline")
    at = models.DateTimeField(_("time"))
    kind = models.CharField(_("kind"), max_length=60)
    text_code = models.CharField(_("sentence"), max_length=80)
    params = models.JSONField(default=dict)
    amount = MoneyField(_("amount"), null=True, blank=True)
    url = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    # The source's own key: an entry written twice by a repeated delivery stays one entry.
    key = models.CharField(max_length=120, unique=True)

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        indexes = [models.Index(fields=["customer", "-at", "-id"], name="timeline_customer")]


class WorkItem(models.Model):
    """A thing somebody should do, with the reason in words; it ends done or dropped, never deleted."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        DONE = "DONE", _("done")
        DROPPED = "DROPPED", _("no longer needed")

    class Group(models.TextChoices):
        PROMISED = "PROMISED", _("promised")
        RISK = "RISK", _("risk")
        LEADS = "LEADS", _("new leads")
        DUE = "DUE", _("due and overdue")
        REVISIT = "REVISIT", _("revisits")
        APPROVAL = "APPROVAL", _("approvals")
        CARE = "CARE", _("birthdays")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, blank=True, related_name="work_items")
    group = models.CharField(_("group"), max_length=10, choices=Group)
    kind = models.CharField(_("kind"), max_length=60)
    reason_code = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=200, blank=True)
    urgency = models.PositiveSmallIntegerField(_("urgency"), default=100)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    assignee = models.ForeignKey(
        "staff.StaffMember",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="work_items",
        verbose_name=_("assigned to"),
    )
    right = models.CharField(max_length=60, blank=True, help_text="who may see it when nobody is assigned")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    raised_at = models.DateTimeField(_("raised at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    key = models.CharField(max_length=120)

    class Meta:
        verbose_name = _("work item")
        verbose_name_plural = _("work items")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(state="OPEN"), name="work_item_open_once"),
        ]
        indexes = [
            models.Index(fields=["assignee", "urgency", "due_at"], name="work_item_open", condition=Q(state="OPEN")),
            models.Index(fields=["customer", "-id"], name="work_item_customer"),
        ]


class Health(models.Model):
    """How well a customer is looked after and does, as the last close saw it; who has no row is healthy."""

    customer = models.OneToOneField("customers.Customer", models.CASCADE, primary_key=True, related_name="health")
    score = models.PositiveSmallIntegerField(_("health"))
    # [{"code", "points", "most"}], see customers.rules.health.
    parts = models.JSONField(default=list)
    on_date = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("health of a customer")
        verbose_name_plural = _("health of customers")
        indexes = [models.Index(fields=["score"], name="health_score")]
