"""Scoring models: the list with the form for another training, the card of each, challenger beside champion."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core import clock, parameters
from core.errors import BusinessError, InvalidInput, NotFound
from core.rules.formats import rate_text
from core.sentences import join_words
from core.web.spreadsheets import answer_csv
from customers.rules.tables import MAX_BYTES
from risk.models import ModelTraining, RuleState, Scorecard, VersionedRule
from risk.operations import configuration, trainings
from risk.queries import trainings as queries
from risk.queries.model_watch import move_month
from risk.queries.tables import get_pending_approval
from risk.rules import standard
from risk.rules.scoring.models import ADDITIVE, AVERAGE, POINTS, kind_of, lint_champion
from risk.web import model_charts, words
from risk.web.sections import list_sections
from risk.web.tables import STATE_TONES
from risk.web.trials import list_trials_of
from staff import rights
from staff.pages import StaffPage, carry_out, show_refusal

KIND_WORDS = {
    POINTS: pgettext_lazy("model", "points scorecard"),
    ADDITIVE: gettext_lazy("additive boosting model"),
    AVERAGE: gettext_lazy("average of boosted trees and additive model"),
    "challenger": gettext_lazy("average of boosted trees and additive model"),
}
TRAINING_TONES = {"ASKED": "info", "RUNNING": "info", "DONE": "good", "FAILED": "late"}
_MONTHS_SHOWN = 24


class TrainingForm(forms.Form):
    """What to make, and out of what."""

    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Models"),
        choices=[(kind, KIND_WORDS[kind]) for kind in trainings.KINDS],
        widget=forms.CheckboxSelectMultiple,
        initial=list(trainings.KINDS),
    )
    is_monotone = forms.BooleanField(
        label=gettext_lazy("Only known directions"),
        required=False,
        help_text=gettext_lazy("A late payment never raises a score; costs a little accuracy."),
    )
    window_months = forms.IntegerField(label=gettext_lazy("Months watched"), min_value=1, max_value=36)
    bad_dpd = forms.IntegerField(label=gettext_lazy("Bad above days past due"), min_value=1, max_value=180)
    file = forms.FileField(
        label=gettext_lazy("Table of past applicants"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("CSV or Excel workbook; without one the own matured loans are taken."),
    )

    def clean_file(self) -> Any:
        """Refuse what is too large before it is read."""
        file = self.cleaned_data["file"]
        if file and file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB."))
        return file


class ModelListPage(StaffPage):
    """All models and trainings, and the form for another training."""

    right = rights.VIEW_RULES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        on = clock.business_date()
        initial = {
            "kinds": list(trainings.KINDS),
            "window_months": parameters.get_int("risk.outcome_months", on=on),
            "bad_dpd": parameters.get_int("risk.outcome_bad_dpd", on=on),
        }
        return self.show(request, TrainingForm(initial=initial))

    def show(self, request: HttpRequest, form: TrainingForm, status: int = 200) -> HttpResponse:
        """Answer the list with the form."""
        user: Any = request.user
        context = {
            "sections": list_sections(self.access, "risk:models"),
            "champions": [_show_row(row, "risk:model") for row in queries.list_champions(user)[:50]],
            "challengers": [_show_row(row, "risk:challenger") for row in queries.list_challengers(user)[:50]],
            "trainings": [(row, TRAINING_TONES[row.state]) for row in queries.list_trainings(user)[:10]],
            "is_running": queries.list_trainings(user).filter(state__in=["ASKED", "RUNNING"]).exists(),
            "form": form,
            "train_refusal": "" if self.access.has(rights.EDIT_RULES) else _("Your role does not edit rules."),
        }
        return render(request, "risk/models.html", context, status=status)


class Train(ModelListPage):
    """Ask for a training."""

    http_method_names = ["post"]
    right = rights.EDIT_RULES

    def post(self, request: HttpRequest) -> HttpResponse:
        """Leave it to a worker, or show what is wrong."""
        form = TrainingForm(request.POST, request.FILES)
        if form.is_valid():
            given = form.cleaned_data
            file = given.pop("file")
            try:
                trainings.ask_training(
                    code=standard.CODE,
                    **given,
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                    business_date=clock.business_date(),
                    file_name=file.name if file else "",
                    raw=file.read() if file else None,
                )
                return redirect("risk:models")
            except InvalidInput as error:
                show_refusal(form, error)
            except BusinessError as error:
                form.add_error(None, [str(error.sentence()), str(error.advice())])
        return self.show(request, form, 422)


class LearningTableExample(StaffPage):
    """An empty table with the right headings and one row."""

    right = rights.VIEW_RULES

    def get(self, _request: HttpRequest) -> Any:
        """Answer a file."""
        base = standard.CASES["base"]
        row = [str(value).lower() if isinstance(value, bool) else value for value in base.values()]
        return answer_csv([[*base, "bad", "group_sex"], [*row, 0, "F"]], "applicants")


class ModelPage(StaffPage):
    """The card of a champion."""

    right = rights.VIEW_RULES
    name = "risk:model"

    def get(self, request: HttpRequest, code: str, version: int) -> HttpResponse:
        """Show it."""
        model = self.find(request, code, version)
        card = model.card
        pending = get_pending_approval(configuration.PUBLISH, model)
        context = {
            **_show_row(model, self.name),
            "card": card,
            "facts": _list_facts(card),
            "pending": pending,
            "submit_url": reverse(f"{self.name}-act", args=[code, version, "submit"]),
            "approve_url": reverse(f"{self.name}-act", args=[code, version, "approve"]),
            "reject_url": reverse(f"{self.name}-act", args=[code, version, "reject"]),
            "edit_refusal": "" if self.access.has(rights.EDIT_RULES) else _("Your role does not edit rules."),
            "decide_refusal": self.why_not_decide(request, pending),
            "charts": model_charts.draw_card(card) if card else [],
            "groups": [_show_group(row) for row in card.get("fairness", [])],
            "left_out": [words.name_of(name) for name in card.get("data", {}).get("left_out", [])],
            "reject": _say_reject(card.get("reject", {})),
            **self.add(request, model),
        }
        return render(request, "risk/model.html", context)

    def find(self, request: HttpRequest, code: str, version: int) -> Any:
        """Return the model asked for. Raises NotFound."""
        return queries.access_champion(request.user, code, version)  # type: ignore[arg-type]

    def add(self, request: HttpRequest, model: Any) -> dict[str, Any]:
        """Return what only a champion has: its shapes, what turns in the table's cases, how it went by month."""
        since = move_month(clock.business_date().replace(day=1), -_MONTHS_SHOWN)
        # A draft may hold anything until it is submitted.
        shapes = {} if model.is_draft and lint_champion(model.content) else model_charts.list_shapes(model.content)
        inputs = {row["name"]: row for row in model.card.get("inputs", [])}
        chosen = request.GET.get("input", "")
        chosen = chosen if chosen in shapes else next(iter(inputs or shapes), "")
        months = model_charts.draw_months(
            queries.list_monthly("model_auc", since=since), queries.list_monthly("score_drift", since=since), model.code
        )
        return {
            "trials": list_trials_of(model, can_try=self.access.has(rights.EDIT_RULES)),
            "inputs": [
                {
                    "name": words.name_of(name),
                    "url": f"?input={name}#shape",
                    "is_current": name == chosen,
                    "least": model_charts.points_text(min(points for _band, points in shapes[name])),
                    "most": model_charts.points_text(max(points for _band, points in shapes[name])),
                    "weight": inputs.get(name, {}).get("weight"),
                    "reason_share": share_text(inputs[name]["reason_share"]) if name in inputs else "–",
                }
                for name in (inputs or shapes)
                if name in shapes
            ],
            "shape": model_charts.draw_shape(chosen, shapes[chosen], inputs.get(chosen)) if chosen else None,
            "months": months if model.state == RuleState.PUBLISHED else [],
            "changes": configuration.list_case_changes(model) if model.is_draft else [],
        }

    def why_not_decide(self, request: HttpRequest, pending: Any) -> str:
        """Return why the reader cannot decide on the submitted draft; empty where he can."""
        if not self.access.has(rights.APPROVE_CONFIGURATION):
            return _("Your role does not put rules in force.")
        if pending is not None and pending.maker_id == request.user.pk:
            return _("You submitted this draft yourself, so another person has to decide.")
        return ""


