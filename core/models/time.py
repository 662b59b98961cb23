"""Business date, working days and dated parameters."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BusinessDate(models.Model):
    """The one row that says which business date it is; only the nightly close moves it."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    value = models.DateField(_("business date"))

    class Meta:
        verbose_name = _("business date")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="business_date_single_row")]

    def __str__(self) -> str:
        return self.value.isoformat()


class BusinessDay(models.Model):
    """Whether banks work on one calendar day, and who says so."""

    date = models.DateField(_("date"), primary_key=True)
    is_workday = models.BooleanField(_("working day"))
    name = models.CharField(_("holiday"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=120)
    final = models.BooleanField(_("final"), default=False)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["date"]

    def __str__(self) -> str:
        return self.date.isoformat()


class CalendarVersion(models.Model):
    """A counter that each change of the calendar raises, so that every process drops its copy."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="calendar_version_single_row")]


class Parameter(models.Model):
    """One dated value of one rule: caps, rates, thresholds; `valid_to` is the first day it no longer holds."""

    rule_code = models.CharField(_("rule code"), max_length=80)
    value = models.JSONField(_("value"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("parameter")
        verbose_name_plural = _("parameters")
        ordering = ["rule_code", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["rule_code", "valid_from"], name="parameter_rule_from_unique"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="parameter_valid_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_code} {self.valid_from}"
