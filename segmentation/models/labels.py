"""Rules that label customers, the labels they have now, and every label they ever had."""

from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField
from customers.models import Customer
from segmentation.models.vocabulary import (
    Band,
    Churn,
    Level,
    LoanUse,
    NonCustomer,
    Phase,
    Preference,
    Prime,
    Rfm,
    Sensitivity,
    ServiceClass,
)


def _days(text: Any, default: int) -> Any:
    return models.PositiveSmallIntegerField(text, default=default)


def _share(text: Any, default: str) -> Any:
    return RateField(text, default=default)


def _numbers(text: Any, default: Any) -> Any:
    return ArrayField(models.PositiveIntegerField(), size=4, verbose_name=text, default=default)


def _word(length: int, choices: Any) -> Any:
    # Unknown is NULL: labels are compared with what is seen by one IS DISTINCT FROM.
    return models.CharField(max_length=length, choices=choices, null=True)


def _rfm_days() -> list[int]:
    return [30, 90, 180, 365]


def _rfm_deals() -> list[int]:
    return [2, 3, 5, 10]


def _rfm_money() -> list[int]:
    return [1_000, 10_000, 50_000, 200_000]


class LabelRule(models.Model):
    """One version of the limits by which customers are labelled; the latest one in force counts."""

    version = models.CharField(_("version"), max_length=20, unique=True)
    valid_from = models.DateField(_("valid from"))
    new_days = _days(_("days a customer is new"), 90)
    mature_deals = _days(_("deals that make a customer mature"), 3)
    borrower_lost_days = _days(_("days without an act until a borrower is lost"), 365)
    investor_lost_days = _days(_("days without an act until an investor is lost"), 365)
    potential_days = _days(_("days without a first deal until the relation has died early"), 365)
    repair_days = _days(_("days after the loss in which we try to repair"), 180)
    reentry_days = _days(_("days until a declined borrower may come again"), 180)
    value_middle = MoneyField(_("weighted volume of middle value from"), default=50_000)
    value_high = MoneyField(_("weighted volume of high value from"), default=200_000)
    frequency_weight = _share(_("volume counts more by this for each deal after the first, at most ten"), "0.05")
    loyalty_weight = _share(_("volume counts more by this for each full year, at most five"), "0.1")
    risky_balanced = _share(_("share lent in grades R4 and R5 that is balanced from"), "0.1")
    risky_aggressive = _share(_("share lent in grades R4 and R5 that is aggressive from"), "0.4")
    one_use_share = _share(_("share of one purpose that decides the use of loans"), "0.8")
    band_ordinary = MoneyField(_("holdings of an ordinary investor from"), default=20_000)
    band_large = MoneyField(_("holdings of a large investor from"), default=200_000)
    band_wealthy = MoneyField(_("holdings of high net worth from"), default=1_000_000)
    level_middle_deals = _days(_("deals of the middle level from"), 2)
    level_senior_deals = _days(_("deals of the senior level from"), 5)
    rfm_days = _numbers(_("days since the last deal that part the five grades of recency"), _rfm_days)
    rfm_deals = _numbers(_("deals that part the five grades of frequency"), _rfm_deals)
    rfm_money = _numbers(_("volumes that part the five grades of money"), _rfm_money)
    prime_volume = MoneyField(_("volume for all points of demand"), default=100_000)
    prime_cost = MoneyField(_("cost a year that leaves no points for service"), default=600)
    case_cost = MoneyField(_("cost of a case"), default=30)
    minute_cost = MoneyField(_("cost of a minute of contact"), default="1.50")
    prime_good = _days(_("points of a good customer from"), 55)
    prime_best = _days(_("points of a prime customer from"), 75)
    service_touches = _days(_("contacts of 90 days and cases from which service matters"), 4)
    rhythm_watch = _share(_("times the usual gap from which a customer is watched"), "2")
    rhythm_likely = _share(_("times the usual gap from which his loss is likely"), "3")
    rhythm_floor = _days(_("shortest gap in days that counts as a rhythm"), 14)
    login_days = _days(_("days without a log-in that are a sign"), 60)
    outflow_share = _share(_("share of holdings withdrawn in 30 days that is a sign"), "0.5")
    fewer_share = _share(_("lent in 90 days against the 90 before that is a sign below"), "0.5")
    churn_watch = _days(_("points from which a customer is watched"), 30)
    churn_likely = _days(_("points from which his loss is likely"), 60)
    clv_margin = _share(_("margin of a year's volume"), "0.02")
    clv_discount = _share(_("discount rate of a year"), "0.08")
    clv_stay = _share(_("chance to stay a year"), "0.85")
    clv_stay_watched = _share(_("the same of one who is watched"), "0.6")
    clv_stay_likely = _share(_("the same where loss is likely"), "0.3")
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("label rule")
        verbose_name_plural = _("label rules")
        ordering = ["-valid_from", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(value_high__gte=F("value_middle")), name="label_rule_values_rise"),
            models.CheckConstraint(
                condition=Q(band_wealthy__gte=F("band_large"), band_large__gte=F("band_ordinary")),
                name="label_rule_bands_rise",
                violation_error_message=_("The limits of the bands must rise."),
            ),
            models.CheckConstraint(
                condition=Q(level_senior_deals__gte=F("level_middle_deals"), prime_best__gte=F("prime_good")),
                name="label_rule_levels_rise",
                violation_error_message=_("The limits of levels and points must rise."),
            ),
            models.CheckConstraint(
                condition=Q(churn_likely__gte=F("churn_watch"), rhythm_likely__gte=F("rhythm_watch")),
                name="label_rule_churn_rises",
                violation_error_message=_("A likely loss needs at least what being watched needs."),
            ),
            models.CheckConstraint(
                condition=Q(clv_stay__lt=1, clv_stay_watched__lt=1, clv_stay_likely__lt=1, prime_volume__gt=0)
                & Q(prime_cost__gt=0, rhythm_floor__gt=0, borrower_lost_days__gt=0, investor_lost_days__gt=0),
                name="label_rule_divisible",
                violation_error_message=_("Chances stay below 1; volumes, costs and days are more than 0."),
            ),
        ]

    def __str__(self) -> str:
        return self.version