class ChallengerPage(ModelPage):
    """The card of a challenger, beside the champion in force."""

    name = "risk:challenger"

    def find(self, request: HttpRequest, code: str, version: int) -> Any:
        """Return the challenger asked for. Raises NotFound."""
        return queries.access_challenger(request.user, code, version)  # type: ignore[arg-type]

    def add(self, request: HttpRequest, model: Any) -> dict[str, Any]:
        """Return both models' figures side by side."""
        champion = queries.get_champion_in_force(model.code)
        since = clock.business_date() - timedelta(days=31 * _MONTHS_SHOWN)
        return {
            "champion": _show_row(champion, "risk:model") if champion else None,
            "comparison": model_charts.compare(model.card, champion.card if champion else {}),
            "beside": queries.compare_scores(model.pk),
            "months": model_charts.draw_months(queries.list_monthly("model_auc", since=since), [], model.code),
        }


class ModelAct(StaffPage):
    """Submit a model, put it in force, give it back."""

    name = "risk:model"
    model: Any = Scorecard

    def post(self, request: HttpRequest, code: str, version: int, act: str) -> HttpResponse:
        """Do one of them."""
        user: Any = request.user
        find = queries.access_champion if self.name == "risk:model" else queries.access_challenger
        rule = find(user, code, version)
        note = request.POST.get("note", "")[:300]
        acts = {
            "submit": (lambda: self.submit(rule, note, user), _("Submitted. A second person decides now.")),
            "approve": (lambda: self.decide(rule, note, user, is_approved=True), _("In force from now on.")),
            "reject": (lambda: self.decide(rule, note, user, is_approved=False), _("Given back to its author.")),
        }
        if act not in acts:
            raise NotFound
        run, said = acts[act]
        return carry_out(request, reverse(self.name, args=[code, version]), run, said)

    def submit(self, rule: VersionedRule, note: str, user: Any) -> object:
        """Ask a second person."""
        return configuration.submit_rule(
            model=type(rule),  # type: ignore[arg-type]
            rule_id=rule.pk,
            reason=note,
            actor=user,
            now=clock.now(),
        )

    def decide(self, rule: VersionedRule, note: str, user: Any, *, is_approved: bool) -> object:
        """Put it in force or give it back. Raises NotFound where nobody submitted it."""
        pending = get_pending_approval(configuration.PUBLISH, rule)
        if pending is None:
            raise NotFound
        return configuration.decide_rule(
            approval_id=pending.pk, is_approved=is_approved, note=note, actor=user, now=clock.now()
        )


