"""Rows of collection work."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.ids import PublicIdField


class CollectionCase(models.Model):
    """The work on one loan from the first day of arrears until it is cured."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("in collection")
        CLOSED = "CLOSED", _("closed")

    class Stage(models.TextChoices):
        REMIND = "REMIND", _("reminding (M1)")
        COLLECT = "COLLECT", _("collecting (M2–M3)")
        INTENSIVE = "INTENSIVE", _("intensive (M4–M6)")
        LEGAL = "LEGAL", _("legal steps (M7)")

    class Closure(models.TextChoices):
        CURED = "CURED", _("arrears paid")
        SETTLED = "SETTLED", _("loan settled")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    loan = models.ForeignKey("lending.Loan", models.PROTECT, related_name="collection_cases", verbose_name=_("loan"))
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="collection_cases", verbose_name=_("customer")
    )
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.OPEN)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage)
    # As they were when the loan last moved to another bucket; the loan's standing has today's.
    bucket = models.CharField(_("bucket"), max_length=3)
    dpd = models.PositiveIntegerField(_("days past due"))
    overdue_amount = MoneyField(_("overdue"))
    assignee = models.ForeignKey(
        "staff.StaffMember", models.PROTECT, null=True, related_name="collection_cases", verbose_name=_("assigned to")
    )
    # Stops every contact at once: a dispute or complaint is being looked at.
    is_on_hold = models.BooleanField(_("on hold"), default=False)
    hold_reason = models.CharField(_("why on hold"), max_length=300, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    opened_date = models.DateField(_("business date"))
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closure = models.CharField(_("how it ended"), max_length=8, choices=Closure, blank=True)

    class Meta:
        verbose_name = _("collection case")
        verbose_name_plural = _("collection cases")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["loan"], condition=Q(state="OPEN"), name="collection_open_once"),
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at__isnull=True, closure="")
                | (Q(state="CLOSED", closed_at__isnull=False) & ~Q(closure="")),
                name="collection_closed_says_how",
            ),
        ]
        indexes = [
            models.Index(fields=["assignee", "-id"], name="collection_assignee", condition=Q(state="OPEN")),
            models.Index(fields=["customer", "-id"], name="collection_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.loan} {self.stage}"


class CollectionContact(models.Model):
    """One contact with the debtor as it happened; never changed, never deleted (kept at least five years)."""

    class Channel(models.TextChoices):
        CALL = "CALL", _("call")
        SMS = "SMS", _("short message")
        VISIT = "VISIT", _("visit")

    class Outcome(models.TextChoices):
        REACHED = "REACHED", _("reached")
        NO_ANSWER = "NO_ANSWER", _("no answer")
        REFUSED = "REFUSED", _("refuses to pay")
        PROMISED = "PROMISED", _("promised to pay")
        DISPUTED = "DISPUTED", _("disputes the debt")

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(CollectionCase, models.PROTECT, related_name="contacts")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="collection_contacts")
    channel = models.CharField(_("channel"), max_length=5, choices=Channel)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    note = models.TextField(_("what was said"))
    at = models.DateTimeField(_("contacted at"))
    local_date = models.DateField(_("date"))
    # Counts all contacts with this person by this channel on this day, whoever made them and for whichever loan.
    number_of_day = models.PositiveSmallIntegerField(_("number of the day"))
    staff_user = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("made by"))

    class Meta:
        verbose_name = _("collection contact")
        verbose_name_plural = _("collection contacts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "channel", "local_date", "number_of_day"], name="collection_contact_counted"
            )
        ]
        indexes = [models.Index(fields=["case", "-id"], name="collection_contact_case")]


