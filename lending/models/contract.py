"""The signed paper."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField


class Contract(models.Model):
    """One loan contract: the rendered PDF, then the signed one, each with its hash; files are never replaced."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("drawn up")
        SIGNING = "SIGNING", _("waiting for the borrower")
        SEALING = "SEALING", _("being signed")
        SIGNED = "SIGNED", _("signed by all")
        VOID = "VOID", _("void")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    loan = models.OneToOneField("lending.Loan", models.PROTECT, related_name="contract", verbose_name=_("loan"))
    number = models.CharField(_("contract number"), max_length=24, unique=True)
    template_version = models.CharField(_("template version"), max_length=40)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT)
    pdf = models.BinaryField()
    pdf_hash = models.CharField(max_length=64)
    signed_pdf = models.BinaryField(null=True)
    signed_hash = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(_("made at"))
    signed_at = models.DateTimeField(_("signed at"), null=True)

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")

    def __str__(self) -> str:
        return self.number


class ContractSignature(models.Model):
    """One party's will to sign and the certificate that carried it out."""

    class Party(models.TextChoices):
        BORROWER = "BORROWER", _("borrower")
        LENDER = "LENDER", _("lender")
        PLATFORM = "PLATFORM", _("platform")

    id = models.BigAutoField(primary_key=True)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="signatures")
    party = models.CharField(_("party"), max_length=8, choices=Party)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, related_name="signatures")
    intent_at = models.DateTimeField(_("will declared at"), null=True)
    intent_evidence = models.CharField(max_length=120, blank=True)
    certificate_serial = models.CharField(max_length=64, blank=True)
    signed_at = models.DateTimeField(_("signed at"), null=True)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints = [
            models.UniqueConstraint(fields=["contract", "customer"], name="signature_party_once", nulls_distinct=False)
        ]
