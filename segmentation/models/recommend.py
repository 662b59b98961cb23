"""What was learned from what customers did, how well it does on later data, and what was recommended to whom."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.ids import PublicIdField


class Learning(models.Model):
    """One learning of a kind: what came of it as numbers, and how it did on later data; its id is its version."""

    class Kind(models.TextChoices):
        LISTINGS = "LISTINGS", _("order of listings")
        NEEDS = "NEEDS", _("next needs")
        CLUSTERS = "CLUSTERS", _("clusters")
        LOOKALIKES = "LOOKALIKES", _("look-alikes")

    class State(models.TextChoices):
        ASKED = "ASKED", _("waiting for a worker")
        DONE = "DONE", _("done")
        FAILED = "FAILED", _("came to nothing")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.ASKED)
    # Look-alikes: of which segment, and by which facts.
    segment = models.ForeignKey("segmentation.Segment", models.PROTECT, null=True, related_name="learnings")
    basis = models.CharField(max_length=12, blank=True)
    content = models.JSONField(_("what was learned"), default=dict)
    scores = models.JSONField(_("on later data"), default=dict)
    # A code of `segmentation.rules.recommend.Lack`.
    lack = models.CharField(_("why it came to nothing"), max_length=20, blank=True)
    business_date = models.DateField(_("business date"))
    asked_at = models.DateTimeField(_("asked at"))
    asked_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("asked by"))
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("learning")
        verbose_name_plural = _("learnings")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "segment"],
                condition=Q(state="ASKED"),
                nulls_distinct=False,
                name="learning_asked_once",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "-id"], name="learning_latest", condition=Q(state="DONE")),
            models.Index(fields=["segment", "-id"], name="learning_of", condition=Q(segment__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Suggestion(models.Model):
    """A listing or product that was recommended to a customer, as it was shown last, and whether he took it.

    One row until it is accepted; shown again later, the same row says so.
    """

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="suggestions", db_index=False)
    listing = models.ForeignKey(
        "lending.Listing", models.PROTECT, null=True, related_name="suggestions", db_index=False
    )
    product = models.ForeignKey(
        "lending.Product", models.PROTECT, null=True, related_name="suggestions", db_index=False
    )
    # None: in the order that is the same for everybody.
    learning = models.ForeignKey(Learning, models.PROTECT, null=True, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField(_("place"))
    reasons = models.JSONField(_("reasons"), default=list)
    is_personal = models.BooleanField(_("chosen for the customer"))
    first_shown_at = models.DateTimeField(_("first shown at"))
    last_shown_at = models.DateTimeField(_("last shown at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True)
    accepted_amount = MoneyField(_("amount accepted"), null=True)

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        constraints = [
            models.CheckConstraint(
                condition=Q(listing__isnull=True) ^ Q(product__isnull=True), name="suggestion_of_one_thing"
            ),
            models.UniqueConstraint(
                fields=["customer", "listing", "product"],
                condition=Q(accepted_at__isnull=True),
                nulls_distinct=False,
                name="suggestion_open_once",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-last_shown_at"], name="suggestion_customer"),
            models.Index(fields=["last_shown_at"], name="suggestion_shown"),
            models.Index(
                fields=["-accepted_at", "-id"], name="suggestion_taken", condition=Q(accepted_at__isnull=False)
            ),
        ]


class SuggestionCount(models.Model):
    """What was shown to one RM's customers in ninety days and what they took of it, as last counted; nobody's have no RM."""

    id = models.BigAutoField(primary_key=True)
    rm = models.ForeignKey("staff.StaffMember", models.CASCADE, null=True, related_name="+")
    is_personal = models.BooleanField()
    is_product = models.BooleanField()
    shown = models.PositiveIntegerField()
    taken = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rm", "is_personal", "is_product"], nulls_distinct=False, name="suggestion_count_once"
            )
        ]