class PromiseToPay(models.Model):
    """What a debtor said he would pay until when, and whether he did."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("not due yet")
        KEPT = "KEPT", _("kept")
        BROKEN = "BROKEN", _("broken")

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(CollectionCase, models.PROTECT, related_name="promises")
    amount = MoneyField(_("amount"))
    promised_date = models.DateField(_("promised until"))
    made_at = models.DateTimeField(_("made at"))
    made_date = models.DateField(_("business date"))
    taken_by = models.ForeignKey("core.User", models.PROTECT, related_name="+", verbose_name=_("taken by"))
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.OPEN)
    paid = MoneyField(_("paid"), default=0)
    judged_date = models.DateField(_("judged on"), null=True)

    class Meta:
        verbose_name = _("promise to pay")
        verbose_name_plural = _("promises to pay")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="promise_positive"),
            models.UniqueConstraint(fields=["case"], condition=Q(state="OPEN"), name="promise_one_open"),
            models.CheckConstraint(
                condition=Q(state="OPEN", judged_date__isnull=True) | (~Q(state="OPEN") & Q(judged_date__isnull=False)),
                name="promise_judged_when",
            ),
        ]
        indexes = [models.Index(fields=["promised_date"], name="promise_open", condition=Q(state="OPEN"))]


class DepartmentCase(models.Model):
    """A question or task that passes between departments, with a clock and one visible holder."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("with the department")
        ANSWERED = "ANSWERED", _("answered")
        CLOSED = "CLOSED", _("closed")

    class Dispute(models.TextChoices):
        CONTRACT = "CONTRACT", _("contract and its terms")
        SUM = "SUM", _("sum owed or paid")
        COLLECTION = "COLLECTION", _("how it is collected")
        INVESTMENT = "INVESTMENT", _("lending and its return")
        PRIVACY = "PRIVACY", _("personal data")
        OTHER = "OTHER", _("other")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    number = models.CharField(_("case number"), max_length=24, unique=True)
    title = models.CharField(_("what it is about"), max_length=120)
    customer = models.ForeignKey(
        "customers.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="department_cases",
        verbose_name=_("customer"),
    )
    opener = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="+", verbose_name=_("asked by"))
    home = models.ForeignKey("staff.Department", models.PROTECT, related_name="+", verbose_name=_("asked from"))
    department = models.ForeignKey("staff.Department", models.PROTECT, related_name="+", verbose_name=_("with"))
    holder = models.ForeignKey(
        "staff.StaffMember", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("held by")
    )
    is_urgent = models.BooleanField(_("urgent"), default=False)
    # The customer complains: open ones tell against his health.
    is_complaint = models.BooleanField(_("complaint"), default=False)
    # What a customer disputes, before a court or outside of one; the day by which it must be answered moves with no pass.
    dispute = models.CharField(_("dispute about"), max_length=10, choices=Dispute, blank=True)
    answer_by_date = models.DateField(_("answer by"), null=True, blank=True)
    # Public ids of papers in the customer's file, in the order in which they came.
    papers = models.JSONField(default=list, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("opened at"))
    # The clock of the department that has it now; it starts anew with every pass.
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("raised to the lead at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("case between departments")
        verbose_name_plural = _("cases between departments")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN", due_at__isnull=False) | (~Q(state="OPEN") & Q(due_at__isnull=True)),
                name="department_case_open_has_clock",
            ),
            models.CheckConstraint(
                condition=Q(state="CLOSED", closed_at__isnull=False) | (~Q(state="CLOSED") & Q(closed_at__isnull=True)),
                name="department_case_closed_when",
            ),
            models.CheckConstraint(
                condition=Q(dispute="") | Q(customer__isnull=False, answer_by_date__isnull=False),
                name="department_case_dispute_has_day",
            ),
        ]
        indexes = [
            models.Index(fields=["department", "due_at"], name="department_case_open", condition=Q(state="OPEN")),
            models.Index(fields=["home", "-id"], name="department_case_home"),
            models.Index(fields=["customer", "-id"], name="department_case_customer"),
            models.Index(
                fields=["answer_by_date"],
                name="department_case_answer",
                condition=~Q(state="CLOSED") & Q(answer_by_date__isnull=False),
            ),
            models.Index(
                fields=["due_at"], name="department_case_clock", condition=Q(state="OPEN", escalated_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CaseHop(models.Model):
    """One step of a case: who did what, to whom it went, how long it had been where it was; never changed."""

    class Act(models.TextChoices):
        OPENED = "OPENED", _("asked")
        TAKEN = "TAKEN", _("taken up")
        PASSED = "PASSED", _("passed on")
        ANSWERED = "ANSWERED", _("answered")
        CLOSED = "CLOSED", _("closed")
        ESCALATED = "ESCALATED", _("raised to the lead")

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(DepartmentCase, models.PROTECT, related_name="hops")
    act = models.CharField(_("act"), max_length=9, choices=Act)
    member = models.ForeignKey("staff.StaffMember", models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    department = models.ForeignKey("staff.Department", models.PROTECT, related_name="+", verbose_name=_("then with"))
    text = models.TextField(_("what was said"), blank=True)
    at = models.DateTimeField(_("time"))
    due_at = models.DateTimeField(_("due at"), null=True)
    # Working time of the department that had it before this step.
    minutes = models.PositiveIntegerField(_("working minutes"), default=0)

    class Meta:
        verbose_name = _("step of a case")
        verbose_name_plural = _("steps of cases")
        ordering = ["id"]
        indexes = [models.Index(fields=["department", "case"], name="case_hop_department")]
