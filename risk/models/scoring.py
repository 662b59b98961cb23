"""Trainings, the models beside the one that decides, and what is remembered of both."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField
from risk.models.rules import VersionedRule, lifecycle


class ModelTraining(models.Model):
    """One making of models: out of which outcomes, asked by whom, what came of it."""

    class State(models.TextChoices):
        ASKED = "ASKED", _("waits for a worker")
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("done")
        FAILED = "FAILED", _("failed")

    class Source(models.TextChoices):
        LOANS = "LOANS", _("own matured loans")
        TABLE = "TABLE", _("uploaded table")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    code = models.SlugField(_("code"), default="standard")
    source = models.CharField(_("source"), max_length=6, choices=Source)
    # points, additive, average: each becomes a draft of its own.
    kinds = models.JSONField(_("models"), default=list)
    is_monotone = models.BooleanField(_("only known directions"), default=False)
    window_months = models.PositiveSmallIntegerField(_("months watched"), default=6)
    bad_dpd = models.PositiveSmallIntegerField(_("bad above days past due"), default=30)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    # The uploaded rows, compressed and encrypted; emptied when the training is done.
    content = models.BinaryField(null=True)
    # {"used", "ignored", "never", "groups"}: what was made of the headings.
    columns = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ASKED)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    bads = models.PositiveIntegerField(_("went bad"), default=0)
    error = models.TextField(_("error"), blank=True)
    asked_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    business_date = models.DateField(_("business date"))
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("model training")
        verbose_name_plural = _("model trainings")
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "id"], condition=~Q(state="DONE"), name="training_open")]

    def __str__(self) -> str:
        return f"{self.code} {self.asked_at:%Y-%m-%d}"


class Challenger(VersionedRule):
    """A model that runs beside the champion: its score is kept with each decision and decides nothing."""

    training = models.ForeignKey(
        ModelTraining, models.PROTECT, null=True, related_name="challengers", verbose_name=_("training")
    )
    card = models.JSONField(_("model card"), default=dict)

    class Meta:
        verbose_name = _("challenger")
        verbose_name_plural = _("challengers")
        ordering = ["code", "-version"]
        constraints = lifecycle("challenger")


class Rescore(models.Model):
    """A borrower scored again outside of any application: the same facts as a decision would see today."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="rescores")
    scorecard = models.ForeignKey("risk.Scorecard", models.PROTECT, related_name="rescores")
    score = models.IntegerField(_("score"))
    previous_score = models.IntegerField(_("score before"), null=True)
    business_date = models.DateField(_("business date"))
    scored_at = models.DateTimeField(_("scored at"))

    class Meta:
        verbose_name = _("new score")
        verbose_name_plural = _("new scores")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "scorecard", "business_date"], name="rescore_once_a_day")
        ]
