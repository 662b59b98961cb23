"""Applications: the list, the decision behind each, and the review by two people."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import InvalidInput, NotFound
from core.rules.charts import Waterfall, WaterfallStep
from core.rules.formats import money_text
from core.sentences import join_words, say_value
from core.web.listing import take_page
from lending.models import Application
from lending.models.product import Method
from lending.queries.staff import access_application, applications_in_scope, narrow_applications
from risk.models import DecisionRecord, HumanReviewRequest, Review
from risk.models.decisions import Outcome
from risk.operations import human_reviews, reviews
from risk.queries.decisions import DecisionView, access_review, get_decision_view, list_reasons, list_reviews
from risk.queries.replays import replay_decision
from risk.web import words
from risk.web.forms import ApplicationFilter, ProposalForm
from staff import rights
from staff.pages import StaffPage, carry_out, show_refusal
from staff.queries import list_members_in_reach

TONES = {
    "SUBMITTED": "info",
    "REFERRED": "warn",
    "APPROVED": "good",
    "ACCEPTED": "good",
    "DECLINED": "late",
    "WITHDRAWN": "plain",
    "EXPIRED": "plain",
}
_OUTCOME_TONES = {"APPROVE": "good", "REFER": "warn", "DECLINE": "late"}
_SORTS = {"amount": "amount", "submitted": "submitted_at"}


class ApplicationListPage(StaffPage):
    """Applications in the reader's scope."""

    right = rights.VIEW_APPLICATIONS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = ApplicationFilter(request.GET, owners=list_members_in_reach(self.access, self.right))
        form.is_valid()
        rows = narrow_applications(applications_in_scope(self.access), form.cleaned_data)
        page = take_page(rows, request.GET, sorts=_SORTS)
        context = {"form": form, "page": page, "rows": [(row, TONES[row.state]) for row in page.rows]}
        return render(request, "risk/applications.html", context)


class ApplicationPage(StaffPage):
    """How one application was decided, and what a person makes of it."""

    right = rights.VIEW_APPLICATIONS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        application = access_application(self.access, public_id)
        return self.show(request, application, ProposalForm(product=application.product, initial=_prefill(application)))

    def show(
        self, request: HttpRequest, application: Application, form: ProposalForm, status: int = 200
    ) -> HttpResponse:
        """Render the page with a proposal form."""
        decision = get_decision_view(application)
        found = list(list_reviews(application))
        pending = next((review for review in found if review.state == Review.State.PROPOSED), None)
        context = {
            "application": application,
            "tone": TONES[application.state],
            "method_word": Method(application.method).label,
            "steps": _list_steps(application),
            "decision": decision,
            "rule_versions": words.name_versions(decision.rule_version) if decision else "",
            "outcome_word": Outcome(decision.outcome).label if decision else "",
            "outcome_tone": _OUTCOME_TONES.get(decision.outcome, "plain") if decision else "",
            "waterfall": _draw(decision) if decision and decision.score is not None else None,
            "facts": _list_facts(decision) if decision else [],
            "evidence": _list_evidence(decision) if decision and self.access.has(rights.UNMASK) else [],
            "fired": _list_fired(decision) if decision else [],
            "flips": _list_flips(decision) if decision else [],
            "reasons": list_reasons(application.reason_codes),
            "reviews": found,
            "human_review": HumanReviewRequest.objects.filter(application=application)
            .select_related("answered_by")
            .first(),
            "answer_refusal": ""
            if self.access.has(rights.REVIEW_APPLICATION)
            else _("Your role does not review applications."),
            "pending": pending,
            "form": form,
            "propose_refusal": self.why_not_propose(application, pending),
            "confirm_refusal": self.why_not_confirm(request, pending),
        }
        return render(request, "risk/application.html", context, status=status)

    def why_not_propose(self, application: Application, pending: Review | None) -> str:
        """Return why the reader cannot propose now; empty where he can."""
        if not self.access.has(rights.REVIEW_APPLICATION):
            return _("Your role does not review applications.")
        if application.state != Application.State.REFERRED:
            return _("This application does not wait for a manual review.")
        return _("A proposal for this application waits for confirmation already.") if pending else ""

    def why_not_confirm(self, request: HttpRequest, pending: Review | None) -> str:
        """Return why the reader cannot decide the pending proposal; empty where he can."""
        if not self.access.has(rights.CONFIRM_REVIEW):
            return _("Your role does not confirm reviews.")
        if pending is not None and pending.maker_id == request.user.pk:
            return _("You made this proposal yourself, so another person has to confirm it.")
        return ""


def _list_facts(decision: DecisionView) -> list[tuple[str, str]]:
    """Return what the rules saw, and what they were not shown with the reason."""
    seen = [(words.name_of(key), words.value_of(key, value)) for key, value in decision.facts.items()]
    left_out = [(words.name_of(key), str(words.WITHHELD.get(why, why))) for key, why in decision.withheld.items()]
    return seen + left_out


