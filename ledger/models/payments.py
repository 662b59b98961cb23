"""Money on its way in or out."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.ids import PublicIdField


class PaymentOrder(models.Model):
    """One order to a payment partner: a deposit, a debit of a bound card, or a withdrawal to one."""

    class Kind(models.TextChoices):
        DEPOSIT = "DEPOSIT", _("deposit")
        CARD_DEBIT = "CARD_DEBIT", _("automatic debit of a card")
        WITHDRAWAL = "WITHDRAWAL", _("withdrawal")

    class Status(models.TextChoices):
        CREATED = "CREATED", _("created")
        PENDING = "PENDING", _("with the payment partner")
        SUCCEEDED = "SUCCEEDED", _("succeeded")
        FAILED = "FAILED", _("failed")
        EXPIRED = "EXPIRED", _("expired")

    class Gateway(models.TextChoices):
        WECHAT = "wechat", _("WeChat Pay")
        ALIPAY = "alipay", _("Alipay")
        BANK = "bank", _("bank")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    number = models.CharField(_("number"), max_length=24)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.CREATED)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="payment_orders", verbose_name=_("customer")
    )
    amount = MoneyField(_("amount"))
    gateway = models.CharField(_("gateway"), max_length=8, choices=Gateway)
    card = models.ForeignKey(
        "customers.BankCard", models.PROTECT, null=True, related_name="+", verbose_name=_("bank card")
    )
    purpose = models.CharField(_("purpose"), max_length=24)
    reference_type = models.CharField(_("record type"), max_length=40, blank=True)
    reference_id = models.CharField(_("record"), max_length=40, blank=True)
    # The customer's own order or mandate, which the custodian and the bank ask for with each instruction.
    authorisation = models.CharField(_("authorisation"), max_length=64)
    idempotency_key = models.CharField(_("idempotency key"), max_length=300)
    business_date = models.DateField(_("business date"))
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True)
    submitted_at = models.DateTimeField(_("handed to the partner at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    checked_at = models.DateTimeField(_("asked the partner at"), null=True)
    gateway_number = models.CharField(_("partner's number"), max_length=64, blank=True)
    pay_url = models.CharField(_("payment address"), max_length=500, blank=True)
    failure_code = models.CharField(_("failure code"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("payment order")
        verbose_name_plural = _("payment orders")
        constraints = [
            models.UniqueConstraint(fields=["number"], name="payment_number_unique"),
            models.UniqueConstraint(fields=["idempotency_key"], name="payment_key_unique"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(kind="DEPOSIT", card=None) | ~Q(kind="DEPOSIT") & Q(card__isnull=False),
                name="payment_card_of_kind",
            ),
            models.UniqueConstraint(
                fields=["gateway", "gateway_number"],
                condition=~Q(gateway_number=""),
                name="payment_gateway_number_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="payment_customer"),
            models.Index(fields=["reference_type", "reference_id"], name="payment_reference"),
            models.Index(
                fields=["kind", "created_at"],
                condition=Q(status__in=["CREATED", "PENDING"]),
                name="payment_open",
            ),
            # Orders lie in the order of their dates: a few kilobytes find those of a week, and cost an insert nothing.
            BrinIndex(fields=["business_date"], name="payment_day", pages_per_range=32, autosummarize=True),
        ]

    def __str__(self) -> str:
        return self.number
