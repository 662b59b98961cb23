"""Trials of drafts: the list, one trial with its figures, and who would have been decided otherwise."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotFound
from core.money import from_fen
from core.web.listing import take_page
from core.web.reading import read_day
from risk.models import DecisionTable, RuleTrial, Scorecard
from risk.models.decisions import Outcome
from risk.operations import trials
from risk.queries.trials import access_trial, get_latest_trial, list_changes, list_trials
from risk.rules.trials import ALL, measure_accuracy, read_counts
from risk.web.sections import list_sections
from staff import rights
from staff.pages import StaffPage, carry_out

STATE_TONES = {"RUNNING": "warn", "DONE": "good", "STOPPED": "plain"}
_ORDER = ("APPROVE", "REFER", "DECLINE")
_WINDOW = timedelta(days=180)
_TONES = {"APPROVE": "good", "REFER": "warn", "DECLINE": "late"}


class TrialListPage(StaffPage):
    """All trials."""

    right = rights.VIEW_RULES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        page = take_page(list_trials(request.user), request.GET, sorts={})  # type: ignore[arg-type]
        context = {
            "page": page,
            "rows": [
                {"trial": trial, "tone": STATE_TONES[trial.state], "url": address_of(trial)} for trial in page.rows
            ],
            "sections": list_sections(self.access, "risk:trials"),
        }
        return render(request, "risk/trials.html", context)


class TrialPage(StaffPage):
    """One trial."""

    right = rights.VIEW_RULES

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the figures and one page of what changed."""
        trial = access_trial(request.user, public_id)  # type: ignore[arg-type]
        rows = list_changes(request.user, trial)  # type: ignore[arg-type]
        before, after = request.GET.get("before", ""), request.GET.get("after", "")
        if before in _ORDER and after in _ORDER:
            rows = rows.filter(outcome_before=before, outcome_after=after)
        page = take_page(rows, request.GET, sorts={})
        context = {
            "trial": trial,
            "tone": STATE_TONES[trial.state],
            "share": 100 * trial.done // trial.total if trial.total else 0,
            "whole": summarise(trial),
            "segments": _list_segments(trial),
            "matrix": _draw_matrix(trial),
            "page": page,
            "rows": [_show_change(change) for change in page.rows],
            "is_narrowed": bool(before and after),
            "url": address_of(trial),
            "sees_applications": self.access.has(rights.VIEW_APPLICATIONS),
            "stop_refusal": "" if self.access.has(rights.EDIT_RULES) else _("Your role does not edit rules."),
        }
        return render(request, "risk/trial.html", context)


class TrialStart(StaffPage):
    """Try a draft."""

    right = rights.EDIT_RULES

    def post(self, request: HttpRequest, subject: str, code: str, version: int) -> HttpResponse:
        """Start the trial and show it."""
        rule: DecisionTable | Scorecard | None = None
        if subject == "table":
            rule = DecisionTable.objects.filter(code=code, version=version).first()
        elif subject == "scorecard":
            rule = Scorecard.objects.filter(code=code, version=version).first()
        if rule is None:
            raise NotFound
        today = clock.business_date()
        kind = RuleTrial.Kind.SHADOW if request.POST.get("kind") == "SHADOW" else RuleTrial.Kind.PAST
        trial = trials.start_trial(
            rule=rule,
            kind=kind,
            from_date=read_day(request.POST.get("from_date", "")) or today - _WINDOW,
            to_date=read_day(request.POST.get("to_date", "")) or today,
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
            business_date=today,
        )
        return redirect(address_of(trial))


