"""What came in from partners and what went out to them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField


class CallbackState(models.TextChoices):
    """How far an inbound callback has come."""

    RECEIVED = "RECEIVED", _("Received")
    DONE = "DONE", _("Processed")
    FAILED = "FAILED", _("Failed")


class CallOutcome(models.TextChoices):
    """How the latest attempt of an outbound call ended."""

    SUCCEEDED = "SUCCEEDED", _("Succeeded")
    REFUSED = "REFUSED", _("Refused")
    FAILED = "FAILED", _("Failed")
    UNKNOWN = "UNKNOWN", _("Outcome unknown")


class InboundCallback(models.Model):
    """One event that a partner reported with a valid signature, kept as it came in."""

    gateway = models.CharField(_("gateway"), max_length=20)
    event_key = models.CharField(_("event key"), max_length=128)
    kind = models.CharField(_("kind"), max_length=20)
    path = models.CharField(_("path"), max_length=200)
    headers = models.JSONField(_("headers"))
    raw_body = EncryptedTextField(_("body"))
    received_at = models.DateTimeField(_("received at"))
    state = models.CharField(_("state"), max_length=10, choices=CallbackState.choices, default=CallbackState.RECEIVED)
    handled_at = models.DateTimeField(_("processed at"), null=True, blank=True)
    failure_count = models.PositiveIntegerField(_("failures"), default=0)
    last_error = models.CharField(_("last error"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("inbound callback")
        verbose_name_plural = _("inbound callbacks")
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event_key"], name="inbound_callback_once"),
            models.CheckConstraint(
                condition=models.Q(state=CallbackState.DONE) ^ models.Q(handled_at__isnull=True),
                name="inbound_callback_done_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="inbound_callback_open", condition=~models.Q(state=CallbackState.DONE)),
            models.Index(fields=["-received_at"], name="inbound_callback_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_key}"


class CallbackRejection(models.Model):
    """How many inbound calls of one gateway proved nothing within one hour, by reason."""

    gateway = models.CharField(_("gateway"), max_length=20)
    reason = models.CharField(_("reason"), max_length=20)
    hour = models.DateTimeField(_("hour"))
    call_count = models.PositiveIntegerField(_("calls"), default=1)

    class Meta:
        verbose_name = _("rejected callback")
        verbose_name_plural = _("rejected callbacks")
        constraints = [
            models.UniqueConstraint(fields=["gateway", "reason", "hour"], name="callback_rejection_once_an_hour")
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.reason} {self.hour:%F %H}"


class OutboundCall(models.Model):
    """All attempts of one call to a partner; bodies are kept as keyed digests only."""

    port = models.CharField(_("port"), max_length=20)
    operation = models.CharField(_("operation"), max_length=40)
    idempotency_key = models.CharField(_("idempotency key"), max_length=128)
    outcome = models.CharField(_("outcome"), max_length=10, choices=CallOutcome.choices)
    code = models.CharField(_("code"), max_length=60, blank=True, default="")
    request_digest = models.CharField(_("request digest"), max_length=40, blank=True, default="")
    response_digest = models.CharField(_("response digest"), max_length=40, blank=True, default="")
    attempt_count = models.PositiveIntegerField(_("attempts"), default=1)
    duration_ms = models.PositiveIntegerField(_("duration in ms"))
    first_at = models.DateTimeField(_("first attempt at"))
    last_at = models.DateTimeField(_("latest attempt at"))

    class Meta:
        verbose_name = _("outbound call")
        verbose_name_plural = _("outbound calls")
        constraints = [
            models.UniqueConstraint(fields=["port", "operation", "idempotency_key"], name="outbound_call_once")
        ]
        indexes = [models.Index(fields=["-last_at"], name="outbound_call_recent")]

    def __str__(self) -> str:
        return f"{self.port}.{self.operation} {self.idempotency_key}"
