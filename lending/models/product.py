"""What can be borrowed, on which terms."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField


class Method(models.TextChoices):
    """How a loan is repaid."""

    EQUAL_INSTALMENT = "equal_instalment", _("equal instalments")
    EQUAL_PRINCIPAL = "equal_principal", _("equal principal")
    INTEREST_ONLY_BULLET = "interest_only_bullet", _("interest only, principal at the end")
    BULLET = "bullet", _("principal and interest at the end")


class DayCount(models.TextChoices):
    """How a period's share of the year is counted."""

    THIRTY_360 = "30/360", "30/360"
    ACTUAL_365 = "actual/365", _("actual/365")
    ACTUAL_360 = "actual/360", _("actual/360")
    ACTUAL_ACTUAL = "actual/actual", _("actual/actual")


class PeriodUnit(models.TextChoices):
    """The length of one period."""

    MONTH = "month", _("month")
    WEEK = "week", _("week")
    TWO_WEEKS = "two_weeks", _("two weeks")
    FIFTEEN_DAYS = "15_days", _("15 days")
    THIRTY_DAYS = "30_days", _("30 days")


class Product(models.Model):
    """A loan product: limits, conventions, automatic steps."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("active")
        PAUSED = "PAUSED", _("paused: no new listings")
        RETIRED = "RETIRED", _("retired")

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ACTIVE)
    paused_reason = models.CharField(_("why paused"), max_length=300, blank=True)
    is_frozen = models.BooleanField(_("paused with the whole platform"), default=False)
    parameter_set = models.SlugField(_("parameter set"), blank=True, help_text=_("prefix of its legal parameters"))

    methods = ArrayField(models.CharField(max_length=24, choices=Method), verbose_name=_("methods"))
    period_unit = models.CharField(_("period"), max_length=10, choices=PeriodUnit, default=PeriodUnit.MONTH)
    periods_allowed = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("numbers of periods"))
    amount_min = MoneyField(_("least amount"))
    amount_max = MoneyField(_("greatest amount"))
    amount_step = MoneyField(_("amount step"), default=100)
    day_count = models.CharField(_("day count"), max_length=14, choices=DayCount, default=DayCount.THIRTY_360)
    rounding = models.CharField(_("rounding"), max_length=10, default="HALF_UP")
    payment_step = MoneyField(_("payment step"), default="0.01")
    payment_rounding = models.CharField(_("payment rounding"), max_length=8, default="nearest")
    principal_grace = models.PositiveSmallIntegerField(_("periods without principal"), default=0)
    due_date_shift = models.CharField(_("due date on rest days"), max_length=10, default="FOLLOWING")
    allocation_order = ArrayField(
        models.CharField(max_length=10), default=list, verbose_name=_("allocation order"), blank=True
    )
    penalty_daily_rate = RateField(_("daily penalty rate"), default="0.000500")
    early_settlement_fee_rate = RateField(_("early settlement fee rate"), default=0)

    rate_by_grade = models.JSONField(_("annual rate by grade"), default=dict)
    bid_min = MoneyField(_("least bid"), default=100)
    bid_step = MoneyField(_("bid step"), default=100)
    bid_max_share = RateField(_("greatest share of one investor"), default=1)
    raising_workdays = models.PositiveSmallIntegerField(_("raising period (working days)"), default=10)
    overdue_ratio_limit = RateField(_("overdue ratio that pauses listings"), default="0.080000")
    overdue_ratio_resume = RateField(_("overdue ratio that allows them again"), default="0.060000")
    auto_withdraw = models.BooleanField(_("send the payout to the bank card"), default=False)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_min__gt=0, amount_max__gte=F("amount_min")), name="product_amounts"
            ),
            models.CheckConstraint(condition=Q(raising_workdays__range=(1, 20)), name="product_raising_20_workdays"),
            models.CheckConstraint(condition=Q(is_frozen=False) | Q(state="PAUSED"), name="product_frozen_is_paused"),
            models.CheckConstraint(condition=Q(bid_max_share__gt=0, bid_max_share__lte=1), name="product_bid_share"),
        ]

    def __str__(self) -> str:
        return self.name


class ProductFee(models.Model):
    """One fee, separate from principal and interest, with payer, payee and the moment it falls due."""

    class When(models.TextChoices):
        PER_PERIOD = "PER_PERIOD", _("with each instalment")
        FIRST_PERIOD = "FIRST_PERIOD", _("with the first instalment")

    class Basis(models.TextChoices):
        PRINCIPAL_RATE = "PRINCIPAL_RATE", _("rate on the principal")
        FIXED = "FIXED", _("fixed amount")

    product = models.ForeignKey(Product, models.PROTECT, related_name="fees")
    code = models.SlugField(_("code"))
    name = models.CharField(_("name"), max_length=40)
    payee = models.CharField(_("payee"), max_length=60)
    when = models.CharField(_("when"), max_length=12, choices=When)
    basis = models.CharField(_("basis"), max_length=16, choices=Basis)
    rate = RateField(_("rate"), default=0)
    amount = MoneyField(_("amount"), default=0)

    class Meta:
        verbose_name = _("product fee")
        verbose_name_plural = _("product fees")
        constraints = [models.UniqueConstraint(fields=["product", "code"], name="product_fee_code")]

    def __str__(self) -> str:
        return self.name
