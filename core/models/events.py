"""The outbox."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class OutboxEvent(models.Model):
    """Something that happened, written in the transaction in which it happened."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("event"), max_length=80)
    payload = models.JSONField(_("payload"))
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class EventDelivery(models.Model):
    """One event for one handler; the row turns DONE in the transaction of the handler's own writes."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("pending")
        DONE = "DONE", _("done")

    id = models.BigAutoField(primary_key=True)
    # The unique constraint below begins with the key.
    event = models.ForeignKey(
        OutboxEvent, models.PROTECT, related_name="deliveries", db_index=False, verbose_name=_("event")
    )
    handler = models.CharField(_("handler"), max_length=120)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"))
    done_at = models.DateTimeField(_("done at"), null=True)
    latest_error = models.TextField(_("latest error"), blank=True, default="")

    class Meta:
        verbose_name = _("event delivery")
        verbose_name_plural = _("event deliveries")
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="delivery_event_handler_unique")]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                name="delivery_pending",
                condition=models.Q(state="PENDING"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.handler} #{self.event_id}"
