"""What happens in the market, and what the book would do under stress."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import RateField
from core.ids import PublicIdField


class Origin(models.TextChoices):
    """How a piece of market news came into the house."""

    FEED = "FEED", _("feed")
    FILE = "FILE", _("file")


class MarketRate(models.Model):
    """One published rate: the figure that was in force from its publication on."""

    class Code(models.TextChoices):
        LPR_1Y = "LPR_1Y", _("LPR, one year")
        LPR_5Y = "LPR_5Y", _("LPR, over five years")
        DEPOSIT_1Y = "DEPOSIT_1Y", _("deposits, one year")

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(_("rate"), max_length=12, choices=Code)
    published_date = models.DateField(_("published on"))
    value = RateField(_("value"))
    origin = models.CharField(_("came by"), max_length=4, choices=Origin)
    source = models.CharField(_("source"), max_length=120)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("recorded by"))

    class Meta:
        verbose_name = _("market rate")
        verbose_name_plural = _("market rates")
        ordering = ["-published_date", "code"]
        constraints = [
            models.UniqueConstraint(fields=["code", "published_date"], name="market_rate_once"),
            models.CheckConstraint(condition=Q(value__gte=0, value__lt=1), name="market_rate_share"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.published_date}"


class PolicyNotice(models.Model):
    """One policy of a regulator or of an industry, whom it may concern, and what we made of it."""

    class State(models.TextChoices):
        NEW = "NEW", _("not assessed")
        ASSESSED = "ASSESSED", _("assessed")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    reference = models.CharField(_("reference"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=200)
    issuer = models.CharField(_("issued by"), max_length=80)
    published_date = models.DateField(_("published on"))
    effective_date = models.DateField(_("in force from"), null=True, blank=True)
    summary = models.TextField(_("what it says"), blank=True)
    # {"products": [code], "purposes": [code], "provinces": [two digits]}: a loan is concerned that meets every part given.
    scope = models.JSONField(_("whom it concerns"), default=dict, blank=True)
    origin = models.CharField(_("came by"), max_length=4, choices=Origin)
    recorded_at = models.DateTimeField(_("recorded at"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NEW)
    assessment = models.TextField(_("what we make of it"), blank=True)
    assessed_at = models.DateTimeField(_("assessed at"), null=True)
    assessed_by = models.ForeignKey(
        "core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("assessed by")
    )

    class Meta:
        verbose_name = _("policy notice")
        verbose_name_plural = _("policy notices")
        ordering = ["-published_date", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="NEW", assessed_by__isnull=True) | Q(state="ASSESSED", assessed_by__isnull=False),
                name="policy_assessed_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return self.title


class StressRun(models.Model):
    """One stress test as it was reckoned: what was assumed, the book it started from, what came out."""

    class Kind(models.TextChoices):
        DEFAULT_SHOCK = "DEFAULT_SHOCK", _("more defaults")
        RATE_SHOCK = "RATE_SHOCK", _("rates move")
        SHOCK_YEAR = "SHOCK_YEAR", _("simulated year with a shock")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    kind = models.CharField(_("kind"), max_length=13, choices=Kind)
    business_date = models.DateField(_("business date"))
    assumptions = models.JSONField(_("assumptions"), default=dict)
    result = models.JSONField(_("result"), default=dict)
    note = models.CharField(_("note"), max_length=200, blank=True)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("made by"))

    class Meta:
        verbose_name = _("stress test")
        verbose_name_plural = _("stress tests")
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "-id"], name="stress_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.business_date}"
