"""Who is like the members of a segment."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from segmentation.models.recommend import Learning


class LookAlike(models.Model):
    """A customer who is not in the segment but shares traits of its members: the best of the house and of each RM."""

    id = models.BigAutoField(primary_key=True)
    learning = models.ForeignKey(
        Learning, models.CASCADE, related_name="lookalikes", db_constraint=False, db_index=False
    )
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    score = models.FloatField(_("score"))

    class Meta:
        verbose_name = _("look-alike")
        verbose_name_plural = _("look-alikes")
        constraints = [models.UniqueConstraint(fields=["learning", "customer"], name="lookalike_once")]
        indexes = [models.Index(fields=["learning", "-score", "-id"], name="lookalike_best")]


class LookAlikeLead(models.Model):
    """An open lead who has what a segment's members had when they came: the best of the house and of each RM."""

    id = models.BigAutoField(primary_key=True)
    learning = models.ForeignKey(
        Learning, models.CASCADE, related_name="lookalike_leads", db_constraint=False, db_index=False
    )
    # A lead that is taken back leaves its row behind until leads are ranked again; lists begin with leads.
    lead = models.ForeignKey("customers.Lead", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    score = models.FloatField(_("score"))

    class Meta:
        verbose_name = _("look-alike lead")
        verbose_name_plural = _("look-alike leads")
        constraints = [models.UniqueConstraint(fields=["learning", "lead"], name="lookalike_lead_once")]
        indexes = [models.Index(fields=["learning", "-score", "-id"], name="lookalike_lead_best")]
