"""The audit trail: append-only by database trigger, sealed in a hash chain."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """Who did or read what, when and why."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("time"))
    actor = models.ForeignKey("core.User", models.PROTECT, related_name="+", null=True, verbose_name=_("actor"))
    action = models.CharField(_("action"), max_length=80)
    target_type = models.CharField(_("record type"), max_length=60, blank=True)
    target_id = models.CharField(_("record"), max_length=40, blank=True)
    data = models.JSONField(_("data"), default=dict)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    is_sensitive_read = models.BooleanField(_("sensitive read"), default=False)
    # Filled by the database: the transaction id, by which sealing knows that no earlier entry can still appear.
    transaction_id = models.BigIntegerField(editable=False, db_default=models.Value(0))

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["transaction_id", "id"], name="audit_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"


class AuditSeal(models.Model):
    """The hash over all entries since the seal before; changing any sealed entry breaks the chain."""

    id = models.BigAutoField(primary_key=True)
    sealed_at = models.DateTimeField(_("sealed at"))
    through_transaction_id = models.BigIntegerField(_("through transaction"), unique=True)
    entry_count = models.PositiveIntegerField(_("entries"))
    previous_hash = models.CharField(_("hash before"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        ordering = ["-id"]
