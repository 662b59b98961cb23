"""What is known about a customer beyond the record itself: per role, by source, by relation, on paper."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import BlindIndexField, EncryptedTextField, MoneyField
from core.ids import PublicIdField
from customers.models.customer import Customer


class CustomerRole(models.Model):
    """One of the two roles of a customer, with the value, risk and stage he has in it."""

    class Role(models.TextChoices):
        BORROWER = "BORROWER", _("Borrower")
        INVESTOR = "INVESTOR", _("Investor")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="roles")
    role = models.CharField(_("role"), max_length=8, choices=Role)
    since_date = models.DateField(_("since"))
    stage = models.CharField(_("stage"), max_length=10, choices=Customer.Stage, default=Customer.Stage.POTENTIAL)
    value_tier = models.CharField(
        _("value tier"), max_length=8, choices=Customer.ValueTier, default=Customer.ValueTier.UNKNOWN
    )
    risk_tier = models.CharField(
        _("risk tier"), max_length=8, choices=Customer.RiskTier, default=Customer.RiskTier.UNKNOWN
    )
    # Borrowed or lent so far.
    value = MoneyField(_("value"), default=0)

    class Meta:
        verbose_name = _("role of a customer")
        verbose_name_plural = _("roles of customers")
        constraints = [models.UniqueConstraint(fields=["customer", "role"], name="customer_role_once")]


class CustomField(models.Model):
    """A field that an administrator added to the customer record; its values stand in `Customer.custom`."""

    class Type(models.TextChoices):
        TEXT = "TEXT", _("text")
        NUMBER = "NUMBER", _("number")
        DATE = "DATE", _("date")
        CHOICE = "CHOICE", _("choice")
        YES_NO = "YES_NO", _("yes or no")

    code = models.SlugField(_("code"), max_length=30, unique=True)
    label = models.CharField(_("label"), max_length=40)
    label_en = models.CharField(_("label in English"), max_length=40, blank=True)
    type = models.CharField(_("type"), max_length=6, choices=Type)
    choices = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("choices"))
    place = models.PositiveSmallIntegerField(_("place"), default=100)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["place", "code"]
        constraints = [
            models.CheckConstraint(condition=~Q(type="CHOICE") | Q(choices__len__gt=0), name="custom_field_has_choices")
        ]

    def __str__(self) -> str:
        return self.label


class FieldChange(models.Model):
    """One change of one field: old, new, from which source, when, by whom. Append-only."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="field_changes")
    field = models.CharField(_("field"), max_length=60)
    old = EncryptedTextField(_("old"), blank=True)
    new = EncryptedTextField(_("new"), blank=True)
    source = models.CharField(_("source"), max_length=40)
    actor = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("field change")
        verbose_name_plural = _("field changes")
        indexes = [models.Index(fields=["customer", "-id"], name="field_change_customer")]


class FieldClaim(models.Model):
    """What one source says about one field; sources that disagree are shown side by side."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="claims")
    field = models.CharField(_("field"), max_length=60)
    source = models.CharField(_("source"), max_length=40)
    value = EncryptedTextField(_("value"), blank=True)
    value_index = BlindIndexField()
    as_of = models.DateTimeField(_("as of"))
    # Somebody looked at the conflict and kept the other value.
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("claim of a source")
        verbose_name_plural = _("claims of sources")
        constraints = [models.UniqueConstraint(fields=["customer", "field", "source"], name="claim_one_per_source")]
        # What the filter "conflicting sources" reads, and nothing else of the claims.
        indexes = [
            models.Index(
                fields=["customer", "field", "value_index"],
                name="claim_undecided",
                condition=Q(settled_at__isnull=True) & ~Q(value_index=""),
            )
        ]


class PhoneChange(models.Model):
    """A new number for a log-in that staff asked for; until its holder confirms it the old one stays."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="phone_changes")
    # Both numbers are forgotten when they are no longer needed.
    phone = EncryptedTextField(_("new phone"), blank=True)
    phone_index = BlindIndexField()
    phone_tail = models.CharField(_("last digits"), max_length=4)
    old_phone = EncryptedTextField(_("old phone"), blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    asked_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(_("asked at"))
    expires_at = models.DateTimeField(_("valid until"))
    # Wrong ends of the identity number; after a few the change is dropped.
    failures = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("dropped at"), null=True, blank=True)

    class Meta:
        verbose_name = _("change of a log-in phone")
        verbose_name_plural = _("changes of log-in phones")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(confirmed_at__isnull=True, dropped_at__isnull=True),
                name="phone_change_one_open",
            )
        ]


class Household(models.Model):
    """People with one purse: exposure is added up over them."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    name = models.CharField(_("name"), max_length=60)
    formed_at = models.DateTimeField(_("formed at"))

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")

    def __str__(self) -> str:
        return self.name


class Relation(models.Model):
    """How a customer stands to another one; each pair is written once, read from both ends."""

    class Kind(models.TextChoices):
        SPOUSE = "SPOUSE", _("spouse")
        PARENT = "PARENT", _("parent of")
        SIBLING = "SIBLING", _("sibling")
        GUARANTOR = "GUARANTOR", _("guarantor of")
        EMPLOYER = "EMPLOYER", _("employer of")
        OWNER = "OWNER", _("owner of")
        PARTNER = "PARTNER", _("business partner")
        INTRODUCER = "INTRODUCER", _("introduced")
        FRIEND = "FRIEND", _("friend")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="relations")
    other = models.ForeignKey(Customer, models.PROTECT, related_name="relations_from")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # What a guarantor answers for.
    amount = MoneyField(_("amount"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=40)
    created_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        constraints = [
            models.CheckConstraint(condition=~Q(customer=F("other")), name="relation_to_another"),
            models.UniqueConstraint(
                fields=["customer", "other", "kind"], condition=Q(ended_at__isnull=True), name="relation_once"
            ),
        ]
        indexes = [models.Index(fields=["other", "kind"], name="relation_other")]


class Document(models.Model):
    """A paper of a customer; its content is stored encrypted."""

    class Kind(models.TextChoices):
        IDENTITY = "IDENTITY", _("identity card")
        INCOME = "INCOME", _("proof of income")
        ASSET = "ASSET", _("proof of assets")
        LICENCE = "LICENCE", _("business licence")
        VISIT = "VISIT", _("photo of a visit")
        OTHER = "OTHER", _("other")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="documents")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    title = models.CharField(_("title"), max_length=120)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    content = EncryptedTextField(help_text="base64 of the file")
    uploaded_at = models.DateTimeField(_("uploaded at"))
    uploaded_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    valid_until_date = models.DateField(_("valid until"), null=True, blank=True)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        indexes = [models.Index(fields=["customer", "-id"], name="document_customer")]

    def __str__(self) -> str:
        return self.title
