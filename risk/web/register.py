"""The risk register with its matrix, incidents and drills, legal reviews."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.changes import reviewables
from core.errors import NotFound
from core.web.listing import take_page
from core.web.widgets import DayInput, MomentInput
from risk.models import Incident, RiskEntry
from risk.operations import register as operations
from risk.queries import register as reads
from risk.web.indicators import MonitorPage
from staff import rights
from staff.models import StaffMember
from staff.pages import carry_out, show_refusal

_GRADES = [(number, str(number)) for number in range(1, 6)]


def _owners() -> Any:
    return StaffMember.objects.filter(is_active=True).select_related("user").order_by("pk")


class EntryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new risk."""

    note = forms.CharField(label=gettext_lazy("Why graded so"), required=False, max_length=500)

    class Meta:
        model = RiskEntry
        fields = (
            "title", "category", "description", "likelihood", "impact", "response", "plan", "owner", "review_date",
            "review_months",
        )  # fmt: skip
        widgets = {
            "review_date": DayInput,
            "likelihood": forms.Select(choices=_GRADES),
            "impact": forms.Select(choices=_GRADES),
            "description": forms.Textarea(attrs={"rows": 3}),
            "plan": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = _owners()  # type: ignore[attr-defined]


class ReviewForm(forms.Form):
    """Another look at a risk."""

    likelihood = forms.TypedChoiceField(label=gettext_lazy("Likelihood"), coerce=int, choices=_GRADES)
    impact = forms.TypedChoiceField(label=gettext_lazy("Impact"), coerce=int, choices=_GRADES)
    response = forms.ChoiceField(label=gettext_lazy("Response"), choices=RiskEntry.Response.choices)
    plan = forms.CharField(label=gettext_lazy("What is done"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    note = forms.CharField(label=gettext_lazy("Why"), widget=forms.Textarea(attrs={"rows": 2}))
    closes = forms.BooleanField(label=gettext_lazy("The risk is gone"), required=False)


class IncidentForm(forms.ModelForm):  # type: ignore[type-arg]
    """An incident or a drill."""

    class Meta:
        model = Incident
        fields = (
            "kind", "title", "scenario", "began_at", "noticed_at", "restored_at", "data_until", "rto_minutes",
            "rpo_minutes", "lessons", "owner", "is_closed",
        )  # fmt: skip
        widgets = {
            **{
                name: MomentInput({"data-past": ""}) for name in ("began_at", "noticed_at", "restored_at", "data_until")
            },
            "scenario": forms.Textarea(attrs={"rows": 4}),
            "lessons": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = _owners()  # type: ignore[attr-defined]


class LegalReviewForm(forms.Form):
    """A question to the lawyers."""

    target = forms.ChoiceField(label=gettext_lazy("What is reviewed"))
    question = forms.CharField(label=gettext_lazy("Question"), widget=forms.Textarea(attrs={"rows": 3}))
    due_date = forms.DateField(label=gettext_lazy("Answer until"), widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            (str(one.label), [(f"{kind}:{key}", title) for key, title in one.list_titles()])
            for kind, one in reviewables.items()
        ]


class RegisterPage(MonitorPage):
    """The matrix and the list of risks, with the form for another one."""

    section = "risk:register"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        initial = {"review_date": clock.business_date() + timedelta(days=90), "likelihood": 3, "impact": 3}
        return self.draw(request, EntryForm(initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Enter a risk."""
        form = EntryForm(request.POST)
        if form.is_valid():
            try:
                entry = operations.save_entry(
                    entry=form.save(commit=False),
                    note=form.cleaned_data["note"],
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except operations.EntryInvalid as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("Entered."))
                return redirect("risk:entry", entry.public_id)
        return self.draw(request, form, 422)

    def draw(self, request: HttpRequest, form: EntryForm, status: int = 200) -> HttpResponse:
        """Render the page."""
        entries = list(reads.list_entries(request.user)[:500])  # type: ignore[arg-type]
        return self.show(
            request,
            "risk/register.html",
            status=status,
            rows=[(entry, reverse("risk:entry", args=[entry.public_id])) for entry in entries],
            matrix=reads.draw_matrix(entries),
            form=form,
            may_write=self.access.has(rights.MANAGE_RISK),
        )


class EntryPage(MonitorPage):
    """One risk with all looks at it."""

    section = "risk:register"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        entry = reads.get_entry(request.user, public_id)  # type: ignore[arg-type]
        initial = {name: getattr(entry, name) for name in ("likelihood", "impact", "response", "plan")}
        return self.draw(request, entry, ReviewForm(initial=initial))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Look at it again."""
        entry = reads.get_entry(request.user, public_id)  # type: ignore[arg-type]
        form = ReviewForm(request.POST)
        if form.is_valid():
            try:
                operations.review_entry(
                    entry_id=entry.pk,
                    **form.cleaned_data,
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                    business_date=clock.business_date(),
                )
            except (operations.EntryInvalid, operations.EntryClosed) as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("Kept."))
                return redirect("risk:entry", public_id)
        return self.draw(request, entry, form, 422)

    def draw(self, request: HttpRequest, entry: RiskEntry, form: ReviewForm, status: int = 200) -> HttpResponse:
        """Render the page."""
        return self.show(
            request,
            "risk/entry.html",
            status=status,
            entry=entry,
            form=form,
            looks=entry.reviews.select_related("actor"),
            may_write=self.access.has(rights.MANAGE_RISK) and not entry.is_closed,
        )


class IncidentListPage(MonitorPage):
    """Incidents and drills with what was measured."""

    section = "risk:incidents"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list."""
        page = take_page(reads.list_incidents(request.user), request.GET, sorts={})  # type: ignore[arg-type]
        return self.show(
            request,
            "risk/incidents.html",
            page=page,
            rows=[(row, reads.measure(row), reverse("risk:incident", args=[row.public_id])) for row in page.rows],
            may_write=self.access.has(rights.MANAGE_RISK),
        )


class IncidentPage(MonitorPage):
    """One incident or drill; `new` is the empty form."""

    section = "risk:incidents"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        incident = self.find(request, public_id)
        initial = {"rto_minutes": 60, "rpo_minutes": 5} if incident is None else None
        return self.draw(request, incident, IncidentForm(instance=incident, initial=initial))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Write it up."""
        incident = self.find(request, public_id)
        form = IncidentForm(request.POST, instance=incident)
        if form.is_valid():
            try:
                saved = operations.save_incident(
                    incident=form.save(commit=False),
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except (operations.EntryInvalid, operations.EntryClosed) as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("Kept."))
                return redirect("risk:incident", saved.public_id)
        return self.draw(request, incident, form, 422)

    def find(self, request: HttpRequest, public_id: str) -> Incident | None:
        """Return the one that the address names; None for a new one."""
        if public_id == "new":
            return None
        return reads.get_incident(request.user, public_id)  # type: ignore[arg-type]

    def draw(
        self, request: HttpRequest, incident: Incident | None, form: IncidentForm, status: int = 200
    ) -> HttpResponse:
        """Render the page."""
        return self.show(
            request,
            "risk/incident.html",
            status=status,
            incident=incident,
            measured=reads.measure(incident) if incident else None,
            form=form,
            may_write=self.access.has(rights.MANAGE_RISK) and not (incident and incident.is_closed),
        )


class ReviewListPage(MonitorPage):
    """Legal reviews, with the form for another question."""

    section = "risk:reviews"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list."""
        return self.draw(request, LegalReviewForm(initial={"due_date": clock.business_date() + timedelta(days=14)}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask."""
        form = LegalReviewForm(request.POST)
        if form.is_valid():
            kind, _separator, target_id = form.cleaned_data["target"].partition(":")
            try:
                review = operations.ask_legal_review(
                    kind=kind,
                    target_id=target_id,
                    question=form.cleaned_data["question"],
                    due_date=form.cleaned_data["due_date"],
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except (operations.EntryInvalid, operations.ReviewWaits) as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("Asked. It cannot go live before the answer."))
                return redirect("risk:legal-review", review.public_id)
        return self.draw(request, form, 422)

    def draw(self, request: HttpRequest, form: LegalReviewForm, status: int = 200) -> HttpResponse:
        """Render the page."""
        rows = list(reads.list_reviews(request.user)[:200])  # type: ignore[arg-type]
        return self.show(
            request,
            "risk/reviews.html",
            status=status,
            rows=[(row, _label(row.kind), reverse("risk:legal-review", args=[row.public_id])) for row in rows],
            form=form,
            may_write=self.access.has(rights.MANAGE_RISK),
        )


class LegalReviewPage(MonitorPage):
    """One legal review."""

    section = "risk:reviews"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        review = reads.get_review(request.user, public_id)  # type: ignore[arg-type]
        refusal = "" if self.access.has(rights.MANAGE_RISK) else _("Your role does not answer legal reviews.")
        if review.asked_by_id == request.user.pk:
            refusal = _("You asked for this yourself, so another person has to decide.")
        return self.show(request, "risk/legal_review.html", review=review, label=_label(review.kind), refusal=refusal)


class DecideReview(MonitorPage):
    """Answer a legal review."""

    right = rights.MANAGE_RISK

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Clear it or object."""
        if act not in {"clear", "object"}:
            raise NotFound
        review = reads.get_review(request.user, public_id)  # type: ignore[arg-type]
        return carry_out(
            request,
            reverse("risk:legal-review", args=[public_id]),
            lambda: operations.decide_legal_review(
                review_id=review.pk,
                is_cleared=act == "clear",
                opinion=request.POST.get("opinion", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Kept."),
        )


def _label(kind: str) -> str:
    return str(reviewables.get(kind).label) if kind in reviewables else kind
