"""Rules that label customers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField


class LabelRule(models.Model):
    """One version of the limits by which stage and value tier are told; the latest one in force counts."""

    version = models.CharField(_("version"), max_length=20, unique=True)
    valid_from = models.DateField(_("valid from"))
    new_days = models.PositiveSmallIntegerField(_("days a customer is new"), default=90)
    mature_deals = models.PositiveSmallIntegerField(_("deals that make a customer mature"), default=3)
    lost_days = models.PositiveSmallIntegerField(_("days without business until lost"), default=365)
    value_middle = MoneyField(_("volume of middle value from"), default=50_000)
    value_high = MoneyField(_("volume of high value from"), default=200_000)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("label rule")
        verbose_name_plural = _("label rules")
        ordering = ["-valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(value_high__gte=models.F("value_middle")), name="label_rule_values_rise"
            )
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def limits(self) -> str:
        """Return everything that decides a label, as one text: what was labelled by the same text is labelled alike."""
        numbers = (self.new_days, self.mature_deals, self.lost_days, self.value_middle, self.value_high)
        return " ".join([self.version, *map(str, numbers)])


class LabelRun(models.Model):
    """The labelling of one business date: by which limits, and whether everybody was looked at or only who could differ."""

    business_date = models.DateField(_("business date"), primary_key=True)
    limits = models.CharField(max_length=200)
    is_full = models.BooleanField()
    labels_written = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.business_date.isoformat()
