"""Segments, their versions, their members and how many there were."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField


class Segment(models.Model):
    """A named choice of customers: by rule, kept up to date, or as a list that people fill."""

    class Kind(models.TextChoices):
        DYNAMIC = "DYNAMIC", _("by rule")
        STATIC = "STATIC", _("list")

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("in use")
        ARCHIVED = "ARCHIVED", _("archived")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    name = models.CharField(_("name"), max_length=60)
    description = models.CharField(_("what for"), max_length=300, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.DYNAMIC)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ACTIVE)
    # The rule in force, of `version`; empty for a list. See segmentation.rules.segments.
    rule = models.JSONField(_("rule"), default=dict)
    version = models.PositiveIntegerField(_("version"), default=1)
    # The segments that the rule names.
    uses = ArrayField(models.BigIntegerField(), default=list, editable=False)
    member_count = models.PositiveIntegerField(_("members"), default=0)
    evaluated_at = models.DateTimeField(_("evaluated at"), null=True)
    # Why the rule in force could not be followed, such as a fact that no app tells any more; members stay as they were.
    fault = models.CharField(_("fault"), max_length=200, blank=True)
    evaluated_version = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("created by"))

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(state="ACTIVE"), name="segment_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentVersion(models.Model):
    """A segment's rule as somebody left it; never changed."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField(_("version"))
    rule = models.JSONField(_("rule"), default=dict)
    note = models.CharField(_("what changed"), max_length=200, blank=True)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("made by"))

    class Meta:
        verbose_name = _("version of a segment")
        verbose_name_plural = _("versions of segments")
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["segment", "version"], name="segment_version_once")]

    def __str__(self) -> str:
        return f"v{self.version}"


class Membership(models.Model):
    """One stay of a customer in a segment; who comes again has another row."""

    id = models.BigAutoField(primary_key=True)
    # Written a hundred thousand at a time from both tables; no index but those below.
    segment = models.ForeignKey(
        Segment, models.PROTECT, related_name="memberships", db_constraint=False, db_index=False
    )
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="memberships", db_constraint=False, db_index=False
    )
    entered_at = models.DateTimeField(_("entered at"))
    left_at = models.DateTimeField(_("left at"), null=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["segment", "customer"], condition=Q(left_at=None), name="membership_open"),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=models.F("entered_at")), name="membership_left_after"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="membership_customer"),
            models.Index(fields=["segment", "left_at"], name="membership_left", condition=Q(left_at__isnull=False)),
        ]


class SegmentDay(models.Model):
    """How many members a segment had at the end of its evaluation on a day, and how many came and went that day."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="days")
    on_date = models.DateField(_("date"))
    members = models.PositiveIntegerField(_("members"))
    entered = models.PositiveIntegerField(_("entered"), default=0)
    left = models.PositiveIntegerField(_("left"), default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "on_date"], name="segment_day_once")]
