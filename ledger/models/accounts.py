"""Accounts and the balances of customers."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField


class AccountKind(models.TextChoices):
    """What an account is for."""

    CUSTODY = "CUSTODY", _("held by the custodian bank")
    PLATFORM_FEES = "PLATFORM_FEES", _("platform fees")
    PLATFORM_OWN = "PLATFORM_OWN", _("platform's own money")
    RESERVE = "RESERVE", _("risk reserve fund")
    SUSPENSE = "SUSPENSE", _("to be cleared up")
    CUSTOMER_AVAILABLE = "CUSTOMER_AVAILABLE", _("customer, available")
    CUSTOMER_FROZEN = "CUSTOMER_FROZEN", _("customer, frozen")


CUSTOMER_KINDS = (AccountKind.CUSTOMER_AVAILABLE, AccountKind.CUSTOMER_FROZEN)


class AllowedSign(models.IntegerChoices):
    """Which balance the database lets an account have."""

    NOT_NEGATIVE = 1, _("never below zero")
    ANY = 0, _("any")


class Account(models.Model):
    """One account; the id follows from kind and owner (`ledger.rules.accounts`). Rows never change."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=20, choices=AccountKind)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, related_name="accounts", verbose_name=_("customer")
    )
    allowed_sign = models.SmallIntegerField(_("allowed balance"), choices=AllowedSign)
    opened_at = models.DateTimeField(_("opened at"))

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind"], name="account_customer_kind_unique"),
            models.UniqueConstraint(fields=["kind"], condition=Q(customer=None), name="account_platform_kind_unique"),
            models.CheckConstraint(
                condition=Q(customer=None, id__gte=1, id__lte=9) & ~Q(kind__in=[kind.value for kind in CUSTOMER_KINDS])
                | Q(customer__isnull=False, kind="CUSTOMER_AVAILABLE", id=F("customer_id") * 10 + 1)
                | Q(customer__isnull=False, kind="CUSTOMER_FROZEN", id=F("customer_id") * 10 + 2),
                name="account_id_says_owner",
            ),
            models.CheckConstraint(
                condition=Q(allowed_sign=0, kind__in=["CUSTODY", "SUSPENSE"])
                | Q(allowed_sign=1) & ~Q(kind__in=["CUSTODY", "SUSPENSE"]),
                name="account_sign_of_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class AccountBalance(models.Model):
    """A customer account's balance: the sum of its entries, kept by the entries' trigger, writable by nothing else.

    The accounts' trigger opens the row with the account; a foreign key would only be checked again by each posting.
    """

    account = models.OneToOneField(
        Account,
        models.PROTECT,
        primary_key=True,
        related_name="running",
        db_constraint=False,
        verbose_name=_("account"),
    )
    balance = MoneyField(_("balance"))

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        constraints = [models.CheckConstraint(condition=Q(balance__gte=0), name="balance_not_negative")]


class BalanceCheckpoint(models.Model):
    """A platform account's sum up to an entry that nothing earlier can still join, so that summing stays quick."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, models.PROTECT, related_name="checkpoints", verbose_name=_("account"))
    through_entry_id = models.BigIntegerField(_("through entry"))
    balance = MoneyField(_("balance"))
    taken_at = models.DateTimeField(_("taken at"))

    class Meta:
        verbose_name = _("balance checkpoint")
        verbose_name_plural = _("balance checkpoints")
        constraints = [
            models.UniqueConstraint(fields=["account", "through_entry_id"], name="checkpoint_account_entry_unique")
        ]
