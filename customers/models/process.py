"""What we do with a customer from his first day on, step by step, and what we do about steps that fail."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField
from customers.models.customer import Customer
from customers.models.diary import Contact
from customers.models.facts import CustomerRole


class ProcessStep(models.Model):
    """One version of one step of the relationship process; a change is a new version, runs keep theirs."""

    class Phase(models.TextChoices):
        BUILD = "BUILD", _("building")
        SERVE = "SERVE", _("serving")
        MAINTAIN = "MAINTAIN", _("maintaining")
        IMPROVE = "IMPROVE", _("improving")

    class Beginning(models.TextChoices):
        # Steps of `RegistrationStep`, stages and years together where an app above tells of them (`step_beginnings`).
        REGISTERED = "REGISTERED", _("registered")
        IDENTITY = "IDENTITY", _("identity confirmed")
        FIRST_DEAL = "FIRST_DEAL", _("first deal")
        ACTIVE = "ACTIVE", _("has become active")
        MATURE = "MATURE", _("has become mature")
        DECLINING = "DECLINING", _("begins to decline")
        LOST = "LOST", _("has been lost")
        YEARS_1 = "YEARS_1", _("one year with us")
        YEARS_3 = "YEARS_3", _("three years with us")
        YEARS_5 = "YEARS_5", _("five years with us")

    class Doer(models.TextChoices):
        RM = "RM", _("the RM")
        SYSTEM = "SYSTEM", _("the system, by message")

    class Proof(models.TextChoices):
        CONTACT = "CONTACT", _("contact recorded")
        IDENTITY = "IDENTITY", _("identity confirmed")
        CARD = "CARD", _("card bound")
        QUESTIONNAIRE = "QUESTIONNAIRE", _("questionnaire answered")
        FIRST_DEAL = "FIRST_DEAL", _("first deal")
        MESSAGE = "MESSAGE", _("message taken by the operator")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    code = models.SlugField(_("code"), max_length=30)
    version = models.PositiveIntegerField(_("version"), default=1)
    place = models.PositiveSmallIntegerField(_("place"), default=100)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("name in English"), max_length=60, blank=True)
    phase = models.CharField(_("phase"), max_length=8, choices=Phase)
    role = models.CharField(_("role"), max_length=8, choices=CustomerRole.Role, blank=True, help_text=_("empty: both"))
    begins_with = models.CharField(_("begins with"), max_length=10, choices=Beginning)
    due_workdays = models.PositiveSmallIntegerField(_("due after so many working days"))
    open_workdays = models.PositiveSmallIntegerField(
        _("may be done so many working days before"),
        default=0,
        help_text=_("What proves the step counts from then on."),
    )
    doer = models.CharField(_("who does it"), max_length=6, choices=Doer)
    proof = models.CharField(_("what proves it"), max_length=13, choices=Proof)
    text = models.CharField(_("what to say, and its benefit"), max_length=300, blank=True)
    text_en = models.CharField(_("the same in English"), max_length=300, blank=True)
    message_code = models.SlugField(_("message template"), max_length=60, blank=True)
    is_active = models.BooleanField(_("active"), default=False)
    # Who began before the code was first in force is left alone.
    since_at = models.DateTimeField(_("for those who begin from"))
    valid_from_at = models.DateTimeField(_("in force from"))
    valid_until_at = models.DateTimeField(_("in force until"), null=True, blank=True)

    class Meta:
        verbose_name = _("process step")
        verbose_name_plural = _("process steps")
        ordering = ["place", "code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="process_step_version_unique"),
            models.UniqueConstraint(fields=["code"], condition=Q(is_active=True), name="process_step_one_active"),
            models.CheckConstraint(
                condition=Q(open_workdays__lte=F("due_workdays")),
                name="process_step_opens_after_beginning",
                violation_error_message=_("A step cannot be done before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(doer="RM", message_code="") & ~Q(proof="MESSAGE")
                | (Q(doer="SYSTEM", proof="MESSAGE") & ~Q(message_code="")),
                name="process_step_message_of_system",
                violation_error_message=_(
                    "The system sends a message by its template; an RM proves it in another way."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the active language."""
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name

    @property
    def wording(self) -> str:
        """What to say, in the active language."""
        return self.text_en if self.text_en and (get_language() or "").startswith("en") else self.text


