"""Entering a customer by hand, with the answer while typing whether he is there already."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import BusinessError, NotFound, Refused
from customers.operations import intake
from customers.queries.similar import find_similar
from customers.queries.staff import in_scope
from customers.rules.intake import read_company, read_row
from customers.texts import name_code
from customers.web.conflicts import ask
from customers.web.forms_entry import CompanyForm, EntryForm
from customers.web.forms_ownership import ConflictForm
from staff import rights
from staff.pages import StaffPage, show_refusal

COMPANY = "company"


class EnterCustomer(StaffPage):
    """The form of a new customer."""

    right = rights.EDIT_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form."""
        return self.show(request, self.form_class(request)())

    def form_class(self, request: HttpRequest) -> type[EntryForm] | type[CompanyForm]:
        """Return the form of a person or a company, as the address says."""
        return CompanyForm if request.GET.get("kind") == COMPANY else EntryForm

    def post(self, request: HttpRequest) -> HttpResponse:
        """Create the customer and open his page, or show the form again with what is wrong."""
        form = self.form_class(request)(request.POST)
        if not form.is_valid():
            return self.show(request, form, status=422)
        try:
            enter = intake.enter_company if isinstance(form, CompanyForm) else intake.enter_customer
            customer = enter(
                fields=form.read_texts(),
                is_another=form.cleaned_data["is_another"],
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except (Refused, NotFound):
            raise
        except BusinessError as error:
            show_refusal(form, error)
            return self.show(request, form, status=422)
        messages.success(request, _("%(customer)s is a customer now.") % {"customer": customer})
        if not in_scope(self.access).filter(pk=customer.pk).exists():
            return redirect("customers:list")
        return redirect("customers:page", customer.public_id)

    def show(self, request: HttpRequest, form: EntryForm | CompanyForm, status: int = 200) -> HttpResponse:
        """Answer the page; a refused form brings along who is like the person."""
        here, is_company = reverse("customers:enter"), isinstance(form, CompanyForm)
        context: dict[str, Any] = {
            "form": form,
            "found": None,
            "is_company": is_company,
            "kinds": [
                {"label": _("Person"), "url": here, "is_current": not is_company},
                {"label": _("Company"), "url": f"{here}?kind={COMPANY}", "is_current": is_company},
            ],
        }
        if status != 200:
            context["similar"] = self.list_similar(request)
        return render(request, "customers/entry.html", context, status=status)

    def list_similar(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the reader's own records that may be the person typed so far."""
        form = self.form_class(request)
        texts = {name: request.POST.get(name, "") for name in form.base_fields}
        values = read_company(texts) if form is CompanyForm else read_row(texts, clock.now().date()).values
        return [
            {
                "customer": one.customer,
                "score": one.score,
                "reasons": [str(name_code("likeness", reason)) for reason in one.reasons],
            }
            for one in find_similar(self.access, values)
        ]


class CheckEntry(EnterCustomer):
    """What is known of somebody while he is typed: who works with him, and which own records are like him."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer the fragment; nothing while too little is typed."""
        context = ask(request, ConflictForm(request.POST), self.access)
        if context["found"] is None and not context["refusal"]:
            return HttpResponse()
        context["similar"] = self.list_similar(request)
        return render(request, "customers/entry_answer.html", context, status=429 if context["refusal"] else 200)
