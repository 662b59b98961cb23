"""Collection cases: the list, one case, what is said and promised."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.web.listing import take_page
from core.web.widgets import DayInput
from customers.models import Customer
from customers.queries.staff import search_condition
from lending.queries.staff import access_loan
from service.models import CollectionCase, CollectionContact
from service.operations import contacts
from service.queries import access_case, get_open_case, list_cases, list_contacts, list_promises
from staff import rights
from staff.pages import StaffPage, carry_out

PROMISE_TONES = {"OPEN": "warn", "KEPT": "good", "BROKEN": "late"}
_SORTS = {"late": "days_late", "overdue": "owed"}


class CaseFilter(forms.Form):
    """Conditions on cases."""

    q = forms.CharField(label=gettext_lazy("Borrower"), required=False, max_length=60)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, choices=CollectionCase.State.choices)
    stage = forms.MultipleChoiceField(
        label=gettext_lazy("Stage"),
        required=False,
        choices=CollectionCase.Stage.choices,
        widget=forms.CheckboxSelectMultiple,
    )


class ContactForm(forms.Form):
    """A contact with a debtor."""

    channel = forms.ChoiceField(label=gettext_lazy("How"), choices=CollectionContact.Channel.choices)
    outcome = forms.ChoiceField(label=gettext_lazy("What came of it"), choices=CollectionContact.Outcome.choices)
    note = forms.CharField(
        label=gettext_lazy("What was said"), widget=forms.Textarea(attrs={"rows": 3}), max_length=1000
    )


class PromiseForm(forms.Form):
    """What a debtor promises."""

    amount = forms.DecimalField(label=gettext_lazy("Amount"), max_digits=18, decimal_places=2)
    promised_date = forms.DateField(label=gettext_lazy("Until"), widget=DayInput)


class CaseListPage(StaffPage):
    """Cases in the reader's scope."""

    right = rights.COLLECT

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = CaseFilter(request.GET)
        form.is_valid()
        wanted = form.cleaned_data
        rows = list_cases(request.user, state=wanted.get("state") or CollectionCase.State.OPEN)  # type: ignore[arg-type]
        if wanted.get("stage"):
            rows = rows.filter(stage__in=wanted["stage"])
        if wanted.get("q"):
            rows = rows.filter(customer__in=Customer.objects.filter(search_condition(wanted["q"])))
        page = take_page(rows, request.GET, sorts=_SORTS, default="-days_late")
        return render(request, "service/cases.html", {"form": form, "page": page, "rows": page.rows})


class CasePage(StaffPage):
    """One case."""

    right = rights.COLLECT

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        case = access_case(request.user, public_id)  # type: ignore[arg-type]
        refusal = ""
        if case.state == CollectionCase.State.CLOSED:
            refusal = _("This case is closed.")
        elif case.is_on_hold:
            refusal = _("On hold: %(reason)s") % {"reason": case.hold_reason}
        context = {
            "case": case,
            "contacts": list_contacts(case)[:100],
            "promises": [(row, PROMISE_TONES[row.state]) for row in list_promises(case)[:50]],
            "limits": contacts.get_contact_limits(on=clock.business_date()),
            "contact_form": ContactForm(auto_id="contact_%s"),
            "promise_form": PromiseForm(auto_id="promise_%s", initial={"amount": case.loan.standing.overdue_amount}),
            "refusal": refusal,
        }
        return render(request, "service/case.html", context)


class RecordCollectionContact(StaffPage):
    """Keep a contact with a debtor."""

    right = rights.COLLECT

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Record it, or say why it must not be made."""
        case = access_case(request.user, public_id)  # type: ignore[arg-type]
        given = request.POST
        return carry_out(
            request,
            reverse("service:case", args=[public_id]),
            lambda: contacts.record_contact(
                case_id=case.pk,
                channel=given.get("channel", ""),
                outcome=given.get("outcome", ""),
                note=given.get("note", "")[:1000],
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Contact recorded."),
        )


class TakePromise(StaffPage):
    """Take down a promise to pay."""

    right = rights.COLLECT

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Keep it; the nightly close judges whether it was kept."""
        case = access_case(request.user, public_id)  # type: ignore[arg-type]
        form = PromiseForm(request.POST)
        if not form.is_valid():
            raise contacts.ContactInvalid(
                fields={name: [str(error) for error in errors] for name, errors in form.errors.items()}
            )
        return carry_out(
            request,
            reverse("service:case", args=[public_id]),
            lambda: contacts.take_promise(
                case_id=case.pk,
                **form.cleaned_data,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                business_date=clock.business_date(),
            ),
            _("Promise taken down. The close of that day checks whether it was kept."),
        )


class LoanCases(StaffPage):
    """The open case of a loan, for the loan page."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment; nothing where there is no case."""
        loan = access_loan(self.access, public_id)
        case = get_open_case(loan) if self.access.has(rights.COLLECT) else None
        return render(request, "service/loan.html", {"case": case})
