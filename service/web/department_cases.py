"""Cases between departments: the list, one case, what can be done with it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.web.listing import take_page
from core.web.reading import read_number
from core.web.view_counts import count_views
from core.web.widgets import DayInput
from customers.queries.staff import access_customer, in_scope
from customers.rules.papers import LARGEST_BYTES
from service.models import DepartmentCase
from service.operations import department_cases as cases
from service.operations import disputes
from service.queries import (
    access_department_case,
    filter_department_cases,
    list_case_papers,
    list_department_cases,
    narrow_department_cases,
)
from staff import rights
from staff.models import Department, Scope, StaffMember
from staff.pages import StaffPage, carry_out, demand, show_refusal
from staff.queries import Access, list_members_with_right

_VIEWS: dict[str, Any] = {
    "ours": gettext_lazy("With my department"),
    "mine": gettext_lazy("Held by me"),
    "asked": gettext_lazy("Asked by my department"),
    "late": gettext_lazy("Late"),
    "all": gettext_lazy("All"),
}
TONES = {"OPEN": "info", "ANSWERED": "good", "CLOSED": "plain"}


class DepartmentCaseFilter(forms.Form):
    """Conditions on cases between departments, beside the view."""

    view = forms.CharField(required=False, widget=forms.HiddenInput)
    state = forms.MultipleChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=DepartmentCase.State.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    department = forms.ModelChoiceField(
        Department.objects.order_by("path"), label=gettext_lazy("With"), required=False, empty_label=gettext_lazy("any")
    )
    holder = forms.ModelChoiceField(
        StaffMember.objects.none(), label=gettext_lazy("Held by"), required=False, empty_label=gettext_lazy("any")
    )
    is_urgent = forms.BooleanField(label=gettext_lazy("Urgent"), required=False)
    is_complaint = forms.BooleanField(label=gettext_lazy("Complaint"), required=False)
    dispute = forms.MultipleChoiceField(
        label=gettext_lazy("Dispute"),
        required=False,
        choices=DepartmentCase.Dispute.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    since = forms.DateField(label=gettext_lazy("Asked since"), required=False, widget=DayInput)
    until = forms.DateField(label=gettext_lazy("Asked until"), required=False, widget=DayInput)

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        holders = list_members_with_right(rights.WORK_CASES).select_related("user").order_by("user__display_name", "pk")
        if access.scope_of(rights.WORK_CASES) != Scope.ALL:
            holders = holders.filter(department__path__startswith=access.department_path)
        self.fields["holder"].queryset = holders  # type: ignore[attr-defined]


class CaseForm(forms.Form):
    """What another department is asked."""

    department = forms.ModelChoiceField(Department.objects.none(), label=gettext_lazy("To which department"))
    title = forms.CharField(label=gettext_lazy("What it is about"), max_length=120)
    text = forms.CharField(
        label=gettext_lazy("What is asked"), widget=forms.Textarea(attrs={"rows": 4}), max_length=4000
    )
    is_urgent = forms.BooleanField(label=gettext_lazy("Urgent"), required=False)
    is_complaint = forms.BooleanField(label=gettext_lazy("The customer complains"), required=False)
    dispute = forms.ChoiceField(
        label=gettext_lazy("The customer disputes"),
        required=False,
        choices=[("", gettext_lazy("nothing")), *DepartmentCase.Dispute.choices],
    )
    answer_by_date = forms.DateField(
        label=gettext_lazy("Answer by"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy("Of a dispute: the day that law, court or contract names."),
    )

    def __init__(self, *args: Any, departments: QuerySet[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments  # type: ignore[attr-defined]


class PassForm(forms.Form):
    """To whom a case is passed on."""

    department = forms.ModelChoiceField(Department.objects.none(), label=gettext_lazy("To which department"))
    text = forms.CharField(
        label=gettext_lazy("What was found, what is missing"), widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, departments: QuerySet[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments  # type: ignore[attr-defined]


class PaperForm(forms.Form):
    """A paper of a dispute."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PDF, JPEG, PNG or WebP, up to 8 MB"),
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png,image/webp"}),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120, required=False)


class TextForm(forms.Form):
    """What is said."""

    text = forms.CharField(label=gettext_lazy("What was found"), widget=forms.Textarea(attrs={"rows": 3}))


class DepartmentCaseListPage(StaffPage):
    """The cases that one's department asked, has or had."""

    right = rights.WORK_CASES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        view = request.GET.get("view", "ours")
        view = view if view in _VIEWS else "ours"
        now = clock.now()
        form = DepartmentCaseFilter(request.GET, access=self.access)
        form.is_valid()
        rows = filter_department_cases(narrow_department_cases(self.access, view, now), form.cleaned_data)
        page = take_page(rows, request.GET, sorts={}, default="-id")
        counts = count_views({key: narrow_department_cases(self.access, key, now) for key in _VIEWS})
        views = [
            {
                "label": label,
                "url": f"{request.path}?view={key}",
                "count": counts[key],
                "is_current": key == view,
            }
            for key, label in _VIEWS.items()
        ]
        reach = set(
            in_scope(self.access).filter(pk__in=[row.customer_id for row in page.rows]).values_list("pk", flat=True)
        )
        shown = [
            (row, row.customer_id in reach, row.due_at is not None and row.due_at < now, TONES[row.state])
            for row in page.rows
        ]
        return render(
            request,
            "service/department_cases.html",
            {
                "form": form,
                "page": page,
                "rows": shown,
                "views": views,
                "view": _VIEWS[view],
                "key": view,
                "is_narrowed": any(form.cleaned_data.values()),
            },
        )


