"""Transfers and entries: what happened to money. Rows are written once and never change."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField


class TransferType(models.TextChoices):
    """Why money moved."""

    DEPOSIT = "DEPOSIT", _("deposit")
    CARD_DEBIT = "CARD_DEBIT", _("automatic debit of a card")
    WITHDRAWAL = "WITHDRAWAL", _("withdrawal")
    FREEZE = "FREEZE", _("set aside")
    UNFREEZE = "UNFREEZE", _("set free")
    LOAN_PAYOUT = "LOAN_PAYOUT", _("loan payout")
    REPAYMENT = "REPAYMENT", _("repayment")
    FEE = "FEE", _("fee")
    CLAIM_TRANSFER = "CLAIM_TRANSFER", _("transfer of a claim")
    COMPENSATION = "COMPENSATION", _("compensation")
    RESERVE_CONTRIBUTION = "RESERVE_CONTRIBUTION", _("contribution to the reserve fund")
    REWARD = "REWARD", _("reward")
    INTEREST_SUBSIDY = "INTEREST_SUBSIDY", _("interest subsidy")
    OWN_FUNDS = "OWN_FUNDS", _("platform's own money in or out")
    UNMATCHED_PAYMENT = "UNMATCHED_PAYMENT", _("payment that cannot be matched")
    SUSPENSE_CLEARED = "SUSPENSE_CLEARED", _("unmatched payment cleared up")
    REVERSAL = "REVERSAL", _("reversal")


class Transfer(models.Model):
    """One movement of money between accounts; its entries sum to zero."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(_("number"), max_length=24)
    type = models.CharField(_("type"), max_length=24, choices=TransferType)
    idempotency_key = models.CharField(_("idempotency key"), max_length=300)
    business_date = models.DateField(_("business date"))
    posted_at = models.DateTimeField(_("posted at"))
    reference_type = models.CharField(_("record type"), max_length=40, blank=True)
    reference_id = models.CharField(_("record"), max_length=40, blank=True)
    memo = models.CharField(_("memo"), max_length=200, blank=True)
    # Without a foreign-key constraint, whose share lock on the system user would be written by every posting.
    actor = models.ForeignKey(
        "core.User",
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("actor"),
    )
    reversal_of = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="reversals", db_index=False, verbose_name=_("reversal of")
    )
    # Set where the custodian had carried the movement out before it was posted here: the key of that instruction.
    custody_reference = models.CharField(_("custodian's instruction"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        indexes = [
            models.Index(fields=["reference_type", "reference_id"], name="transfer_reference"),
            models.Index(fields=["business_date", "id"], name="transfer_business_date"),
        ]
        constraints = [
            # Constraints instead of `unique=True`, which would add a second, pattern-matching index to each.
            models.UniqueConstraint(fields=["number"], name="transfer_number_unique"),
            models.UniqueConstraint(fields=["idempotency_key"], name="transfer_key_unique"),
            models.UniqueConstraint(
                fields=["reversal_of"], condition=Q(reversal_of__isnull=False), name="transfer_reversed_once"
            ),
            models.UniqueConstraint(
                fields=["custody_reference"], condition=~Q(custody_reference=""), name="transfer_custody_once"
            ),
            models.CheckConstraint(
                condition=Q(type="REVERSAL", reversal_of__isnull=False)
                | ~Q(type="REVERSAL") & Q(reversal_of__isnull=True),
                name="transfer_reversal_names_original",
            ),
            models.CheckConstraint(condition=~Q(idempotency_key=""), name="transfer_has_key"),
        ]

    def __str__(self) -> str:
        return self.number


class Entry(models.Model):
    """One account's side of a transfer: positive is owed to the owner, negative taken from him.

    The keys carry no foreign-key constraint: the entries' trigger demands both rows, neither can ever be deleted,
    and the constraint's share lock on a platform account would make every transfer write that one row.
    """

    id = models.BigAutoField(primary_key=True)
    transfer = models.ForeignKey(
        Transfer, models.PROTECT, related_name="entries", db_constraint=False, verbose_name=_("transfer")
    )
    account = models.ForeignKey(
        "ledger.Account",
        models.PROTECT,
        related_name="entries",
        db_constraint=False,
        db_index=False,
        verbose_name=_("account"),
    )
    amount = MoneyField(_("amount"))

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="entry_not_zero")]
        indexes = [models.Index(fields=["account", "id"], include=["amount"], name="entry_account")]
