"""Figures that are watched, their limits, and what came of passing them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField
from risk.rules.limits import DAYS_MAX


class Severity(models.TextChoices):
    """How bad it is."""

    LOW = "LOW", _("low")
    MIDDLE = "MIDDLE", _("middle")
    HIGH = "HIGH", _("high")
    CRITICAL = "CRITICAL", _("critical")


class Measure(models.TextChoices):
    """What happens by itself when a limit is passed."""

    NONE = "NONE", _("none")
    PAUSE_PRODUCT = "PAUSE_PRODUCT", _("pause the product's new listings")
    PAUSE_MARKETING = "PAUSE_MARKETING", _("pause marketing of the product")
    RAISE_COLLECTIONS = "RAISE_COLLECTIONS", _("collect the product's arrears first")
    FREEZE = "FREEZE", _("freeze all new business")


class IndicatorValue(models.Model):
    """One figure of one business date; numerator and denominator stand beside it so that it can be checked."""

    id = models.BigAutoField(primary_key=True)
    business_date = models.DateField(_("business date"))
    code = models.CharField(_("indicator"), max_length=40)
    dimension = models.CharField(
        _("dimension"), max_length=60, blank=True, help_text=_("a product's code; empty for all")
    )
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=6)
    numerator = models.DecimalField(_("numerator"), max_digits=20, decimal_places=2)
    denominator = models.DecimalField(_("denominator"), max_digits=20, decimal_places=2)

    class Meta:
        verbose_name = _("indicator value")
        verbose_name_plural = _("indicator values")
        constraints = [
            models.UniqueConstraint(fields=["code", "dimension", "business_date"], name="indicator_once_a_day")
        ]
        indexes = [models.Index(fields=["business_date", "code"], name="indicator_day")]


class AlertRule(models.Model):
    """When an indicator raises an alert, and how far it must fall before the alert is over."""

    class Limits(models.TextChoices):
        RULE = "RULE", _("the limits of this rule")
        PRODUCT = "PRODUCT", _("each product's own limits")

    class Direction(models.TextChoices):
        ABOVE = "ABOVE", _("above the limit")
        BELOW = "BELOW", _("below the limit")

    name = models.CharField(_("name"), max_length=60, unique=True)
    indicator = models.CharField(_("indicator"), max_length=40)
    dimension = models.CharField(
        _("dimension"),
        max_length=60,
        blank=True,
        help_text=_("a product's code or other part; empty for the total, * for each part"),
    )
    limits = models.CharField(_("limits"), max_length=8, choices=Limits, default=Limits.RULE)
    direction = models.CharField(_("bad is"), max_length=5, choices=Direction, default=Direction.ABOVE)
    raise_above = models.DecimalField(_("limit that raises"), max_digits=20, decimal_places=6, null=True, blank=True)
    clear_at = models.DecimalField(_("limit that ends"), max_digits=20, decimal_places=6, null=True, blank=True)
    raise_days = models.PositiveSmallIntegerField(
        _("closes in a row until raised"), default=1, validators=[MinValueValidator(1), MaxValueValidator(DAYS_MAX)]
    )
    clear_days = models.PositiveSmallIntegerField(
        _("closes in a row until over"), default=1, validators=[MinValueValidator(1), MaxValueValidator(DAYS_MAX)]
    )
    min_denominator = models.DecimalField(
        _("least denominator"),
        max_digits=20,
        decimal_places=2,
        default=0,
        help_text=_("below it a ratio means nothing"),
    )
    severity = models.CharField(_("severity"), max_length=8, choices=Severity, default=Severity.MIDDLE)
    measure = models.CharField(_("measure"), max_length=20, choices=Measure, default=Measure.NONE)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        ordering = ["indicator", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(limits="PRODUCT", direction="ABOVE", raise_above__isnull=True, clear_at__isnull=True)
                | Q(
                    limits="RULE",
                    direction="ABOVE",
                    raise_above__isnull=False,
                    clear_at__isnull=False,
                    clear_at__lte=F("raise_above"),
                )
                | Q(
                    limits="RULE",
                    direction="BELOW",
                    raise_above__isnull=False,
                    clear_at__isnull=False,
                    clear_at__gte=F("raise_above"),
                ),
                name="alert_rule_limits",
            ),
            models.CheckConstraint(
                condition=Q(raise_days__range=(1, DAYS_MAX), clear_days__range=(1, DAYS_MAX)), name="alert_rule_days"
            ),
            models.CheckConstraint(
                condition=Q(limits="RULE") | ~Q(dimension=""), name="alert_rule_product_limits_need_product"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """Something went over its limit: who looks after it, what was done, how it ended."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("not taken up")
        ACKNOWLEDGED = "ACKNOWLEDGED", _("being handled")
        CLOSED = "CLOSED", _("closed")

    class Kind(models.TextChoices):
        INDICATOR = "INDICATOR", _("indicator")
        LOAN = "LOAN", _("loan in arrears")

    class Closure(models.TextChoices):
        RECOVERED = "RECOVERED", _("back below the limit")
        HANDLED = "HANDLED", _("handled")
        FALSE_ALARM = "FALSE_ALARM", _("false alarm")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # The rule and dimension, or the loan: one alert at a time.
    key = models.CharField(max_length=120)
    rule = models.ForeignKey(AlertRule, models.PROTECT, null=True, related_name="alerts", verbose_name=_("rule"))
    dimension = models.CharField(_("dimension"), max_length=60, blank=True)
    product = models.ForeignKey(
        "lending.Product", models.PROTECT, null=True, related_name="alerts", verbose_name=_("product")
    )
    loan = models.ForeignKey("lending.Loan", models.PROTECT, null=True, related_name="alerts", verbose_name=_("loan"))
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, related_name="alerts", verbose_name=_("customer")
    )
    severity = models.CharField(_("severity"), max_length=8, choices=Severity)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    reason_code = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    raised_at = models.DateTimeField(_("raised at"))
    business_date = models.DateField(_("business date"))
    measure_taken = models.CharField(_("measure taken"), max_length=20, choices=Measure, default=Measure.NONE)
    owner = models.ForeignKey(
        "staff.StaffMember", models.PROTECT, null=True, related_name="alerts", verbose_name=_("owner")
    )
    acknowledged_at = models.DateTimeField(_("taken up at"), null=True)
    action_taken = models.TextField(_("what was done"), blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closed_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("closed by"))
    closure = models.CharField(_("how it ended"), max_length=12, choices=Closure, blank=True)
    closure_note = models.TextField(_("closing note"), blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(state="CLOSED"), name="alert_open_once"),
            models.CheckConstraint(
                condition=(~Q(state="CLOSED") & Q(closed_at__isnull=True, closure=""))
                | (Q(state="CLOSED", closed_at__isnull=False, closed_by__isnull=False) & ~Q(closure="")),
                name="alert_closed_says_how",
            ),
            models.CheckConstraint(
                condition=~Q(state="ACKNOWLEDGED") | Q(owner__isnull=False), name="alert_acknowledged_has_owner"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="alert_state"),
            models.Index(fields=["owner", "-id"], name="alert_owner"),
            models.Index(fields=["customer", "-id"], name="alert_customer"),
        ]
