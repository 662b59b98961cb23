"""The one record of a person or company, whatever roles it plays."""

from datetime import UTC, datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import BlindIndexField, EncryptedTextField, MoneyField
from core.ids import PublicIdField

# What has never happened sorts as the longest ago.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Customer(models.Model):
    """A person or company; borrower and investor are roles of one record."""

    class Kind(models.TextChoices):
        PERSON = "PERSON", _("person")
        COMPANY = "COMPANY", _("company")

    class Status(models.TextChoices):
        REGISTERED = "REGISTERED", _("registered")
        IDENTIFIED = "IDENTIFIED", _("identified")
        FROZEN = "FROZEN", _("frozen")
        CLOSED = "CLOSED", _("closed")

    class Stage(models.TextChoices):
        POTENTIAL = "POTENTIAL", _("potential")
        NEW = "NEW", _("new")
        ACTIVE = "ACTIVE", pgettext_lazy("stage", "active")
        MATURE = "MATURE", _("mature")
        DECLINING = "DECLINING", _("declining")
        LOST = "LOST", _("lost")

    class RiskTier(models.TextChoices):
        LOW = "LOW", _("low risk")
        MIDDLE = "MIDDLE", _("middle risk")
        HIGH = "HIGH", _("high risk")
        UNKNOWN = "UNKNOWN", _("not assessed")

    class ValueTier(models.TextChoices):
        HIGH = "HIGH", _("high value")
        MIDDLE = "MIDDLE", _("middle value")
        LOW = "LOW", _("low value")
        UNKNOWN = "UNKNOWN", _("not assessed")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    number = models.CharField(_("customer number"), max_length=24, unique=True)
    user = models.OneToOneField("core.User", models.PROTECT, null=True, related_name="customer")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.PERSON)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.REGISTERED)
    is_borrower = models.BooleanField(_("borrower"), default=False)
    is_investor = models.BooleanField(_("investor"), default=False)

    name = models.CharField(_("name"), max_length=60, blank=True)
    name_key = models.CharField(max_length=200, blank=True, editable=False)
    search_grams = ArrayField(models.CharField(max_length=40), default=list, editable=False)
    phone = EncryptedTextField(_("phone"), blank=True)
    phone_index = BlindIndexField()
    phone_tail_index = BlindIndexField()
    identity_number = EncryptedTextField(_("identity number"), blank=True)
    identity_index = BlindIndexField()
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=1, choices=[("M", _("male")), ("F", _("female"))], blank=True)
    region_code = models.CharField(_("region of issue"), max_length=6, blank=True)
    address = EncryptedTextField(_("address"), blank=True)
    email = EncryptedTextField(_("e-mail"), blank=True)

    rm = models.ForeignKey(
        "staff.StaffMember", models.PROTECT, null=True, blank=True, related_name="customers", verbose_name=_("RM")
    )
    backup_rm = models.ForeignKey(
        "staff.StaffMember", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("backup RM")
    )
    # Colleagues beside the RM, kept with `Collaborator` and `backup_rm`: the scope of every query reads them here.
    reader_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    writer_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    # Without an RM a customer stands in a public pool, or waits to be assigned.
    pool = models.ForeignKey(
        "customers.Pool", models.PROTECT, null=True, blank=True, related_name="customers", verbose_name=_("public pool")
    )
    pooled_at = models.DateTimeField(_("in the pool since"), null=True, blank=True)
    owned_since = models.DateTimeField(_("with the RM since"), null=True, blank=True)
    is_protected = models.BooleanField(_("protected from being taken back"), default=False)
    household = models.ForeignKey(
        "customers.Household",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("household"),
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="absorbed", verbose_name=_("merged into")
    )
    source = models.CharField(_("source"), max_length=40, blank=True)
    liquidity_need = models.CharField(
        _("need for liquidity"),
        max_length=6,
        blank=True,
        choices=[("LOW", _("low")), ("MIDDLE", _("middle")), ("HIGH", _("high"))],
    )
    interests = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("interests"))
    likes = models.CharField(_("personal likes"), max_length=200, blank=True)
    custom = models.JSONField(_("custom fields"), default=dict, blank=True)
    # 0 to 100, see customers.rules.quality.
    completeness = models.PositiveSmallIntegerField(_("completeness"), default=0)

    # Written by segmentation and risk, shown by everybody (design §2: policy writes into the record below).
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.POTENTIAL)
    risk_tier = models.CharField(_("risk tier"), max_length=8, choices=RiskTier, default=RiskTier.UNKNOWN)
    value_tier = models.CharField(_("value tier"), max_length=8, choices=ValueTier, default=ValueTier.UNKNOWN)
    investor_type = models.CharField(
        _("investor type"), max_length=2, blank=True, choices=[(f"C{n}", f"C{n}") for n in range(1, 6)]
    )
    investor_type_expires_date = models.DateField(null=True, blank=True)
    labels = models.JSONField(
        default=dict, blank=True, help_text="label -> {value, rule, version, at, reason} as written by its rule"
    )

    registered_at = models.DateTimeField(_("registered at"))
    identified_at = models.DateTimeField(_("identified at"), null=True, blank=True)
    latest_contact_at = models.DateTimeField(_("latest contact"), null=True, blank=True)
    next_promise_at = models.DateTimeField(_("next promised contact"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(fields=["phone_index"], condition=~Q(phone_index=""), name="customer_phone_unique"),
            models.UniqueConstraint(
                fields=["identity_index"], condition=~Q(identity_index=""), name="customer_identity_unique"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["REGISTERED", "CLOSED"]) | ~Q(identity_index=""),
                name="customer_identified_has_identity",
            ),
            models.CheckConstraint(
                condition=Q(pool__isnull=True) | Q(rm__isnull=True), name="customer_in_pool_has_no_rm"
            ),
            models.CheckConstraint(
                condition=Q(pool__isnull=True, pooled_at__isnull=True) | Q(pool__isnull=False, pooled_at__isnull=False),
                name="customer_pooled_since",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="customer_merged_into_another"),
        ]
        indexes = [
            GinIndex(fields=["search_grams"], name="customer_grams"),
            GinIndex(fields=["reader_ids"], name="customer_readers"),
            models.Index(fields=["pool", "-pooled_at", "-id"], name="customer_pool", condition=Q(pool__isnull=False)),
            models.Index(fields=["household"], name="customer_household", condition=Q(household__isnull=False)),
            models.Index(fields=["phone_tail_index"], name="customer_phone_tail"),
            models.Index(fields=["rm", "-id"], name="customer_rm"),
            # Each order of the list, read forwards and backwards; pages go on from the key of their last row.
            models.Index(fields=["stage", "id"], name="customer_by_stage"),
            models.Index(fields=["risk_tier", "id"], name="customer_by_risk"),
            models.Index(fields=["value_tier", "id"], name="customer_by_value"),
            models.Index(fields=["name_key", "id"], name="customer_name_key"),
            models.Index(fields=["registered_at", "id"], name="customer_by_registered"),
            models.Index(fields=["completeness", "id"], name="customer_by_completeness"),
            models.Index(Coalesce("latest_contact_at", Value(NEVER)), "id", name="customer_by_contact"),
        ]

    def __str__(self) -> str:
        return self.name or self.number