# What decides a label; the rest of a rule says which version it is.
LIMITS: Final = tuple(
    field.name for field in LabelRule._meta.fields if field.name not in {"id", "version", "valid_from", "source"}
)


class Labels(models.Model):
    """The labels of one customer as they are now, with the figures that they were told from; NULL where none fits.

    No foreign key: written a hundred thousand at a time, and a judgement about a record stays with it when records are merged.
    """

    customer_id = models.BigIntegerField(primary_key=True)
    version = models.CharField(max_length=20)
    told_at = models.DateTimeField()
    stage = models.CharField(max_length=10, choices=Customer.Stage)
    stage_borrower = _word(10, Customer.Stage)
    stage_investor = _word(10, Customer.Stage)
    phase = models.CharField(max_length=12, choices=Phase)
    value_tier = _word(8, Customer.ValueTier)
    risk_tier = _word(8, Customer.RiskTier)
    preference = _word(12, Preference)
    loan_use = _word(12, LoanUse)
    band = _word(12, Band)
    level = _word(8, Level)
    rfm = _word(12, Rfm)
    prime = _word(8, Prime)
    sensitivity = _word(8, Sensitivity)
    service_class = _word(10, ServiceClass)
    non_customer = _word(12, NonCustomer)
    churn = _word(8, Churn)
    preference_stated = _word(12, Preference)
    preference_actual = _word(12, Preference)
    preference_mismatch = models.BooleanField(null=True)
    preference_expired = models.BooleanField(null=True)
    weighted_volume = MoneyField(null=True)
    rfm_score = models.PositiveSmallIntegerField(null=True)
    clv = MoneyField(null=True)
    prime_score = models.PositiveSmallIntegerField(null=True)
    prime_demand = models.PositiveSmallIntegerField(null=True)
    prime_payment = models.PositiveSmallIntegerField(null=True)
    prime_service = models.PositiveSmallIntegerField(null=True)
    prime_risk = models.PositiveSmallIntegerField(null=True)
    prime_loyalty = models.PositiveSmallIntegerField(null=True)
    churn_borrower = models.PositiveSmallIntegerField(null=True)
    churn_investor = models.PositiveSmallIntegerField(null=True)
    churn_signs = ArrayField(models.CharField(max_length=12), null=True)
    reentry_date = models.DateField(null=True)

    class Meta:
        db_table = "segmentation_labels"

    def __str__(self) -> str:
        return str(self.pk)


class LabelStay(models.Model):
    """How long a customer had one value of one label: told by which version, for which figures, until when; never deleted."""

    id = models.BigAutoField(primary_key=True)
    customer_id = models.BigIntegerField()
    label = models.CharField(max_length=16)
    value = models.CharField(max_length=12)
    # The value before; empty for the first.
    before = models.CharField(max_length=12, blank=True)
    version = models.CharField(max_length=20)
    reason = models.JSONField(default=dict)
    from_date = models.DateField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("label of a customer")
        verbose_name_plural = _("labels of customers")
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "label"], condition=Q(until_at=None), name="label_stay_open_once"
            ),
            models.CheckConstraint(
                condition=Q(until_at=None) | Q(until_at__gte=F("from_at")), name="label_stay_ends_after"
            ),
        ]
        indexes = [
            models.Index(fields=["label", "value", "customer_id"], name="label_stay_of", condition=Q(until_at=None)),
            models.Index(fields=["customer_id", "-id"], name="label_stay_past", condition=Q(until_at__isnull=False)),
            BrinIndex(fields=["from_at"], name="label_stay_moves"),
            # Who has lately come into a stage out of another, for the tasks that begin with it.
            models.Index(
                fields=["value", "from_at"],
                name="label_stay_stage",
                condition=Q(label="stage", until_at=None) & ~Q(before=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.value}"


class LabelChoice(models.Model):
    """What a person has set instead of the rule for one customer: a stage in a role, or what he is sensitive to."""

    class Label(models.TextChoices):
        STAGE_BORROWER = "stage_borrower", _("stage as borrower")
        STAGE_INVESTOR = "stage_investor", _("stage as investor")
        SENSITIVITY = "sensitivity", _("sensitivity")

    id = models.BigAutoField(primary_key=True)
    # A merge takes the row along.
    customer = models.ForeignKey(Customer, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    label = models.CharField(_("label"), max_length=16, choices=Label)
    value = models.CharField(_("value"), max_length=12)
    reason = models.CharField(_("reason"), max_length=200)
    until_date = models.DateField(_("until"), null=True, blank=True)
    made_at = models.DateTimeField(_("set at"))
    made_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("set by"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("label set by hand")
        verbose_name_plural = _("labels set by hand")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "label"], condition=Q(ended_at=None), name="label_choice_open_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="label_choice_has_reason"),
        ]
