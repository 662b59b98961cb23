"""What a borrower pays and where each fen goes."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.ids import PublicIdField


class Component(models.TextChoices):
    """What a part of a payment pays."""

    FEE = "FEE", _("fee")
    PENALTY = "PENALTY", _("penalty")
    INTEREST = "INTEREST", _("interest")
    PRINCIPAL = "PRINCIPAL", _("principal")


class Repayment(models.Model):
    """One payment of a borrower, fully allocated and fully distributed in the transaction that posted it."""

    class Kind(models.TextChoices):
        REPAYMENT = "REPAYMENT", _("repayment")
        AUTO_DEBIT = "AUTO_DEBIT", _("automatic debit")
        SETTLEMENT = "SETTLEMENT", _("early settlement")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    # No index of its own where one of the constraints or indexes below begins with the key: rows come by the dozen.
    loan = models.ForeignKey(
        "lending.Loan", models.PROTECT, related_name="repayments", db_index=False, verbose_name=_("loan")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    amount = MoneyField(_("amount"))
    fee = MoneyField(_("fees"))
    penalty = MoneyField(_("penalty"))
    interest = MoneyField(_("interest"))
    principal = MoneyField(_("principal"))
    business_date = models.DateField(_("business date"))
    received_at = models.DateTimeField(_("received at"))
    transfer_id = models.BigIntegerField()
    idempotency_key = models.CharField(max_length=330, unique=True)

    class Meta:
        verbose_name = _("repayment")
        verbose_name_plural = _("repayments")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    amount=F("fee") + F("penalty") + F("interest") + F("principal"),
                    amount__gt=0,
                ),
                name="repayment_parts_add_up",
            )
        ]
        indexes = [
            models.Index(fields=["loan", "-id"], name="repayment_loan"),
            models.Index(fields=["business_date"], name="repayment_date"),
        ]


class Allocation(models.Model):
    """The part of a repayment that paid one component of one instalment; interest below zero was given back."""

    id = models.BigAutoField(primary_key=True)
    repayment = models.ForeignKey(Repayment, models.PROTECT, related_name="allocations", db_index=False)
    instalment = models.ForeignKey("lending.Instalment", models.PROTECT, related_name="allocations")
    component = models.CharField(max_length=10, choices=Component)
    amount = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repayment", "instalment", "component"], name="allocation_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(amount__lt=0, component=Component.INTEREST), name="allocation_positive"
            ),
        ]


class Distribution(models.Model):
    """What one lender received of one repayment, by component."""

    id = models.BigAutoField(primary_key=True)
    repayment = models.ForeignKey(Repayment, models.PROTECT, related_name="distributions", db_index=False)
    share = models.ForeignKey("lending.LenderShare", models.PROTECT, related_name="distributions", db_index=False)
    principal = MoneyField(default=0)
    interest = MoneyField(default=0)
    penalty = MoneyField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repayment", "share"], name="distribution_once"),
            models.CheckConstraint(
                # Interest that an early settlement gives back is taken off the principal that comes with it.
                condition=Q(principal__gte=0, interest__gte=-F("principal"), penalty__gte=0),
                name="distribution_not_negative",
            ),
        ]
        indexes = [models.Index(fields=["share", "-id"], name="distribution_share")]


class DebitAttempt(models.Model):
    """One automatic debit of one loan: in the morning with the bank card behind it, and once more at the close."""

    class Round(models.TextChoices):
        MORNING = "MORNING", _("morning")
        CLOSE = "CLOSE", _("close")

    class Outcome(models.TextChoices):
        PAID = "PAID", _("paid")
        PART = "PART", _("paid in part")
        NOTHING = "NOTHING", _("no money there")

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey("lending.Loan", models.PROTECT, related_name="debit_attempts")
    business_date = models.DateField()
    round = models.CharField(max_length=8, choices=Round, default=Round.CLOSE)
    due_amount = MoneyField()
    taken = MoneyField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["loan", "business_date", "round"], name="debit_once_a_round")]
