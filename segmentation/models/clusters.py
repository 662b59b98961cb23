"""Groups of customers that a learning has found."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField
from segmentation.models.recommend import Learning


class Cluster(models.Model):
    """One group of a learning; accepted by a person it fills a segment."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    learning = models.ForeignKey(Learning, models.PROTECT, related_name="clusters")
    place = models.PositiveSmallIntegerField(_("number"))
    size = models.PositiveIntegerField(_("customers"))
    share = models.FloatField(_("share"))
    # What sets it apart: [{"key", "score", "inside", "overall"}], the strongest first.
    traits = models.JSONField(_("what sets it apart"), default=list)
    segment = models.OneToOneField(
        "segmentation.Segment", models.PROTECT, null=True, related_name="cluster", verbose_name=_("segment")
    )
    accepted_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(_("accepted at"), null=True)

    class Meta:
        verbose_name = _("cluster")
        verbose_name_plural = _("clusters")
        ordering = ["-learning", "place"]
        constraints = [models.UniqueConstraint(fields=["learning", "place"], name="cluster_place_once")]

    def __str__(self) -> str:
        return f"{self.learning_id}.{self.place}"


class ClusterDay(models.Model):
    """How far an accepted cluster has drifted on a day: in its size, and in how its members lie around its middle."""

    id = models.BigAutoField(primary_key=True)
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="days")
    on_date = models.DateField(_("date"))
    size = models.PositiveIntegerField(_("customers"))
    # Population stability indices: of the shares of all clusters, and of the distances of this one's customers.
    share_drift = models.FloatField(_("drift of the shares"))
    spread_drift = models.FloatField(_("drift of the distances"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "on_date"], name="cluster_day_once")]