class AnswerRequest(StaffPage):
    """What a person found about a decision that its customer asked to have looked at."""

    right = rights.REVIEW_APPLICATION

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the customer."""
        asked = HumanReviewRequest.objects.select_related("application").filter(public_id=public_id).first()
        if asked is None:
            raise NotFound
        access_application(self.access, asked.application.public_id)
        return carry_out(
            request,
            reverse("risk:application", args=[asked.application.public_id]),
            lambda: human_reviews.answer_human_review(
                request_id=asked.pk,
                is_reopened=request.POST.get("result") == "REOPENED",
                answer=request.POST.get("answer", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Answered. The customer is being told."),
        )


class Replayed(StaffPage):
    """The decision once more, by its own inputs and rule versions."""

    right = rights.VIEW_APPLICATIONS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        application = access_application(self.access, public_id)
        record = DecisionRecord.objects.filter(application=application).first()
        if record is None:
            raise NotFound
        replay = replay_decision(record)
        context = {"replay": replay, "rule_versions": words.name_versions(replay.rule_version)}
        return render(request, "risk/replay.html", context)


class Propose(ApplicationPage):
    """The first person's proposal."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Write it down, or show what is wrong with it."""
        application = access_application(self.access, public_id)
        form = ProposalForm(request.POST, product=application.product)
        if form.is_valid():
            entered = {**form.cleaned_data, "grade": form.cleaned_data["grade"] or application.grade}
            try:
                reviews.propose_review(
                    application_id=application.pk,
                    **entered,
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except InvalidInput as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("Proposed. A second person decides now."))
                return redirect("risk:application", public_id)
        return self.show(request, application, form, status=422)


class Confirm(StaffPage):
    """The second person's yes."""

    right = rights.CONFIRM_REVIEW

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Decide the application with it."""
        review = access_review(request.user, public_id)  # type: ignore[arg-type]
        return carry_out(
            request,
            reverse("risk:application", args=[review.application.public_id]),
            lambda: reviews.confirm_review(
                review_id=review.pk,
                note=request.POST.get("note", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                business_date=clock.business_date(),
            ),
            _("Confirmed. The customer is being told."),
        )


class SendBack(StaffPage):
    """The second person's no."""

    right = rights.CONFIRM_REVIEW

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Return the application to the first person."""
        review = access_review(request.user, public_id)  # type: ignore[arg-type]
        return carry_out(
            request,
            reverse("risk:application", args=[review.application.public_id]),
            lambda: reviews.send_back_review(
                review_id=review.pk,
                note=request.POST.get("note", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Sent back for a new proposal."),
        )


def _prefill(application: Application) -> dict[str, Any]:
    return {"grade": application.grade, "approved_amount": application.amount}


def _draw(decision: DecisionView) -> Waterfall:
    assert decision.score is not None
    steps = [WaterfallStep(_("Base"), decision.base_points or 0)]
    steps += [
        WaterfallStep(say_value(words.name_of(part.factor), words.value_of(part.factor, part.value)), part.points)
        for part in decision.points
    ]
    steps.append(WaterfallStep(_("Score"), decision.score, is_total=True))
    lost = sorted(decision.points, key=lambda part: part.points - part.best_points)[:2]
    sentence = _("Most points are missing for: %(factors)s.") % {
        "factors": join_words(words.name_of(part.factor) for part in lost if part.points < part.best_points) or "–"
    }
    return Waterfall(_("Score"), steps, sentence=sentence, height="tall")


def _list_evidence(decision: DecisionView) -> list[tuple[str, str]]:
    return [
        (str(words.EVIDENCE_NAMES.get(key, key)), money_text(Decimal(value)))
        for key, value in decision.evidence.items()
    ]


def _list_fired(decision: DecisionView) -> list[dict[str, Any]]:
    return [
        {
            "place": row.place,
            "conditions": [(words.name_of(key), condition) for key, condition in row.conditions.items()],
            "outcome": Outcome(row.outcome).label,
            "tone": _OUTCOME_TONES.get(row.outcome, "plain"),
            "reason": row.reason,
        }
        for row in decision.fired
    ]


def _list_flips(decision: DecisionView) -> list[dict[str, Any]]:
    return [
        {
            "name": words.name_of(flip.factor),
            "from": words.value_of(flip.factor, flip.from_value),
            "to": words.value_of(flip.factor, flip.to_value),
            "outcome": Outcome(flip.outcome.value).label,
            "tone": _OUTCOME_TONES.get(flip.outcome, "plain"),
            "score": flip.score,
        }
        for flip in decision.flips[:5]
    ]


def _list_steps(application: Application) -> list[dict[str, Any]]:
    state = Application.State(application.state)
    decided = application.decided_at and application.decided_at.date()
    steps: list[dict[str, Any]] = [{"label": _("Applied"), "state": "done", "date": application.submitted_at.date()}]
    if state == Application.State.SUBMITTED:
        return [*steps, {"label": _("Being decided"), "state": "now"}, {"label": _("Offer"), "state": "todo"}]
    if state == Application.State.REFERRED:
        return [*steps, {"label": _("Manual review"), "state": "now"}, {"label": _("Offer"), "state": "todo"}]
    if state == Application.State.DECLINED:
        return [*steps, {"label": _("Declined"), "state": "stopped", "date": decided}]
    if state in {Application.State.WITHDRAWN, Application.State.EXPIRED}:
        ended = application.ended_at and application.ended_at.date()
        return [*steps, {"label": state.label, "state": "stopped", "date": ended}]
    is_accepted = state == Application.State.ACCEPTED
    return [
        *steps,
        {"label": _("Approved"), "state": "done", "date": decided},
        {"label": _("Offer accepted"), "state": "done" if is_accepted else "now"},
        {"label": _("Listing"), "state": "now" if is_accepted else "todo"},
    ]
