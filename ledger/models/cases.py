"""Questions about money that a person has to answer."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.ids import PublicIdField


class LedgerCase(models.Model):
    """Something about money that does not add up; while a blocking case is open, no money leaves."""

    class Kind(models.TextChoices):
        RECONCILIATION = "RECONCILIATION", _("the custodian's statement differs")
        AMOUNT_MISMATCH = "AMOUNT_MISMATCH", _("another amount was paid than ordered")
        UNKNOWN_PAYMENT = "UNKNOWN_PAYMENT", _("a payment without an order")
        CONTRADICTORY_RESULT = "CONTRADICTORY_RESULT", _("the partner changed its answer")
        REFUSED_BY_BANK = "REFUSED_BY_BANK", _("the custodian refused a posted transfer")

    class Status(models.TextChoices):
        OPEN = "OPEN", _("open")
        RESOLVED = "RESOLVED", _("resolved")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    number = models.CharField(_("number"), max_length=24, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    # Names what the case is about; one open case each, however often the same thing is noticed.
    key = models.CharField(_("key"), max_length=120)
    is_blocking = models.BooleanField(_("blocks money from leaving"))
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, related_name="+", verbose_name=_("customer")
    )
    amount = MoneyField(_("amount"), null=True)
    detail = models.JSONField(_("detail"), default=dict)
    opened_at = models.DateTimeField(_("opened at"))
    resolved_at = models.DateTimeField(_("resolved at"), null=True)
    resolved_by = models.ForeignKey(
        "core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("resolved by")
    )
    resolution = models.CharField(_("resolution"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("ledger case")
        verbose_name_plural = _("ledger cases")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(status="OPEN"), name="ledger_case_open_once"),
            models.CheckConstraint(
                condition=Q(status="OPEN", resolved_at=None) | Q(status="RESOLVED", resolved_at__isnull=False),
                name="ledger_case_resolved_has_time",
            ),
        ]
        indexes = [models.Index(fields=["status", "-id"], name="ledger_case_status")]

    def __str__(self) -> str:
        return self.number
