"""How a loan is filled by many investors."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import MoneyField, RateField
from core.ids import PublicIdField


class Listing(models.Model):
    """An accepted offer shown to investors; `funded` can never pass `amount`, the database sees to it."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("raising")
        FILLED = "FILLED", _("filled")
        FAILED = "FAILED", pgettext_lazy("listing", "failed")
        CANCELLED = "CANCELLED", _("cancelled")
        PAID_OUT = "PAID_OUT", _("paid out")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    number = models.CharField(_("listing number"), max_length=24, unique=True)
    application = models.OneToOneField("lending.Application", models.PROTECT, related_name="listing")
    borrower = models.ForeignKey("customers.Customer", models.PROTECT, related_name="listings")
    product = models.ForeignKey("lending.Product", models.PROTECT, related_name="listings", verbose_name=_("product"))
    title = models.CharField(_("title"), max_length=80)
    amount = MoneyField(_("amount"))
    funded = MoneyField(_("funded"), default=0)
    bid_count = models.PositiveIntegerField(_("bids"), default=0)
    annual_rate = RateField(_("annual rate"))
    periods = models.PositiveSmallIntegerField(_("periods"))
    method = models.CharField(_("method"), max_length=24)
    grade = models.CharField(_("grade"), max_length=4)
    risk_grade = models.PositiveSmallIntegerField(_("risk grade R1–R5"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("opened at"))
    deadline_date = models.DateField(_("deadline"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        constraints = [
            models.CheckConstraint(
                condition=Q(funded__gte=0, funded__lte=F("amount"), amount__gt=0), name="listing_never_over_filled"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["FILLED", "PAID_OUT"]) | Q(funded=F("amount")), name="listing_filled_is_full"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="listing_state"),
            models.Index(fields=["deadline_date"], name="listing_deadline", condition=Q(state="OPEN")),
            models.Index(fields=["borrower", "-id"], name="listing_borrower"),
        ]

    def __str__(self) -> str:
        return self.number


class Bid(models.Model):
    """An investor's share of a listing; his money is frozen from the same moment."""

    class State(models.TextChoices):
        LIVE = "LIVE", _("money frozen")
        WON = "WON", _("lent")
        RELEASED = "RELEASED", _("money released")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    listing = models.ForeignKey(Listing, models.PROTECT, related_name="bids")
    investor = models.ForeignKey("customers.Customer", models.PROTECT, related_name="bids")
    amount = MoneyField(_("amount"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.LIVE)
    placed_at = models.DateTimeField(_("placed at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    risk_notice_version = models.CharField(max_length=20)
    signature_authorised_at = models.DateTimeField(null=True)
    idempotency_key = models.CharField(max_length=330, unique=True)
    mandate_reference = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("bid")
        verbose_name_plural = _("bids")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="bid_positive")]
        indexes = [
            models.Index(fields=["listing", "state"], name="bid_listing"),
            models.Index(fields=["investor", "-id"], name="bid_investor"),
        ]
