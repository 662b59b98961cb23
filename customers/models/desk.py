"""An RM's desk: saved views, notices, what he has seen, what he can take back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField
from customers.models.customer import Customer


class SavedView(models.Model):
    """A list as somebody left it: filters, columns, order; for himself, his team or all."""

    class Audience(models.TextChoices):
        ME = "ME", _("me")
        TEAM = "TEAM", _("my team")
        ALL = "ALL", _("all")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    entity = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="saved_views")
    audience = models.CharField(_("for"), max_length=4, choices=Audience, default=Audience.ME)
    team = models.ForeignKey("staff.Team", models.PROTECT, null=True, blank=True, related_name="+")
    query = models.TextField(_("conditions"), blank=True, help_text="the query string of the list")
    columns = models.JSONField(default=list)
    is_pinned = models.BooleanField(_("pinned"), default=False)
    place = models.PositiveSmallIntegerField(default=100)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["place", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "entity", "name"], condition=Q(removed_at__isnull=True), name="view_name_once"
            ),
            models.CheckConstraint(condition=~Q(audience="TEAM") | Q(team__isnull=False), name="view_team_named"),
        ]


class Notice(models.Model):
    """Something that happened which a colleague should see; many of one kind and record fold into a digest."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    member = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="notices")
    kind = models.CharField(_("kind"), max_length=40)
    text_code = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="notices")
    url = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(_("time"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    digested_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=120, unique=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(fields=["member", "-id"], name="notice_member"),
            models.Index(fields=["member"], name="notice_unread", condition=Q(read_at__isnull=True)),
        ]


class RecordVisit(models.Model):
    """When somebody last looked at a customer: what is newer is shown as new."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # The visit before this one; within a quarter of an hour it is still the same look.
    previous_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "customer"], name="visit_once")]
        indexes = [models.Index(fields=["member", "-at"], name="visit_member")]


class UserSetting(models.Model):
    """A choice somebody made about his desk: columns of a list, density, the tour taken."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey("core.User", models.PROTECT, related_name="+")
    key = models.CharField(max_length=60)
    value = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="user_setting_once")]


class ReversibleAct(models.Model):
    """An act that its actor can take back: what it was and what it replaced."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    kind = models.CharField(max_length=60)
    actor = models.ForeignKey("core.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    payload = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["actor", "-id"], name="reversible_actor")]
