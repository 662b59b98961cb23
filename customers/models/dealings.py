"""What a customer has agreed to and how he is reached and paid."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import BlindIndexField, EncryptedTextField
from core.ids import PublicIdField


class Consent(models.Model):
    """Consent to one purpose (and recipient, where data leaves the house) with evidence; withdrawn, never deleted."""

    class Purpose(models.TextChoices):
        SERVICE = "SERVICE", _("service agreement and privacy notice")
        CREDIT_QUERY = "CREDIT_QUERY", _("query of the credit bureau")
        CREDIT_REPORT = "CREDIT_REPORT", _("report to the credit bureau")
        CUSTODY = "CUSTODY", _("custodian bank")
        SIGNATURE = "SIGNATURE", _("electronic signature and certificate")
        BANK_CARD = "BANK_CARD", _("bank card data")
        MARKETING = "MARKETING", _("marketing messages")
        AUTO_DEBIT = "AUTO_DEBIT", _("automatic debit on due dates")
        SOCIAL_DATA = "SOCIAL_DATA", _("social and sensitive data in credit decisions")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose)
    recipient = models.CharField(_("recipient"), max_length=60, blank=True)
    notice_version = models.CharField(_("notice version"), max_length=20)
    channel = models.CharField(_("channel"), max_length=20)
    given_at = models.DateTimeField(_("given at"))
    evidence_hash = models.CharField(_("hash of the evidence"), max_length=64)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "purpose", "recipient"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_one_live",
            )
        ]


class BankCard(models.Model):
    """A bound bank card, confirmed by the bank's four-factor check."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("being checked")
        BOUND = "BOUND", _("bound")
        REFUSED = "REFUSED", _("refused by the bank")
        UNBOUND = "UNBOUND", _("unbound")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="cards")
    number = EncryptedTextField(_("card number"))
    number_index = BlindIndexField()
    tail = models.CharField(_("last four digits"), max_length=4)
    bank_name = models.CharField(_("bank"), max_length=40, blank=True)
    reserved_phone = EncryptedTextField(_("phone at the bank"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    agreement_reference = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    bound_at = models.DateTimeField(_("bound at"), null=True)

    class Meta:
        verbose_name = _("bank card")
        verbose_name_plural = _("bank cards")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "number_index"], condition=Q(state__in=["PENDING", "BOUND"]), name="card_bound_once"
            )
        ]


class ChannelPreference(models.Model):
    """How a customer wants to be reached, most wanted channel first, and in which language."""

    customer = models.OneToOneField("customers.Customer", models.PROTECT, primary_key=True, related_name="preference")
    channels = models.JSONField(_("channels in order"), default=list)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    quiet_from_hour = models.PositiveSmallIntegerField(default=21)
    quiet_to_hour = models.PositiveSmallIntegerField(default=8)


class InvestorAssessment(models.Model):
    """One answered questionnaire of an investor's risk tolerance (办法 art. 26) and the tier it gave."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="assessments")
    answers = models.JSONField(_("answers"))
    score = models.PositiveSmallIntegerField(_("score"))
    tier = models.CharField(_("tier"), max_length=2)
    questionnaire_version = models.CharField(_("version of the questionnaire"), max_length=20)
    assessed_at = models.DateTimeField(_("assessed at"))
    valid_until_date = models.DateField(_("valid until"))

    class Meta:
        verbose_name = _("investor assessment")
        verbose_name_plural = _("investor assessments")
        indexes = [models.Index(fields=["customer", "-id"], name="assessment_latest")]
