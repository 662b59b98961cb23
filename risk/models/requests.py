"""A customer's wish that a person looks at what rules decided about him (个人信息保护法 art. 24)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField


class HumanReviewRequest(models.Model):
    """One request: until when it must be answered, what came of it, and what the customer was told."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("to be answered")
        UPHELD = "UPHELD", _("decision upheld")
        REOPENED = "REOPENED", _("application reopened")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    application = models.ForeignKey(
        "lending.Application", models.PROTECT, related_name="human_reviews", verbose_name=_("application")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    text = models.TextField(_("in his own words"), blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    due_date = models.DateField(_("to be answered by"))
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        "core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered at"), null=True)

    class Meta:
        verbose_name = _("request for a human review")
        verbose_name_plural = _("requests for human reviews")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["application"], name="human_review_once"),
            models.CheckConstraint(
                condition=Q(state="OPEN", answered_at__isnull=True)
                | (~Q(state="OPEN") & Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="human_review_answered_says_how",
            ),
        ]
        indexes = [models.Index(fields=["due_date", "id"], name="human_review_open", condition=Q(state="OPEN"))]
