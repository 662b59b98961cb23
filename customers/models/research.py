"""What is known about the market: research, trends of the trade, competitors."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField


class ResearchNote(models.Model):
    """A finding about market, trade or a competitor, linked to whom it concerns and to why deals are lost."""

    class Kind(models.TextChoices):
        MARKET = "MARKET", _("market")
        TRADE = "TRADE", _("industry")
        COMPETITOR = "COMPETITOR", _("competitor")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("finding"))
    competitor = models.CharField(_("competitor"), max_length=60, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    # Code of a segment: segments belong to an app above this one.
    segment_code = models.CharField(_("target group"), max_length=60, blank=True)
    # One of the reasons in the parameter leads.lost_reasons.
    lost_reason = models.CharField(_("explains losses by"), max_length=40, blank=True)
    author = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="+", verbose_name=_("author"))
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("research note")
        verbose_name_plural = _("research notes")
        indexes = [
            models.Index(fields=["kind", "-id"], name="research_kind"),
            models.Index(fields=["lost_reason"], name="research_lost_reason", condition=~models.Q(lost_reason="")),
        ]

    def __str__(self) -> str:
        return self.title
