"""What the credit bureau was asked and what it answered."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField, MoneyField
from core.ids import PublicIdField


class BureauReport(models.Model):
    """One query for one application: asked once, kept with consent, purpose, cost and the answer as evidence."""

    class State(models.TextChoices):
        ASKED = "ASKED", _("being asked")
        RECEIVED = "RECEIVED", _("received")
        REFUSED = "REFUSED", _("refused by the bureau")
        UNAVAILABLE = "UNAVAILABLE", _("bureau not reached")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="bureau_reports")
    application = models.ForeignKey(
        "lending.Application", models.PROTECT, related_name="bureau_reports", verbose_name=_("application")
    )
    consent = models.ForeignKey("customers.Consent", models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(_("agreed purpose"), max_length=20)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("asked at"))
    asked_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("asked by"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    received_at = models.DateTimeField(_("received at"), null=True)
    reported_at = models.DateTimeField(_("as of"), null=True)
    valid_until_date = models.DateField(_("valid until"), null=True)
    reference = models.CharField(_("bureau's number"), max_length=64, blank=True)
    cost = MoneyField(_("cost"), default=0)
    report = EncryptedTextField(_("report"), blank=True)
    failure_code = models.CharField(_("failure"), max_length=60, blank=True)
    # A report that is still fresh is not bought twice; the copy names the row that paid for it.
    reused_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="reuses")

    class Meta:
        verbose_name = _("bureau report")
        verbose_name_plural = _("bureau reports")
        constraints = [
            models.UniqueConstraint(fields=["application", "purpose"], name="bureau_once_an_application"),
            models.CheckConstraint(
                condition=~Q(state="RECEIVED") | Q(received_at__isnull=False, consent__isnull=False),
                name="bureau_received_has_consent",
            ),
        ]
        indexes = [models.Index(fields=["customer", "-received_at"], name="bureau_latest")]

    def __str__(self) -> str:
        return self.reference or self.public_id
