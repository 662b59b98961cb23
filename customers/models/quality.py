"""Duplicates and their merging, what comes in by file or interface, what goes out."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import BlindIndexField, EncryptedTextField
from core.ids import PublicIdField
from customers.models.customer import Customer


class DuplicatePair(models.Model):
    """Two records that may be one person, with the reasons; `first` is the older one."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("to be judged")
        MERGED = "MERGED", _("merged")
        DISMISSED = "DISMISSED", _("two people")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    first = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    second = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    # 0 to 100.
    score = models.PositiveSmallIntegerField(_("likeness"))
    reasons = models.JSONField(_("reasons"), default=list)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    found_at = models.DateTimeField(_("found at"))
    judged_at = models.DateTimeField(_("judged at"), null=True, blank=True)
    judged_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="duplicate_pair_ordered"),
        ]
        indexes = [
            models.Index(fields=["-score", "-id"], name="duplicate_open", condition=Q(state="OPEN")),
            models.Index(fields=["second"], name="duplicate_second"),
        ]


class Merge(models.Model):
    """One record taken into another, with everything needed to take it apart again."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    kept = models.ForeignKey(Customer, models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Customer, models.PROTECT, related_name="merged_by")
    # By table: the keys of the rows that went over. Values of the two records before stand encrypted in `before`.
    moved = models.JSONField(default=dict)
    before = EncryptedTextField()
    actor = models.ForeignKey("core.User", models.PROTECT, related_name="+")
    at = models.DateTimeField(_("time"))
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints = [
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two"),
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at__isnull=True), name="merge_once"),
        ]


class ImportJob(models.Model):
    """A file or batch of customers: uploaded, mapped, tried, carried out, taken back."""

    class State(models.TextChoices):
        UPLOADED = "UPLOADED", _("uploaded")
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("done")
        UNDONE = "UNDONE", _("taken back")
        FAILED = "FAILED", _("failed")

    class Placing(models.TextChoices):
        RULE = "RULE", _("assign by rule")
        NOBODY = "NOBODY", _("keep without an owner")
        POOL = "POOL", _("to a public pool")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    source = models.CharField(_("source"), max_length=40)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    # The rows as they came, compressed and encrypted; emptied when the job is done.
    content = models.BinaryField(null=True)
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    is_dry_run = models.BooleanField(_("trial"), default=False)
    # Who gets the customers that the rows make.
    placing = models.CharField(_("new customers"), max_length=6, choices=Placing, default=Placing.RULE)
    pool = models.ForeignKey(
        "customers.Pool", models.PROTECT, null=True, related_name="+", verbose_name=_("public pool")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.UPLOADED)
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(_("read"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("known"), default=0)
    quarantined = models.PositiveIntegerField(_("in quarantine"), default=0)
    # How often which fault was found in which column: {"phone:not_a_phone": 12}; of the trial too.
    faults = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    owner = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(placing="POOL", pool__isnull=False) | Q(~Q(placing="POOL"), pool__isnull=True),
                name="import_pool_named",
            )
        ]

    @property
    def batch(self) -> str:
        """The batch of the changes of owner that the import makes."""
        return f"import:{self.public_id}"


class ImportedCustomer(models.Model):
    """Which customer an import made or touched, so that it can be taken back."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, models.PROTECT, related_name="customers")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="imports")
    is_new = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "customer"], name="import_customer_once")]


class QuarantinedRow(models.Model):
    """A row that could not be taken in, kept with its faults until somebody mends or drops it."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("to be mended")
        MENDED = "MENDED", _("mended")
        DROPPED = "DROPPED", _("dropped")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    job = models.ForeignKey(ImportJob, models.PROTECT, related_name="quarantine")
    line = models.PositiveIntegerField(_("line"))
    row = EncryptedTextField(help_text="JSON by field")
    faults = models.JSONField(_("faults"), default=dict)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.OPEN)
    judged_at = models.DateTimeField(null=True, blank=True)
    judged_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("row in quarantine")
        verbose_name_plural = _("rows in quarantine")
        constraints = [models.UniqueConstraint(fields=["job", "line"], name="quarantine_line_once")]


class Export(models.Model):
    """A list that left the house as a file: who, which rows, under which watermark."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    actor = models.ForeignKey("core.User", models.PROTECT, related_name="+")
    filters = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    count = models.PositiveIntegerField(_("rows"))
    watermark = models.CharField(_("watermark"), max_length=40, unique=True)
    at = models.DateTimeField(_("time"))
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    reviewed_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        indexes = [models.Index(fields=["actor", "-at"], name="export_actor")]


class RegistrationStep(models.Model):
    """A step of registering that somebody reached, also without ever becoming a customer."""

    class Step(models.TextChoices):
        PHONE = "PHONE", _("phone entered")
        REGISTERED = "REGISTERED", _("registered")
        IDENTITY = "IDENTITY", _("identity confirmed")
        CARD = "CARD", _("card bound")
        FIRST_DEAL = "FIRST_DEAL", _("first deal")

    id = models.BigAutoField(primary_key=True)
    phone_index = BlindIndexField()
    # Only until the person registers or asks us to forget him: who gave up is called back once.
    phone = EncryptedTextField(blank=True)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="registration_steps")
    step = models.CharField(_("step"), max_length=10, choices=Step)
    channel = models.CharField(_("channel"), max_length=40, blank=True)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("step of registration")
        verbose_name_plural = _("steps of registration")
        constraints = [models.UniqueConstraint(fields=["phone_index", "step"], name="registration_step_once")]
        indexes = [models.Index(fields=["step", "-at"], name="registration_step_at")]


class Erasure(models.Model):
    """A group of fields of a customer that was erased because its retention had ended; the values are gone."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="erasures")
    group = models.CharField(_("fields"), max_length=12)
    # The end of the relation from which the months were counted.
    ended_date = models.DateField(_("relation ended"))
    at = models.DateTimeField(_("erased at"))

    class Meta:
        verbose_name = _("erasure of fields")
        verbose_name_plural = _("erasures of fields")
        constraints = [models.UniqueConstraint(fields=["customer", "group"], name="erasure_once")]


class LegalHold(models.Model):
    """A customer whose data must be kept, whatever its retention says, until somebody lifts the hold."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="legal_holds")
    reason = models.CharField(_("reason"), max_length=200)
    placed_by = models.ForeignKey("core.User", models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(_("since"))
    lifted_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(lifted_at__isnull=True), name="legal_hold_one_open"
            )
        ]