class StepRun(models.Model):
    """One step with one customer: until when, whether done, by whom, proved by what."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        DONE = "DONE", _("done")
        SKIPPED = "SKIPPED", _("left out")
        # While the record is closed, frozen or merged; it opens again with the record.
        DROPPED = "DROPPED", _("no longer needed")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="step_runs", db_index=False)
    step = models.ForeignKey(ProcessStep, models.PROTECT, related_name="runs", verbose_name=_("process step"))
    code = models.SlugField(_("code"), max_length=30, db_index=False)
    # Who looks after the customer; once the step has ended, who did then.
    member = models.ForeignKey(
        "staff.StaffMember",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="step_runs",
        verbose_name=_("RM"),
        db_index=False,
    )
    begun_at = models.DateTimeField(_("begun at"))
    opens_date = models.DateField(_("may be done from"))
    due_date = models.DateField(_("due"))
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.OPEN)
    done_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    done_by = models.ForeignKey("core.User", models.PROTECT, null=True, blank=True, related_name="+")
    is_late = models.BooleanField(_("late"), default=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    # A contact proves one step only.
    contact = models.OneToOneField(Contact, models.PROTECT, null=True, blank=True, related_name="step_run")
    asked_at = models.DateTimeField(null=True, blank=True)
    raised_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("step of a customer")
        verbose_name_plural = _("steps of customers")
        constraints = [
            models.UniqueConstraint(fields=["customer", "code"], name="step_run_once"),
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "DROPPED"], done_at__isnull=True)
                | Q(state__in=["DONE", "SKIPPED"], done_at__isnull=False),
                name="step_run_ended_has_time",
            ),
            models.CheckConstraint(condition=~Q(state="SKIPPED") | ~Q(reason=""), name="step_run_skipped_has_reason"),
        ]
        indexes = [
            models.Index(fields=["due_date", "id"], name="step_run_due"),
            models.Index(fields=["member", "due_date", "id"], name="step_run_member"),
            models.Index(fields=["customer"], name="step_run_open", condition=Q(state="OPEN")),
        ]


class CorrectiveAction(models.Model):
    """What somebody does about steps that go wrong: what is wrong, what to do, until when, what came of it."""

    class Kpi(models.TextChoices):
        ON_TIME = "ON_TIME", _("steps done on time")
        RESPONSE = "RESPONSE", _("first response to leads")

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        DONE = "DONE", _("done")
        DROPPED = "DROPPED", _("given up")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    step_code = models.SlugField(_("process step"), max_length=30, blank=True)
    member = models.ForeignKey(
        "staff.StaffMember",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("whose steps"),
    )
    wrong = models.CharField(_("what is wrong"), max_length=300)
    remedy = models.CharField(_("what to do"), max_length=300)
    kpi = models.CharField(_("figure it should move"), max_length=8, choices=Kpi)
    owner = models.ForeignKey(
        "staff.StaffMember", models.PROTECT, related_name="corrective_actions", verbose_name=_("who sees to it")
    )
    due_date = models.DateField(_("until"))
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.OPEN)
    result = models.CharField(_("what came of it"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey("core.User", models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.ForeignKey("core.User", models.PROTECT, null=True, blank=True, related_name="+")
    alarmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("corrective action")
        verbose_name_plural = _("corrective actions")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at__isnull=True)
                | (~Q(state="OPEN") & Q(closed_at__isnull=False) & ~Q(result="")),
                name="corrective_action_closed_has_result",
            )
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="corrective_owner"),
            models.Index(fields=["due_date"], name="corrective_open", condition=Q(state="OPEN")),
        ]

    def __str__(self) -> str:
        return self.wrong
