"""What is known about each customer, side by side."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Standing(models.Model):
    """The attributes of one customer: a column for each that is registered, beside those named here.

    `segmentation.operations.shape` makes and drops the columns; the model does not know them. Nobody writes the table
    but the refresh.
    """

    # Written from the customers themselves a hundred thousand at a time; a foreign key would check each of them again.
    customer = models.OneToOneField(
        "customers.Customer", models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    # When an attribute last had another value than before.
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "segmentation_standing"

    def __str__(self) -> str:
        return str(self.pk)


class StandingRun(models.Model):
    """One look at all customers of a range of ids: their attributes are at least as new as its start."""

    id = models.BigAutoField(primary_key=True)
    business_date = models.DateField(_("business date"))
    from_id = models.BigIntegerField(_("from"))
    to_id = models.BigIntegerField(_("to, not included"))
    started_at = models.DateTimeField(_("started at"))
    written = models.PositiveIntegerField(_("rows written"))

    class Meta:
        verbose_name = _("telling of attributes")
        verbose_name_plural = _("tellings of attributes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["-started_at"], name="standing_run_latest")]

    def __str__(self) -> str:
        return f"{self.business_date} {self.from_id}"