class FinancialProfile(models.Model):
    """What a customer earns, owns and owes, with source and as-of date; the newest row per source counts."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="financials")
    as_of_date = models.DateField(_("as of"))
    source = models.CharField(_("source"), max_length=40)
    monthly_income = EncryptedTextField(_("monthly income"), blank=True)
    # The income itself is no attribute; its band is, so that segments can be made by it.
    income_band = models.CharField(_("income band"), max_length=6, blank=True)
    monthly_debt_payment = MoneyField(_("monthly debt payments"), default=0)
    assets = MoneyField(_("assets"), default=0)
    liabilities = MoneyField(_("liabilities"), default=0)
    other_platform_balance = MoneyField(_("outstanding on other platforms"), default=0)
    occupation = models.CharField(_("occupation"), max_length=40, blank=True)
    employer = models.CharField(_("employer"), max_length=80, blank=True)
    is_student = models.BooleanField(_("full-time student"), default=False)
    employment_years = models.PositiveSmallIntegerField(_("years in employment"), default=0)
    housing = models.CharField(_("housing"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("financial profile")
        verbose_name_plural = _("financial profiles")
        indexes = [models.Index(fields=["customer", "-as_of_date", "-id"], name="financial_latest")]


class IdentityCheck(models.Model):
    """One check of name and identity number with the outside register."""

    class Outcome(models.TextChoices):
        PENDING = "PENDING", _("being checked")
        PASSED = "PASSED", _("passed")
        MISMATCH = "MISMATCH", _("name and number do not match")
        ERROR = "ERROR", _("could not be checked")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="identity_checks")
    public_id = PublicIdField()
    name = EncryptedTextField()
    identity_number = EncryptedTextField()
    identity_index = BlindIndexField()
    asked_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.PENDING)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(outcome="PENDING"), name="identity_check_one_pending"
            )
        ]


class VerificationCode(models.Model):
    """A code sent to a phone for one purpose; after sending only its hash is kept."""

    id = models.BigAutoField(primary_key=True)
    phone_index = models.CharField(max_length=40)
    purpose = models.CharField(max_length=20)
    phone = EncryptedTextField()
    # Kept readable only until it is sent; what is compared is the hash.
    code = EncryptedTextField(blank=True)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["phone_index", "purpose", "-id"], name="verification_latest")]