class ChallengerAct(ModelAct):
    """The same for a challenger."""

    name = "risk:challenger"


def share_text(share: float) -> str:
    """Return a measured share as a percentage."""
    return rate_text(Decimal(f"{share:.4f}"))


def _show_row(model: Any, name: str) -> dict[str, Any]:
    quality = model.card.get("quality", {})
    training: ModelTraining | None = model.training
    kind = AVERAGE if name == "risk:challenger" else kind_of(model.card)
    return {
        "model": model,
        "url": reverse(name, args=[model.code, model.version]),
        "tone": STATE_TONES[RuleState(model.state)],
        "kind": KIND_WORDS.get(kind, kind) if training else _("points by an expert"),
        "training": training,
        **{key: quality.get(key) for key in ("auc", "ks", "gini", "brier", "slope", "ece")},
    }


def _list_facts(card: dict[str, Any]) -> list[tuple[str, str]]:
    quality, data = card.get("quality"), card.get("data", {})
    if not quality:
        return []
    return [
        ("AUC", f"{quality['auc']:.4f} ± {card['auc_spread']:.4f}"),
        (_("AUC of a plain regression"), f"{card['baseline_auc']:.4f}"),
        ("Gini", f"{quality['gini']:.4f}"),
        ("KS", f"{quality['ks']:.4f}"),
        (_("Brier score"), f"{quality['brier']:.4f}"),
        (_("Calibration slope"), f"{quality['slope']:.2f}"),
        (_("Calibration error"), f"{quality['ece']:.4f}"),
        (_("Rows"), f"{data['rows']:,}"),
        (_("Went bad"), f"{data['bads']:,} ({share_text(data['bads'] / data['rows'])})"),
    ]


def _show_group(row: dict[str, Any]) -> dict[str, Any]:
    names = {"sex": _("Sex"), "age": _("Age")}
    impact = row.get("impact")
    return {
        "group": names.get(row["group"], row["group"]),
        "value": {"M": _("male"), "F": _("female")}.get(row["value"], row["value"]),
        "count": row["count"],
        "bad_rate": share_text(row["bad_rate"]),
        "expected": share_text(row["expected"]),
        "better_half": share_text(row["better_half"]),
        "impact": "–" if impact is None else f"{impact:.2f}",
        "is_low": impact is not None and impact < 0.8,
    }


def _say_reject(reject: dict[str, Any]) -> str:
    count, drift = reject.get("count", 0), reject.get("drift")
    if not count:
        return _(
            "Every applicant of the table has an outcome; how those who were refused would have paid is not known."
        )
    if drift is None:
        return _("%(n)s applicants were refused and have no outcome; the model has not learned from them.") % {
            "n": count
        }
    names = join_words(words.name_of(name) for name, _value in reject["worst"])
    return _(
        "%(n)s applicants were refused and have no outcome; the model has not learned from them. They differ most in: %(names)s (stability index up to %(drift)s). For people like them its probabilities are guesses."
    ) % {"n": count, "names": names, "drift": f"{drift:.2f}"}
