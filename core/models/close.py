"""Progress of the nightly close and of other jobs."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CloseRun(models.Model):
    """The close of one business date."""

    business_date = models.DateField(_("business date"), primary_key=True)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("nightly close")
        verbose_name_plural = _("nightly closes")
        ordering = ["-business_date"]

    def __str__(self) -> str:
        return self.business_date.isoformat()


class CloseProgress(models.Model):
    """One partition of one step of one close; it turns DONE in the transaction of the step's own writes."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("pending")
        DONE = "DONE", _("done")

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(CloseRun, models.PROTECT, related_name="progress")
    step = models.CharField(_("step"), max_length=60)
    partition = models.PositiveIntegerField(_("partition"))
    from_id = models.BigIntegerField()
    to_id = models.BigIntegerField()
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), default=0)

    class Meta:
        verbose_name = _("close progress")
        verbose_name_plural = _("close progress")
        ordering = ["run", "id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "step", "partition"], name="close_progress_once"),
        ]


class JobRun(models.Model):
    """One run of a scheduled or hand-started job, for the job page."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("done")
        FAILED = "FAILED", _("failed")

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("job"), max_length=80)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.RUNNING)
    detail = models.JSONField(_("detail"), default=dict)
    error = models.TextField(_("error"), blank=True)
    started_by = models.ForeignKey(
        "core.User", models.PROTECT, related_name="+", null=True, verbose_name=_("started by")
    )

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["name", "-id"], name="job_run_name")]

    def __str__(self) -> str:
        return f"{self.name} {self.started_at:%Y-%m-%d %H:%M}"
