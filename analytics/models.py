"""Figures by day."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MetricSnapshot(models.Model):
    """One figure at the end of one business date; the dimension is empty for all, `product:CODE`, `rm:ID` or both."""

    id = models.BigAutoField(primary_key=True)
    business_date = models.DateField(_("business date"))
    code = models.CharField(_("figure"), max_length=40)
    dimension = models.CharField(_("of"), max_length=100, blank=True)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=6)

    class Meta:
        verbose_name = _("metric snapshot")
        verbose_name_plural = _("metric snapshots")
        constraints = [
            models.UniqueConstraint(fields=["code", "dimension", "business_date"], name="metric_once_a_day"),
        ]
        indexes = [models.Index(fields=["business_date"], name="metric_day")]
