"""People who may become customers, what they want, and what winning them costs."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import BlindIndexField, EncryptedTextField, MoneyField, RateField
from core.ids import PublicIdField
from customers.models.customer import Customer
from customers.models.facts import CustomerRole


class Method(models.TextChoices):
    """The thirteen ways of winning customers."""

    ACQUAINTANCE = "ACQUAINTANCE", _("acquaintance")
    INTRODUCTION = "INTRODUCTION", _("introduction")
    CONSULTATION = "CONSULTATION", _("consultation")
    DIRECT_VISIT = "DIRECT_VISIT", _("direct visit")
    CANVASSING = "CANVASSING", _("canvassing")
    PHONE = "PHONE", _("phone call")
    ADVERTISING = "ADVERTISING", _("advertising")
    EXHIBITION = "EXHIBITION", _("exhibition")
    ONLINE = "ONLINE", _("online promotion")
    SMS = "SMS", _("SMS promotion")
    EMAIL = "EMAIL", _("e-mail promotion")
    CHAIN = "CHAIN", _("chain referral")
    DATA = "DATA", _("data analysis")


class Partner(models.Model):
    """A partner who brings leads under a code of his own."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=40, blank=True)
    fee_per_lead = MoneyField(_("fee a lead"), default=0)
    fee_share = RateField(_("share of the first deal"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Lead(models.Model):
    """Somebody who may borrow or invest, by one method, with a clock for the first response."""

    class State(models.TextChoices):
        NEW = "NEW", pgettext_lazy("lead", "new")
        WORKING = "WORKING", _("being worked")
        QUALIFIED = "QUALIFIED", _("qualified")
        CONVERTED = "CONVERTED", _("became a customer")
        LOST = "LOST", _("lost")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    number = models.CharField(_("lead number"), max_length=24, unique=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    phone = EncryptedTextField(_("phone"), blank=True)
    phone_index = BlindIndexField()
    company = models.CharField(_("company"), max_length=80, blank=True)
    role = models.CharField(_("wants to"), max_length=8, choices=CustomerRole.Role)
    method = models.CharField(_("method"), max_length=12, choices=Method)
    # Introducer, UTM marks, stand of the fair, place of the visit: what the method's intake asks for.
    origin = models.JSONField(_("origin"), default=dict, blank=True)
    introducer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="introduced_leads", verbose_name=_("introducer")
    )
    partner = models.ForeignKey(
        Partner, models.PROTECT, null=True, blank=True, related_name="leads", verbose_name=_("partner")
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.NEW)
    lost_reason = models.CharField(_("why lost"), max_length=40, blank=True)
    # 0 to 100 with what made it up: [{"code", "points", "value"}].
    score = models.PositiveSmallIntegerField(_("score"), default=0)
    score_reasons = models.JSONField(default=list)
    owner = models.ForeignKey(
        "staff.StaffMember", models.PROTECT, null=True, blank=True, related_name="leads", verbose_name=_("RM")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="leads")
    has_marketing_consent = models.BooleanField(_("agreed to be contacted"), default=False)
    created_at = models.DateTimeField(_("came in at"))
    answer_due_at = models.DateTimeField(_("first response due"), null=True, blank=True)
    answered_at = models.DateTimeField(_("first response"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        constraints = [
            models.UniqueConstraint(
                fields=["phone_index", "role"],
                condition=~Q(phone_index="") & Q(state__in=["NEW", "WORKING", "QUALIFIED"]),
                name="lead_open_once",
            ),
            models.CheckConstraint(condition=~Q(state="LOST") | ~Q(lost_reason=""), name="lead_lost_has_reason"),
            models.CheckConstraint(
                condition=~Q(state="CONVERTED") | Q(customer__isnull=False), name="lead_has_customer"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "state", "-id"], name="lead_owner"),
            models.Index(fields=["state", "-id"], name="lead_state"),
            models.Index(fields=["method", "-created_at"], name="lead_method"),
            models.Index(
                fields=["owner", "answer_due_at"],
                name="lead_unanswered",
                condition=Q(answered_at__isnull=True, state="NEW"),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.number


class Need(models.Model):
    """What a customer or lead wants: amount, term, yield, purpose, until when."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="needs")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="needs")
    role = models.CharField(_("as"), max_length=8, choices=CustomerRole.Role)
    amount = MoneyField(_("amount"), null=True, blank=True)
    months = models.PositiveSmallIntegerField(_("months"), null=True, blank=True)
    annual_rate = RateField(_("rate hoped for"), null=True, blank=True)
    purpose = models.CharField(_("purpose"), max_length=120, blank=True)
    wanted_date = models.DateField(_("wanted by"), null=True, blank=True)
    text = models.TextField(_("in his words"), blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    met_at = models.DateTimeField(_("met at"), null=True, blank=True)

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | Q(lead__isnull=False), name="need_belongs_to_somebody"
            )
        ]
        indexes = [models.Index(fields=["customer", "-id"], name="need_customer")]


class Opportunity(models.Model):
    """A deal in the making with a customer or lead."""

    class Stage(models.TextChoices):
        NEED = "NEED", _("need found")
        PROPOSED = "PROPOSED", _("proposed")
        APPLYING = "APPLYING", _("applying")
        WON = "WON", _("won")
        LOST = "LOST", _("lost")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="opportunities")
    need = models.ForeignKey(Need, models.PROTECT, null=True, blank=True, related_name="opportunities")
    role = models.CharField(_("as"), max_length=8, choices=CustomerRole.Role)
    title = models.CharField(_("title"), max_length=80)
    amount = MoneyField(_("amount"))
    stage = models.CharField(_("stage"), max_length=8, choices=Stage, default=Stage.NEED)
    probability = models.PositiveSmallIntegerField(_("probability"), default=10)
    expected_date = models.DateField(_("expected by"), null=True, blank=True)
    stage_at = models.DateTimeField(_("in this stage since"))
    lost_reason = models.CharField(_("why lost"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("created at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        constraints = [
            models.CheckConstraint(condition=Q(probability__lte=100), name="opportunity_probability"),
            models.CheckConstraint(condition=~Q(stage="LOST") | ~Q(lost_reason=""), name="opportunity_lost_has_reason"),
        ]
        indexes = [
            models.Index(fields=["stage", "-id"], name="opportunity_stage"),
            models.Index(fields=["customer", "-id"], name="opportunity_customer"),
        ]

    def __str__(self) -> str:
        return self.title


class OpportunityStay(models.Model):
    """One stretch that an opportunity spent in a stage; what the time per stage is counted from."""

    id = models.BigAutoField(primary_key=True)
    opportunity = models.ForeignKey(Opportunity, models.PROTECT, related_name="stays")
    stage = models.CharField(_("stage"), max_length=8, choices=Opportunity.Stage)
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("stay in a stage")
        verbose_name_plural = _("stays in stages")
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity"], condition=Q(until_at__isnull=True), name="opportunity_one_open_stay"
            ),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gte=models.F("from_at")), name="opportunity_stay_order"
            ),
        ]
        indexes = [models.Index(fields=["stage", "-until_at"], name="opportunity_stay_stage")]


class AcquisitionCost(models.Model):
    """Money spent on a method of winning customers in a stretch of days."""

    id = models.BigAutoField(primary_key=True)
    method = models.CharField(_("method"), max_length=12, choices=Method)
    channel = models.CharField(_("channel"), max_length=40, blank=True)
    partner = models.ForeignKey(Partner, models.PROTECT, null=True, blank=True, related_name="costs")
    from_date = models.DateField(_("from"))
    until_date = models.DateField(_("until"))
    amount = MoneyField(_("amount"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("cost of winning customers")
        verbose_name_plural = _("costs of winning customers")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="acquisition_cost_positive"),
            models.CheckConstraint(condition=Q(until_date__gte=models.F("from_date")), name="acquisition_cost_days"),
        ]


class CustomerCost(models.Model):
    """What serving one customer cost: a visit, a gift, a campaign's share, hours."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="costs")
    kind = models.CharField(_("kind"), max_length=40)
    amount = MoneyField(_("amount"))
    at = models.DateTimeField(_("time"))
    key = models.CharField(max_length=120, unique=True)

    class Meta:
        verbose_name = _("cost of a customer")
        verbose_name_plural = _("costs of customers")
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="customer_cost_positive")]
        indexes = [models.Index(fields=["customer", "-id"], name="customer_cost_customer")]
