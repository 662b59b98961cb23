"""The loan, its schedule, its lenders and what the nightly close keeps about it."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField
from core.ids import PublicIdField


class Loan(models.Model):
    """A filled listing on its way to payout, then a loan until the last fen; its conventions are frozen at contract."""

    class State(models.TextChoices):
        CONTRACTING = "CONTRACTING", _("contract being made")
        SIGNING = "SIGNING", _("waiting for signatures")
        PAYING_OUT = "PAYING_OUT", _("being paid out")
        ACTIVE = "ACTIVE", _("in repayment")
        SETTLED = "SETTLED", _("settled")
        CANCELLED = "CANCELLED", _("cancelled")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    number = models.CharField(_("loan number"), max_length=24, unique=True)
    listing = models.OneToOneField("lending.Listing", models.PROTECT, related_name="loan")
    borrower = models.ForeignKey("customers.Customer", models.PROTECT, related_name="loans")
    product = models.ForeignKey("lending.Product", models.PROTECT, related_name="loans", verbose_name=_("product"))
    principal = MoneyField(_("principal"))
    annual_rate = RateField(_("annual rate"))
    periods = models.PositiveSmallIntegerField(_("periods"))
    method = models.CharField(_("method"), max_length=24)
    period_unit = models.CharField(max_length=10)
    day_count = models.CharField(max_length=14)
    rounding = models.CharField(max_length=10)
    payment_step = MoneyField()
    payment_rounding = models.CharField(max_length=8)
    principal_grace = models.PositiveSmallIntegerField(default=0)
    due_date_shift = models.CharField(max_length=10)
    allocation_order = ArrayField(models.CharField(max_length=10))
    penalty_daily_rate = RateField()
    early_settlement_fee_rate = RateField(default=0)
    fee_terms = models.JSONField(default=list)
    cap_rate = RateField(_("legal cap at contract date"))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.CONTRACTING)
    created_at = models.DateTimeField(_("created at"))
    contract_date = models.DateField(_("contract date"))
    paid_out_at = models.DateTimeField(_("paid out at"), null=True)
    start_date = models.DateField(_("interest from"), null=True)
    maturity_date = models.DateField(_("last due date"), null=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    settled_early = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["ACTIVE", "SETTLED"]) | Q(start_date__isnull=False),
                name="loan_active_has_start",
            )
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="loan_state"),
            models.Index(fields=["borrower", "-id"], name="loan_borrower"),
            models.Index(fields=["product", "state"], name="loan_product_state"),
            models.Index(fields=["start_date"], name="loan_start"),
        ]

    def __str__(self) -> str:
        return self.number


class LoanState(models.Model):
    """The narrow row of a loan that repayments and the nightly close write; kept apart so that updates stay HOT.

    `as_of_date` is the day of which days past due, bucket and overdue amount were last reckoned: the payout's, then that
    of each ageing. A loan with nothing late keeps an old one, because the close leaves it alone.
    """

    loan = models.OneToOneField(Loan, models.PROTECT, primary_key=True, related_name="standing")
    principal_outstanding = MoneyField(_("outstanding principal"))
    interest_outstanding = MoneyField(_("interest not yet paid"))
    fees_outstanding = MoneyField(_("fees not yet paid"), default=0)
    penalty_outstanding = MoneyField(_("penalty not yet paid"), default=0)
    overdue_amount = MoneyField(_("overdue principal, interest and fees"), default=0)
    oldest_unpaid_due_date = models.DateField(null=True)
    next_due_date = models.DateField(_("next due date"), null=True)
    next_due_amount = MoneyField(_("next due amount"), default=0)
    # Overdue principal x days since the payout: the penalty is rounded on the whole, never day by day.
    penalty_yuan_days = models.DecimalField(max_digits=24, decimal_places=2, default=0)
    penalty_charged_total = MoneyField(default=0)
    penalty_cut_total = MoneyField(default=0)
    dpd = models.PositiveIntegerField(_("days past due"), default=0)
    bucket = models.CharField(_("bucket"), max_length=3, default="M0")
    loan_class = models.CharField(_("five-class grade"), max_length=16, default="NORMAL")
    as_of_date = models.DateField()

    class Meta:
        verbose_name = _("loan standing")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    principal_outstanding__gte=0,
                    interest_outstanding__gte=0,
                    fees_outstanding__gte=0,
                    penalty_outstanding__gte=0,
                    overdue_amount__gte=0,
                ),
                name="loan_state_not_negative",
            )
        ]


class Instalment(models.Model):
    """One row of a schedule: what falls due and what was paid of it, by component."""

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="instalments")
    n = models.PositiveSmallIntegerField(_("number"))
    due_date = models.DateField(_("due date"))
    nominal_due_date = models.DateField(_("due date before the working-day shift"))
    principal = MoneyField(_("principal"))
    interest = MoneyField(_("interest"))
    fee = MoneyField(_("fees"), default=0)
    penalty = MoneyField(_("penalty"), default=0)
    principal_paid = MoneyField(default=0)
    interest_paid = MoneyField(default=0)
    fee_paid = MoneyField(default=0)
    penalty_paid = MoneyField(default=0)
    # What early settlement took off: interest not yet earned.
    interest_waived = MoneyField(default=0)
    fee_waived = MoneyField(default=0)
    balance_after = MoneyField(_("balance"))
    paid_at = models.DateTimeField(_("paid at"), null=True)

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ["loan", "n"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "n"], name="instalment_loan_n"),
            models.CheckConstraint(
                condition=Q(
                    principal__gte=0,
                    interest__gte=0,
                    principal_paid__gte=0,
                    principal_paid__lte=F("principal"),
                    interest_paid__gte=0,
                    interest_paid__lte=F("interest") - F("interest_waived"),
                    fee_paid__gte=0,
                    fee_paid__lte=F("fee") - F("fee_waived"),
                    penalty_paid__gte=0,
                    penalty_paid__lte=F("penalty"),
                ),
                name="instalment_never_over_paid",
            ),
        ]
        indexes = [
            models.Index(fields=["due_date", "loan"], name="instalment_due", condition=Q(paid_at__isnull=True)),
            models.Index(fields=["due_date"], name="instalment_first_due", condition=Q(n=1)),
        ]

    @property
    def unpaid(self) -> Decimal:
        """Return what is still to be paid of all components."""
        due = self.principal + self.interest - self.interest_waived + self.fee - self.fee_waived + self.penalty
        return due - self.principal_paid - self.interest_paid - self.fee_paid - self.penalty_paid


class LenderShare(models.Model):
    """One investor's claim in a loan (all his bids together), and what he has received of it."""

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="shares")
    investor = models.ForeignKey("customers.Customer", models.PROTECT, related_name="shares")
    principal = MoneyField(_("lent"))
    principal_received = MoneyField(_("principal received"), default=0)
    interest_received = MoneyField(_("interest received"), default=0)
    penalty_received = MoneyField(_("penalty received"), default=0)

    class Meta:
        verbose_name = _("lender's share")
        verbose_name_plural = _("lenders' shares")
        constraints = [
            models.CheckConstraint(
                condition=Q(principal__gt=0, principal_received__gte=0, principal_received__lte=F("principal")),
                name="share_never_over_repaid",
            ),
            models.UniqueConstraint(fields=["loan", "investor"], name="share_investor_once"),
        ]
        indexes = [
            models.Index(fields=["investor", "-id"], name="share_investor"),
        ]


