"""The mirror at the custodian bank: sub-accounts, instructions, statements, reconciliation."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import MoneyField


class CustodyAccount(models.Model):
    """A customer's sub-account at the custodian; no money moves for him before it is open."""

    class Status(models.TextChoices):
        REQUESTED = "REQUESTED", _("requested")
        OPEN = "OPEN", pgettext_lazy("custody account", "open")
        REFUSED = "REFUSED", _("refused by the bank")

    customer = models.OneToOneField(
        "customers.Customer",
        models.PROTECT,
        primary_key=True,
        related_name="custody_account",
        verbose_name=_("customer"),
    )
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.REQUESTED)
    number = models.CharField(_("account number"), max_length=40, blank=True)
    refusal_code = models.CharField(_("refusal"), max_length=64, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    opened_at = models.DateTimeField(_("opened at"), null=True)

    class Meta:
        verbose_name = _("custody account")
        verbose_name_plural = _("custody accounts")
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="custody_number_unique"),
            models.CheckConstraint(
                condition=Q(status="OPEN") & ~Q(number="") | ~Q(status="OPEN"), name="custody_open_has_number"
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(self.pk)


class CustodyBatch(models.Model):
    """Up to a thousand instructions that go to the custodian in one call."""

    class State(models.TextChoices):
        PREPARED = "PREPARED", _("prepared")
        ANSWERED = "ANSWERED", _("answered")

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(_("key"), max_length=24, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PREPARED)
    size = models.PositiveIntegerField(_("instructions"))
    refused_count = models.PositiveIntegerField(_("refused"), default=0)
    prepared_at = models.DateTimeField(_("prepared at"))
    answered_at = models.DateTimeField(_("answered at"), null=True)

    class Meta:
        verbose_name = _("custody batch")
        verbose_name_plural = _("custody batches")

    def __str__(self) -> str:
        return self.key


class CustodyPosting(models.Model):
    """Where one transfer stands at the custodian. The entries' trigger writes the row with the transfer.

    Ids are drawn while the customers' balances are locked, so that a transfer which spends what another one
    brought always follows it.
    """

    class State(models.TextChoices):
        PENDING = "PENDING", _("to be sent")
        SENT = "SENT", _("in a batch")
        EXECUTED = "EXECUTED", _("carried out")
        REFUSED = "REFUSED", _("refused by the bank")

    id = models.BigAutoField(primary_key=True)
    transfer = models.OneToOneField(
        "ledger.Transfer",
        models.PROTECT,
        related_name="custody",
        db_constraint=False,
        verbose_name=_("transfer"),
    )
    state = models.CharField(_("state"), max_length=8, choices=State)
    # The bank's day: the transfer's own, or a later one where that day was reconciled before the order went out.
    statement_date = models.DateField(_("statement date"), null=True)
    batch = models.ForeignKey(CustodyBatch, models.PROTECT, null=True, related_name="postings", verbose_name=_("batch"))
    attempt = models.PositiveSmallIntegerField(_("attempt"), db_default=0)
    refusal_code = models.CharField(_("refusal"), max_length=64, blank=True, db_default="")

    class Meta:
        verbose_name = _("custody posting")
        verbose_name_plural = _("custody postings")
        indexes = [
            models.Index(fields=["state", "id"], condition=~Q(state="EXECUTED"), name="custody_not_executed"),
            models.Index(fields=["statement_date"], name="custody_statement_date"),
        ]


class ReconciliationRun(models.Model):
    """The comparison of one business date with the custodian's statement; repeated until it is clean."""

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", _("waiting for the statement")
        MATCHED = "MATCHED", _("no difference")
        DIFFERED = "DIFFERED", _("differences")

    business_date = models.DateField(_("business date"), primary_key=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.REQUESTED)
    requested_at = models.DateTimeField(_("requested at"))
    compared_at = models.DateTimeField(_("compared at"), null=True)
    attempts = models.PositiveIntegerField(_("comparisons"), default=0)
    line_count = models.PositiveIntegerField(_("statement lines"), default=0)
    account_count = models.PositiveIntegerField(_("accounts"), default=0)
    difference_count = models.PositiveIntegerField(_("differences"), default=0)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")

    def __str__(self) -> str:
        return self.business_date.isoformat()


class StatementLine(models.Model):
    """One leg that the custodian booked, as its statement says."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ReconciliationRun, models.PROTECT, related_name="lines", verbose_name=_("reconciliation"))
    bank_reference = models.CharField(_("bank's reference"), max_length=64)
    key = models.CharField(_("instruction"), max_length=64)
    account_number = models.CharField(_("account number"), max_length=40)
    is_frozen = models.BooleanField(_("frozen part"))
    amount = MoneyField(_("amount"))
    booked_at = models.DateTimeField(_("booked at"))

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")


class StatementBalance(models.Model):
    """One account's balances at the end of a business date, as the custodian's statement says."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(
        ReconciliationRun, models.PROTECT, related_name="balances", verbose_name=_("reconciliation")
    )
    account_number = models.CharField(_("account number"), max_length=40)
    available = MoneyField(_("available"))
    frozen = MoneyField(_("frozen"))

    class Meta:
        verbose_name = _("statement balance")
        verbose_name_plural = _("statement balances")
        constraints = [models.UniqueConstraint(fields=["run", "account_number"], name="statement_balance_once")]


class ReconciliationDifference(models.Model):
    """One line or balance on which the ledger and the custodian disagree; closed when a later comparison agrees."""

    class Kind(models.TextChoices):
        MISSING_AT_BANK = "MISSING_AT_BANK", _("not on the bank's statement")
        MISSING_IN_LEDGER = "MISSING_IN_LEDGER", _("not in the ledger")
        AMOUNT_DIFFERS = "AMOUNT_DIFFERS", _("amounts differ")
        BALANCE_DIFFERS = "BALANCE_DIFFERS", _("balances differ")
        TOTAL_DIFFERS = "TOTAL_DIFFERS", _("totals differ")
        REFUSED_BY_BANK = "REFUSED_BY_BANK", _("refused by the bank")
        NOT_SENT = "NOT_SENT", _("not sent to the bank")

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(
        ReconciliationRun, models.PROTECT, related_name="differences", verbose_name=_("reconciliation")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    key = models.CharField(_("instruction"), max_length=64, blank=True)
    account_number = models.CharField(_("account number"), max_length=40, blank=True)
    is_frozen = models.BooleanField(_("frozen part"), default=False)
    ledger_amount = MoneyField(_("in the ledger"), null=True)
    bank_amount = MoneyField(_("at the bank"), null=True)
    found_at = models.DateTimeField(_("found at"))
    resolved_at = models.DateTimeField(_("resolved at"), null=True)

    class Meta:
        verbose_name = _("reconciliation difference")
        verbose_name_plural = _("reconciliation differences")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind", "key", "account_number", "is_frozen"],
                condition=Q(resolved_at=None),
                name="difference_open_once",
            )
        ]
