"""What is said to customers, and the proof of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.ids import PublicIdField


class Channel(models.TextChoices):
    """How a message travels."""

    SMS = "SMS", _("SMS")
    MAIL = "MAIL", _("e-mail")
    INAPP = "INAPP", _("in the app")


class Kind(models.TextChoices):
    """What a message is for; each kind has its own gate."""

    VERIFICATION = "VERIFICATION", _("verification code")
    NOTICE = "NOTICE", _("notice")
    MARKETING = "MARKETING", _("marketing")
    COLLECTION = "COLLECTION", _("collection")


class Template(models.Model):
    """One version of one text; a change is a new version, so that every sent message keeps its own."""

    code = models.SlugField(_("code"), max_length=60)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    channel = models.CharField(_("channel"), max_length=5, choices=Channel)
    language = models.CharField(_("language"), max_length=10)
    version = models.PositiveIntegerField(_("version"), default=1)
    is_active = models.BooleanField(_("active"), default=True)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    body = models.TextField(_("text"), help_text=_("Places in braces are filled in: {amount}, {due_date}."))

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["code", "channel", "language", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "channel", "language", "version"], name="template_version_unique"),
            models.UniqueConstraint(
                fields=["code", "channel", "language"], condition=Q(is_active=True), name="template_one_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.channel} {self.language} v{self.version}"


class Message(models.Model):
    """One message to one customer over one channel; unique by the key of what it tells."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("queued")
        SENT = "SENT", _("sent")
        DELIVERED = "DELIVERED", _("delivered")
        FAILED = "FAILED", _("failed")
        SUPPRESSED = "SUPPRESSED", _("not sent")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, related_name="messages")
    template = models.ForeignKey(Template, models.PROTECT, related_name="messages", verbose_name=_("template"))
    channel = models.CharField(_("channel"), max_length=5, choices=Channel)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    address = EncryptedTextField(blank=True)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    text = EncryptedTextField(_("text"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(_("reason"), max_length=80, blank=True)
    dedup_key = models.CharField(max_length=120, unique=True)
    reference_type = models.CharField(max_length=40, blank=True)
    reference_id = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(_("made at"))
    send_after = models.DateTimeField(_("not before"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    read_at = models.DateTimeField(_("read at"), null=True)
    provider_reference = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["customer", "-id"], name="message_customer"),
            models.Index(fields=["send_after"], name="message_queued", condition=Q(state="QUEUED")),
            models.Index(fields=["provider_reference"], name="message_provider"),
        ]