class PayoutInstruction(models.Model):
    """The intent to pay a loan out; its id is the custodian's idempotency key."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("pending")
        EXECUTED = "EXECUTED", _("executed")
        REFUSED = "REFUSED", _("refused")

    loan = models.OneToOneField(Loan, models.PROTECT, primary_key=True, related_name="payout")
    amount = MoneyField(_("amount"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    asked_at = models.DateTimeField(_("asked at"))
    executed_at = models.DateTimeField(_("executed at"), null=True)
    custody_reference = models.CharField(max_length=64, blank=True)
    refusal = models.CharField(max_length=200, blank=True)


class ChargeAccrual(models.Model):
    """The penalty of one loan for one business date: what was charged, what the legal cap cut off."""

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="accruals")
    business_date = models.DateField()
    instalment = models.ForeignKey(Instalment, models.PROTECT, related_name="+")
    base = MoneyField(_("overdue principal"))
    charged = MoneyField(_("charged"))
    cut = MoneyField(_("cut by the cap"), default=0)

    class Meta:
        verbose_name = _("penalty accrual")
        verbose_name_plural = _("penalty accruals")
        constraints = [
            models.UniqueConstraint(fields=["loan", "business_date"], name="penalty_once_a_day"),
            models.CheckConstraint(condition=Q(charged__gte=0), name="penalty_not_negative"),
        ]
