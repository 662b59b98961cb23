"""Offers of coupons, the coupons themselves, what they paid, and the handing out to segments."""

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import MoneyField, RateField
from core.ids import PublicIdField


class CouponOffer(models.Model):
    """The terms of one kind of rate-discount coupon and its budget; the database holds the promises to the budget."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", pgettext_lazy("coupon offer", "draft")
        APPROVED = "APPROVED", pgettext_lazy("coupon offer", "running")
        PAUSED = "PAUSED", pgettext_lazy("coupon offer", "paused")
        ENDED = "ENDED", pgettext_lazy("coupon offer", "ended")

    class Occasion(models.TextChoices):
        # Named as the steps of the relationship process name what they begin with.
        IDENTITY = "IDENTITY", _("identity confirmed, no deal yet")
        YEARS_1 = "YEARS_1", _("one year with us")
        YEARS_3 = "YEARS_3", _("three years with us")
        YEARS_5 = "YEARS_5", _("five years with us")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    name = models.CharField(_("name"), max_length=60)
    description = models.CharField(_("what for"), max_length=300, blank=True)
    discount_rate = RateField(_("rate discount a year"))
    covered_months = models.PositiveSmallIntegerField(
        _("months covered"),
        null=True,
        blank=True,
        help_text=_("interest that falls due later is not subsidised; empty: all"),
    )
    most_per_coupon = MoneyField(_("most a coupon pays"))
    budget = MoneyField(_("budget"))
    # Promised to coupons in use and not paid yet; and paid.
    reserved = MoneyField(_("reserved"), default=0)
    spent = MoneyField(_("spent"), default=0)
    products = models.ManyToManyField(
        "lending.Product", blank=True, related_name="+", verbose_name=_("products"), help_text=_("none: all")
    )
    first_deal_only = models.BooleanField(_("for the first loan only"), default=True)
    segment = models.ForeignKey(
        "segmentation.Segment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only for members of"),
    )
    valid_from = models.DateField(_("handed out from"))
    valid_until = models.DateField(_("handed out until"))
    coupon_days = models.PositiveSmallIntegerField(_("days a coupon lives"), default=30)
    most_per_customer = models.PositiveSmallIntegerField(_("most for one customer"), default=1)
    occasion = models.CharField(
        _("given by itself at"),
        max_length=8,
        choices=Occasion,
        blank=True,
        help_text=_("once to each borrower; empty: handed out by people only"),
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("made by"))
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    approved_by = models.ForeignKey(
        "core.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )

    class Meta:
        verbose_name = _("coupon offer")
        verbose_name_plural = _("coupon offers")
        constraints = [
            models.CheckConstraint(condition=Q(reserved__gte=0, spent__gte=0), name="coupon_offer_not_negative"),
            models.CheckConstraint(
                condition=Q(budget__gte=F("reserved") + F("spent")), name="coupon_offer_within_budget"
            ),
            models.CheckConstraint(
                condition=Q(discount_rate__gt=0, discount_rate__lt=1, most_per_coupon__gt=0, budget__gt=0),
                name="coupon_offer_positive",
            ),
            models.CheckConstraint(condition=Q(coupon_days__gt=0, most_per_customer__gt=0), name="coupon_offer_lives"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="coupon_offer_dates"),
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(approved_by__isnull=False) & ~Q(approved_by=F("made_by")),
                name="coupon_offer_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def runs_on(self, day: date) -> bool:
        """Tell whether coupons of it can be given on a date."""
        return self.state == CouponOffer.State.APPROVED and self.valid_from <= day <= self.valid_until

    @property
    def left(self) -> Decimal:
        """Return what of the budget is neither promised nor paid."""
        return self.budget - self.reserved - self.spent


class Coupon(models.Model):
    """One customer's right to an interest subsidy on one loan; `n` counts his coupons of the offer."""

    class State(models.TextChoices):
        ISSUED = "ISSUED", pgettext_lazy("coupon", "can be used")
        RESERVED = "RESERVED", pgettext_lazy("coupon", "in use")
        USED = "USED", pgettext_lazy("coupon", "used")
        EXPIRED = "EXPIRED", pgettext_lazy("coupon", "expired")
        RELEASED = "RELEASED", pgettext_lazy("coupon", "came to nothing")
        CANCELLED = "CANCELLED", pgettext_lazy("coupon", "called in")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    offer = models.ForeignKey(
        CouponOffer, models.PROTECT, related_name="coupons", db_index=False, verbose_name=_("coupon offer")
    )
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="coupons", db_index=False, verbose_name=_("customer")
    )
    n = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.ISSUED)
    issued_at = models.DateTimeField(_("issued at"))
    issued_by = models.ForeignKey(
        "core.User", models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("issued by")
    )
    expires_date = models.DateField(_("last day"))
    redeemed_at = models.DateTimeField(_("used at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    application = models.ForeignKey("lending.Application", models.PROTECT, null=True, related_name="+", db_index=False)
    loan = models.ForeignKey("lending.Loan", models.PROTECT, null=True, related_name="+", db_index=False)
    # The rest of the promise, and what was paid of it.
    reserved = MoneyField(_("reserved"), default=0)
    spent = MoneyField(_("spent"), default=0)

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        constraints = [
            models.UniqueConstraint(fields=["offer", "customer", "n"], name="coupon_nth_once"),
            models.UniqueConstraint(
                fields=["application"], condition=Q(application__isnull=False), name="coupon_application_once"
            ),
            models.CheckConstraint(condition=Q(reserved__gte=0, spent__gte=0), name="coupon_not_negative"),
            models.CheckConstraint(
                condition=Q(state="RESERVED", application__isnull=False) | ~Q(state="RESERVED") & Q(reserved=0),
                name="coupon_reserved_in_use_only",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="coupon_customer"),
            models.Index(fields=["offer", "-id"], name="coupon_offer"),
            models.Index(fields=["expires_date"], name="coupon_open", condition=Q(state="ISSUED")),
            models.Index(fields=["loan"], name="coupon_loan", condition=Q(loan__isnull=False)),
        ]


class CouponPayment(models.Model):
    """The subsidy that one instalment earned, with its transfer; written once."""

    id = models.BigAutoField(primary_key=True)
    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="payments", db_index=False)
    instalment = models.ForeignKey("lending.Instalment", models.PROTECT, related_name="+")
    interest = MoneyField(_("interest that counted"))
    amount = MoneyField(_("subsidy"))
    transfer_id = models.BigIntegerField()
    business_date = models.DateField(_("business date"))

    class Meta:
        verbose_name = _("subsidy payment")
        verbose_name_plural = _("subsidy payments")
        constraints = [
            models.UniqueConstraint(fields=["coupon", "instalment"], name="coupon_payment_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=F("interest")), name="coupon_payment_within_interest"
            ),
        ]


class CouponIssue(models.Model):
    """One handing out to the members of a segment, with how many got one and why others did not."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(CouponOffer, models.PROTECT, related_name="issues", verbose_name=_("coupon offer"))
    segment = models.ForeignKey("segmentation.Segment", models.PROTECT, related_name="+", verbose_name=_("segment"))
    asked_at = models.DateTimeField(_("asked at"))
    asked_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("asked by"))
    done_at = models.DateTimeField(_("done at"), null=True)
    # Members up to this customer have been judged.
    reached_id = models.BigIntegerField(default=0)
    # Reason -> how many members; "issued" are those who got one.
    counts = models.JSONField(_("counts"), default=dict)

    class Meta:
        verbose_name = _("handing out of coupons")
        verbose_name_plural = _("handings out of coupons")
        indexes = [models.Index(fields=["offer", "-id"], name="coupon_issue_offer")]


class Reward(models.Model):
    """What an offer gave a customer by itself at an occasion, once a customer and occasion; without a coupon, thanks alone."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="rewards", db_index=False, verbose_name=_("customer")
    )
    occasion = models.CharField(_("given by itself at"), max_length=8, choices=CouponOffer.Occasion)
    offer = models.ForeignKey(CouponOffer, models.PROTECT, related_name="rewards", verbose_name=_("coupon offer"))
    coupon = models.OneToOneField(Coupon, models.PROTECT, null=True, related_name="reward", verbose_name=_("coupon"))
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        constraints = [models.UniqueConstraint(fields=["customer", "occasion"], name="reward_once")]
