"""Money laundering: lists that people are compared with, and cases that only those who work on them may see."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import BlindIndexField, MoneyField
from core.ids import PublicIdField


class ListedPerson(models.Model):
    """Somebody on a list of people with whom no business may be done; the number is kept as a blind index only."""

    id = models.BigAutoField(primary_key=True)
    list_name = models.CharField(_("list"), max_length=60)
    reference = models.CharField(_("number in the list"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    name_key = models.CharField(max_length=200, editable=False)
    grams = ArrayField(models.CharField(max_length=40), default=list, editable=False)
    identity_index = BlindIndexField()
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    is_active = models.BooleanField(_("on the list"), default=True)
    listed_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("listed person")
        verbose_name_plural = _("listed persons")
        constraints = [models.UniqueConstraint(fields=["list_name", "reference"], name="listed_person_once")]
        indexes = [
            models.Index(fields=["identity_index"], name="listed_identity", condition=~Q(identity_index="")),
            models.Index(fields=["name_key"], name="listed_name"),
        ]

    def __str__(self) -> str:
        return f"{self.list_name} {self.reference}"


class ListMatch(models.Model):
    """A customer who may be somebody on a list: how alike they are, and what a person made of it."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("to be judged")
        CONFIRMED = "CONFIRMED", _("the same person")
        DISMISSED = "DISMISSED", _("somebody else")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    person = models.ForeignKey(ListedPerson, models.PROTECT, related_name="matches", verbose_name=_("listed person"))
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="list_matches", verbose_name=_("customer")
    )
    score = models.PositiveSmallIntegerField(_("likeness"))
    grounds = ArrayField(models.CharField(max_length=12), default=list, verbose_name=_("grounds"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    found_at = models.DateTimeField(_("found at"))
    note = models.TextField(_("why"), blank=True)
    decided_by = models.ForeignKey(
        "core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta:
        verbose_name = _("match with a list")
        verbose_name_plural = _("matches with lists")
        ordering = ["-score", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "customer"], name="list_match_once"),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_by__isnull=True) | (~Q(state="OPEN") & Q(decided_by__isnull=False)),
                name="list_match_decided_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["state", "-score", "-id"], name="list_match_desk")]


class SuspicionCase(models.Model):
    """A suspicion about a customer's money: the evidence, what one person proposes, what another decides."""

    class Kind(models.TextChoices):
        LARGE = "LARGE", _("large amounts in a day")
        SPLIT = "SPLIT", _("split below the threshold")
        LIST = "LIST", _("on a list")
        NOTED = "NOTED", _("noticed by a person")

    class State(models.TextChoices):
        OPEN = "OPEN", _("being looked at")
        PROPOSED = "PROPOSED", _("waiting for the second person")
        REPORTED = "REPORTED", _("reported")
        DISMISSED = "DISMISSED", _("dismissed")

    class Proposal(models.TextChoices):
        REPORT = "REPORT", _("report")
        DISMISS = "DISMISS", _("dismiss")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    number = models.CharField(_("number"), max_length=24, unique=True)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="suspicion_cases", verbose_name=_("customer")
    )
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    # What it is about: the same finding never opens a second case.
    key = models.CharField(max_length=120, unique=True)
    amount = MoneyField(_("amount"), null=True)
    evidence = models.JSONField(_("evidence"), default=list)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("opened at"))
    business_date = models.DateField(_("business date"))
    due_date = models.DateField(_("report until"))
    proposal = models.CharField(_("proposal"), max_length=7, choices=Proposal, blank=True)
    grounds = models.TextField(_("grounds"), blank=True)
    proposed_by = models.ForeignKey(
        "core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"), null=True)
    decided_by = models.ForeignKey(
        "core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision_note = models.TextField(_("note of the decision"), blank=True)
    report = models.JSONField(_("report"), default=dict)

    class Meta:
        verbose_name = _("case of suspicion")
        verbose_name_plural = _("cases of suspicion")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")), name="suspicion_by_two_people"),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_by__isnull=True)
                | Q(state="PROPOSED", proposed_by__isnull=False, decided_by__isnull=True)
                | Q(state__in=["REPORTED", "DISMISSED"], proposed_by__isnull=False, decided_by__isnull=False),
                name="suspicion_state_has_people",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_date", "id"], name="suspicion_desk"),
            models.Index(fields=["customer", "-id"], name="suspicion_customer"),
        ]

    def __str__(self) -> str:
        return self.number
