"""Scorecards and decision tables: versions that are drafted, checked, approved by another person, then frozen."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from risk.rules.standard import CODE


class RuleState(models.TextChoices):
    """How far a version has come."""

    DRAFT = "DRAFT", _("draft")
    PUBLISHED = "PUBLISHED", _("in force")
    RETIRED = "RETIRED", _("replaced")


class VersionedRule(models.Model):
    """A version of a rule. `code` is `standard`, a product's code or a parameter set; the closest one counts."""

    code = models.SlugField(_("code"), default="standard")
    version = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=10, choices=RuleState, default=RuleState.DRAFT)
    content = models.JSONField(_("content"))
    content_hash = models.CharField(max_length=64, editable=False)
    note = models.CharField(_("what changed"), max_length=300, blank=True)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("made by"))
    published_at = models.DateTimeField(_("in force since"), null=True)
    published_by = models.ForeignKey(
        "core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("submitted by")
    )
    approved_by = models.ForeignKey(
        "core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    retired_at = models.DateTimeField(_("replaced at"), null=True)
    is_shipped = models.BooleanField(_("shipped with the product"), default=False, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return name_version(self.code, self.version)

    @property
    def key(self) -> str:
        """Return the version as records keep it, whatever language is spoken: `standard v3`."""
        return f"{self.code} v{self.version}"

    @property
    def rules_name(self) -> str:
        """Return whose rules these are a version of: everybody's, or those of the product that the code names."""
        return name_rules(self.code)

    @property
    def is_draft(self) -> bool:
        """Tell whether the content may still change."""
        return self.state == RuleState.DRAFT


def name_version(code: str, version: int | str) -> str:
    """Return what people call a version of rules; those of a product go by its code."""
    return gettext("%(rules)s, version %(number)s") % {"rules": name_rules(code), "number": version}


def name_rules(code: str) -> str:
    """Return what people call the rules of a code: everybody's, or those of the product that it names."""
    return gettext("standard rules") if code == CODE else code


def lifecycle(prefix: str) -> list[models.BaseConstraint]:
    """Return what the database holds every kind of rule to."""
    return [
        models.UniqueConstraint(fields=["code", "version"], name=f"{prefix}_version_unique"),
        models.UniqueConstraint(
            fields=["code"], condition=Q(state=RuleState.PUBLISHED), name=f"{prefix}_one_published"
        ),
        models.CheckConstraint(
            condition=Q(state=RuleState.DRAFT)
            | Q(is_shipped=True)
            | (Q(approved_by__isnull=False, published_by__isnull=False) & ~Q(approved_by=F("published_by"))),
            name=f"{prefix}_approved_by_another",
        ),
    ]


class Scorecard(VersionedRule):
    """What gives the points that decide: a points table, or an additive model that a training made."""

    training = models.ForeignKey(
        "risk.ModelTraining", models.PROTECT, null=True, related_name="scorecards", verbose_name=_("training")
    )
    # How good it is and on whom it was learned; empty where an expert set the points.
    card = models.JSONField(_("model card"), default=dict)

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        ordering = ["code", "-version"]
        constraints = lifecycle("scorecard")


class DecisionTable(VersionedRule):
    """A zen JDM document with its own golden cases: it is not published while one of them fails."""

    cases = models.JSONField(_("test cases"), default=dict)
    # Which of its steps a draft shows; edits can be taken back and made again.
    step = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("decision table")
        verbose_name_plural = _("decision tables")
        ordering = ["code", "-version"]
        constraints = lifecycle("decision_table")