class TrialStop(StaffPage):
    """Enough seen."""

    right = rights.EDIT_RULES

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Stop the trial."""
        trial = access_trial(request.user, public_id)  # type: ignore[arg-type]
        return carry_out(
            request,
            address_of(trial),
            lambda: trials.stop_trial(trial_id=trial.pk, actor=request.user, now=clock.now()),  # type: ignore[arg-type]
            _("Stopped. What it has judged stays."),
        )


def address_of(trial: RuleTrial) -> str:
    """Return the address of a trial."""
    return reverse("risk:trial", args=[trial.public_id])


def list_trials_of(rule: DecisionTable | Scorecard, *, can_try: bool) -> dict[str, Any]:
    """Return what the page of a rule shows of its trials: the newest back-test's figures, the last five, the way to one."""
    subject = "table" if isinstance(rule, DecisionTable) else "scorecard"
    latest = get_latest_trial(rule)
    rows = RuleTrial.objects.filter(**{subject: rule, f"{subject}_hash": rule.content_hash}).order_by("-id")[:5]
    return {
        "can_try": can_try and rule.is_draft,
        "try_url": reverse("risk:try", args=[subject, rule.code, rule.version]),
        "latest": summarise(latest) if latest else None,
        "latest_url": address_of(latest) if latest else "",
        "rows": [{"trial": trial, "tone": STATE_TONES[trial.state], "url": address_of(trial)} for trial in rows],
    }


def summarise(trial: RuleTrial) -> dict[str, Any] | None:
    """Return the figures over all decisions of a trial; None before the first."""
    row = trial.figures.get("segments", {}).get(ALL, {}).get("")
    return _show_counts(row) if row else None


def _show_counts(row: list[int]) -> dict[str, Any]:
    counts = read_counts(row)
    number = counts["count"] or 1
    return {
        **counts,
        **{f"rate_{when}": Decimal(counts[f"approved_{when}"]) / number for when in ("before", "after")},
        **{name: from_fen(counts[name]) for name in ("amount_before", "amount_after", "loss_before", "loss_after")},
        **{
            f"loss_rate_{when}": Decimal(counts[f"loss_{when}"]) / (counts[f"amount_{when}"] or 1)
            for when in ("before", "after")
        },
        "share_changed": Decimal(counts["changed"]) / number,
        **_show_accuracy(counts),
    }


def _show_accuracy(counts: dict[str, int]) -> dict[str, Any]:
    before, after = (measure_accuracy(counts, when) for when in ("before", "after"))
    return {
        "accuracy_before": before,
        "accuracy_after": after,
        "accuracy_gain": after / before - 1 if before and after is not None else None,
    }


def _list_segments(trial: RuleTrial) -> list[dict[str, Any]]:
    titles = {"product": _("Product"), "grade": _("Grade"), "channel": _("Channel"), "amount": _("Amount asked")}
    found = trial.figures.get("segments", {})
    return [
        {
            "title": title,
            "rows": [{"name": name or "–", **_show_counts(row)} for name, row in sorted(found.get(kind, {}).items())],
        }
        for kind, title in titles.items()
        if found.get(kind)
    ]


def _draw_matrix(trial: RuleTrial) -> dict[str, Any]:
    counts: dict[str, int] = trial.figures.get("matrix", {})
    here = address_of(trial)
    return {
        "heads": [Outcome(outcome).label for outcome in _ORDER],
        "rows": [
            {
                "label": Outcome(before).label,
                "cells": [
                    {
                        "count": counts.get(f"{before}>{after}", 0),
                        "url": f"{here}?before={before}&after={after}#list",
                        "is_same": before == after,
                    }
                    for after in _ORDER
                ],
            }
            for before in _ORDER
        ],
    }


def _show_change(change: Any) -> dict[str, Any]:
    application = change.decision.application
    return {
        "change": change,
        "application": application,
        "customer": change.decision.customer,
        "score_before": change.decision.score,
        "url": reverse("risk:application", args=[application.public_id]),
        "before": Outcome(change.outcome_before).label,
        "after": Outcome(change.outcome_after).label,
        "before_tone": _TONES[change.outcome_before],
        "after_tone": _TONES[change.outcome_after],
    }
