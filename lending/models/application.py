"""What a borrower asks for and what he is offered."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import MoneyField, RateField
from core.ids import PublicIdField


class Application(models.Model):
    """A borrower's wish for a loan, and the decision on it as risk recorded it."""

    class State(models.TextChoices):
        SUBMITTED = "SUBMITTED", _("being decided")
        REFERRED = "REFERRED", _("in manual review")
        APPROVED = "APPROVED", _("approved, offer open")
        ACCEPTED = "ACCEPTED", _("offer accepted")
        DECLINED = "DECLINED", _("declined")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")
        EXPIRED = "EXPIRED", _("offer expired")

    class Purpose(models.TextChoices):
        CONSUMPTION = "CONSUMPTION", _("consumption")
        RENOVATION = "RENOVATION", _("renovation")
        EDUCATION = "EDUCATION", _("education and training")
        MEDICAL = "MEDICAL", _("medical")
        WORKING_CAPITAL = "WORKING_CAPITAL", _("working capital")
        EQUIPMENT = "EQUIPMENT", _("equipment")
        OTHER = "OTHER", _("other")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    number = models.CharField(_("application number"), max_length=24, unique=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="applications")
    product = models.ForeignKey(
        "lending.Product", models.PROTECT, related_name="applications", verbose_name=_("product")
    )
    amount = MoneyField(_("amount"))
    periods = models.PositiveSmallIntegerField(_("periods"))
    method = models.CharField(_("method"), max_length=24)
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose)
    purpose_text = models.CharField(_("purpose in words"), max_length=200, blank=True)
    other_platform_balance = MoneyField(_("outstanding on other platforms"), default=0)
    declared_at = models.DateTimeField(_("declared at"))
    # Duplicate projects are refused while one is alive (办法 art. 13).
    project_hash = models.CharField(max_length=64)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SUBMITTED)
    submitted_at = models.DateTimeField(_("submitted at"))
    business_date = models.DateField(_("business date"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    outcome = models.CharField(_("outcome"), max_length=8, blank=True)
    grade = models.CharField(_("grade"), max_length=4, blank=True)
    score = models.IntegerField(_("score"), null=True)
    reason_codes = models.JSONField(_("reasons"), default=list)
    rule_version = models.CharField(_("rule version"), max_length=60, blank=True)
    annual_rate = RateField(_("annual rate"), null=True)
    approved_amount = MoneyField(_("approved amount"), null=True)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, periods__gt=0), name="application_positive"),
            models.UniqueConstraint(
                fields=["project_hash"],
                condition=Q(state__in=["SUBMITTED", "REFERRED", "APPROVED"]),
                name="application_no_duplicate_project",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="application_customer"),
            models.Index(fields=["state", "-id"], name="application_state"),
        ]

    def __str__(self) -> str:
        return self.number


class Offer(models.Model):
    """The terms a borrower can accept: full cost table, rates and schedule as shown, frozen with their hash."""

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("offer", "open")
        ACCEPTED = "ACCEPTED", _("accepted")
        EXPIRED = "EXPIRED", _("expired")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    application = models.OneToOneField(Application, models.PROTECT, related_name="offer")
    amount = MoneyField(_("amount"))
    periods = models.PositiveSmallIntegerField(_("periods"))
    method = models.CharField(_("method"), max_length=24)
    annual_rate = RateField(_("annual rate"))
    apr_nominal = RateField(_("APR, nominal"))
    apr_effective = RateField(_("APR, effective"))
    cap_rate = RateField(_("legal cap at the time"))
    total_interest = MoneyField(_("total interest"))
    total_fees = MoneyField(_("total fees"))
    total_payment = MoneyField(_("total payment"))
    # cost_table: [{code, name, how, rate, amount, payee}], schedule: quote rows for a payout today; both as shown.
    cost_table = models.JSONField()
    schedule = models.JSONField()
    disclosure_hash = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("expires at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        indexes = [models.Index(fields=["expires_at"], name="offer_open", condition=Q(state="OPEN"))]