class DepartmentCasePage(StaffPage):
    """One case with every step, its clock and its holder."""

    right = rights.WORK_CASES

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        case = access_department_case(self.access, public_id)
        is_with_us = self.access.department_path.startswith(case.department.path)
        is_ours = self.access.department_path.startswith(case.home.path)
        is_over = case.state == DepartmentCase.State.CLOSED
        departments = Department.objects.exclude(pk=case.department_id)
        sees_customer = case.customer_id and in_scope(self.access).filter(pk=case.customer_id).exists()
        context = {
            "case": case,
            "hops": case.hops.select_related("member__user", "department"),
            "is_late": case.due_at is not None and case.due_at < clock.now(),
            "tone": TONES[case.state],
            "sees_customer": sees_customer,
            "can_work": is_with_us and not is_over,
            "can_take": is_with_us and case.state == "OPEN" and case.holder_id != self.access.member_id,
            "can_answer": is_with_us and case.state == DepartmentCase.State.OPEN,
            "can_close": is_ours and not is_over,
            "pass_form": PassForm(departments=departments, auto_id="pass_%s"),
            "answer_form": TextForm(auto_id="answer_%s"),
            "is_answer_late": case.answer_by_date is not None
            and not is_over
            and case.answer_by_date < clock.business_date(),
            "papers": list_case_papers(case) if case.dispute else [],
            "can_add": bool(case.dispute) and (is_with_us or is_ours) and not is_over,
            "can_open": sees_customer and self.access.has(rights.UNMASK),
            "paper_form": PaperForm(auto_id="paper_%s"),
        }
        return render(request, "service/department_case.html", context)


class DepartmentCaseAct(StaffPage):
    """Take a case up, pass it on, answer it, close it."""

    right = rights.WORK_CASES

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do it, and say so on the case's page."""
        case = access_department_case(self.access, public_id)
        common: dict[str, Any] = {"case_id": case.pk, "actor": request.user, "now": clock.now()}
        text = request.POST.get("text", "")[:4000]
        department = read_number(request.POST.get("department", ""))
        acts: dict[str, tuple[Callable[[], object], str]] = {
            "take": (lambda: cases.take_department_case(**common), _("You hold it now.")),
            "pass": (
                lambda: cases.pass_department_case(**common, department_id=department or 0, text=text),
                _("Passed on."),
            ),
            "answer": (lambda: cases.answer_department_case(**common, text=text), _("Answered.")),
            "close": (lambda: cases.close_department_case(**common, text=text), _("Closed.")),
        }
        run, said = acts[act]
        return carry_out(request, reverse("service:department-case", args=[public_id]), run, said)


class AddPaper(StaffPage):
    """Keep a paper of a dispute."""

    right = rights.WORK_CASES

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Take the file in."""
        case = access_department_case(self.access, public_id)
        data = demand(PaperForm(request.POST, request.FILES))
        # One byte more than is taken tells that it is too large without reading the rest.
        content = data["file"].read(LARGEST_BYTES + 1)
        return carry_out(
            request,
            reverse("service:department-case", args=[public_id]),
            lambda: disputes.add_paper(
                case_id=case.pk,
                title=data["title"],
                content=content,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Document added."),
        )


class OpenDepartmentCase(StaffPage):
    """Ask another department."""

    right = rights.WORK_CASES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form; `?customer=` names whom it is about."""
        return self.show(request, CaseForm(departments=self.departments()), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Open the case, or show what is wrong."""
        form = CaseForm(request.POST, departments=self.departments())
        if not form.is_valid():
            return self.show(request, form, 422)
        customer = self.customer(request)
        given = form.cleaned_data
        try:
            case = cases.open_department_case(
                title=given["title"],
                text=given["text"],
                department_id=given["department"].pk,
                customer_id=customer.pk if customer else None,
                is_urgent=given["is_urgent"],
                is_complaint=given["is_complaint"],
                dispute=given["dispute"],
                answer_by_date=given["answer_by_date"],
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except cases.DepartmentCaseInvalid as error:
            show_refusal(form, error)
            return self.show(request, form, 422)
        return redirect("service:department-case", case.public_id)

    def departments(self) -> QuerySet[Department]:
        """Return the departments one can ask."""
        own = StaffMember.objects.values_list("department_id", flat=True).get(pk=self.access.member_id)
        return Department.objects.exclude(pk=own)

    def customer(self, request: HttpRequest) -> Any:
        """Return whom it is about, within scope."""
        public_id = request.GET.get("customer", "")
        return access_customer(self.access, public_id) if public_id else None

    def show(self, request: HttpRequest, form: CaseForm, status: int) -> HttpResponse:
        """Show the form."""
        context = {"form": form, "customer": self.customer(request)}
        return render(request, "service/department_case_new.html", context, status=status)


class CustomerCases(StaffPage):
    """The cases about a customer, for his page."""

    right = rights.WORK_CASES

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        customer = access_customer(self.access, public_id)
        rows = list_department_cases(self.access).filter(customer=customer)[:50]
        context = {"customer": customer, "rows": [(row, TONES[row.state]) for row in rows]}
        return render(request, "service/customer_cases.html", context)
