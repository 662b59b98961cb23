"""Departments, roles, who holds which, and approvals by a second person."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField


class Scope(models.TextChoices):
    """How far a person sees."""

    OWN = "OWN", _("own")
    TEAM = "TEAM", _("team")
    DEPARTMENT = "DEPARTMENT", _("department")
    ALL = "ALL", _("all")


class Department(models.Model):
    """A department or branch; `path` lists the ids from the root down, so that a subtree is one prefix."""

    class Kind(models.TextChoices):
        DATA = "DATA", _("customer data")
        RELATIONSHIP = "RELATIONSHIP", _("customer relationship")
        SERVICE = "SERVICE", _("customer service")
        RISK = "RISK", _("risk management")
        OPERATIONS = "OPERATIONS", _("operations")
        MANAGEMENT = "MANAGEMENT", _("management")

    name = models.CharField(_("name"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    path = models.CharField(_("path"), max_length=120, editable=False, default="", db_index=True)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """A group of people within a department under one lead."""

    name = models.CharField(_("name"), max_length=60)
    department = models.ForeignKey(Department, models.PROTECT, related_name="teams", verbose_name=_("department"))

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [models.UniqueConstraint(fields=["department", "name"], name="team_name_unique")]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of rights and how far they reach; rights are dotted codes such as `lending.review_application`."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    scope = models.CharField(_("data scope"), max_length=12, choices=Scope)
    rights = ArrayField(models.CharField(max_length=60), default=list, verbose_name=_("rights"), blank=True)
    # What a standard role has been given ever: what is not among its rights any more was taken away on purpose.
    offered = ArrayField(models.CharField(max_length=60), default=list, editable=False)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class StaffMember(models.Model):
    """A person of staff: where he works, which roles he holds, how many customers he can look after."""

    user = models.OneToOneField("core.User", models.PROTECT, related_name="staff_member", verbose_name=_("user"))
    department = models.ForeignKey(Department, models.PROTECT, related_name="members", verbose_name=_("department"))
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("team")
    )
    roles = models.ManyToManyField(Role, related_name="holders", verbose_name=_("roles"))
    capacity = models.PositiveIntegerField(_("customers at most"), default=300)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff members")

    def __str__(self) -> str:
        return str(self.user)


class Approval(models.Model):
    """A sensitive act that one person asked for and another one decides (maker-checker)."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("pending")
        APPROVED = "APPROVED", _("approved")
        REJECTED = "REJECTED", _("rejected")

    public_id = PublicIdField()
    kind = models.CharField(_("kind"), max_length=60)
    target_type = models.CharField(_("record type"), max_length=60)
    target_id = models.CharField(_("record"), max_length=40)
    payload = models.JSONField(_("what would change"), default=dict)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    maker = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("asked by"))
    reason = models.CharField(_("reason"), max_length=300)
    asked_at = models.DateTimeField(_("asked at"))
    checker = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision_note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(checker=F("maker")), name="approval_by_another_person"),
            models.CheckConstraint(
                condition=Q(state="PENDING", checker__isnull=True) | Q(~Q(state="PENDING"), checker__isnull=False),
                name="approval_decided_has_checker",
            ),
            models.UniqueConstraint(
                fields=["kind", "target_type", "target_id"], condition=Q(state="PENDING"), name="approval_one_pending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target_id}"
