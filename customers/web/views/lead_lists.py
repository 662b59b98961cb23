"""A whole list of leads by file: what was taken in, what was refused and why."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import BusinessError
from customers.models import CustomerRole, Method
from customers.operations import leads
from customers.operations.leads.lists import REASONS
from customers.rules.leads import INTAKES
from customers.rules.tables import MAX_BYTES
from customers.web.forms_work import ask_origin
from staff import rights
from staff.models import Scope
from staff.pages import StaffPage, show_refusal

_SHOWN = 500


class ListForm(forms.Form):
    """A file, what its people want, where they come from, what the list cost."""

    file = forms.FileField(label=_("CSV or Excel workbook"), max_length=200)
    role = forms.ChoiceField(label=_("Wants to"), choices=CustomerRole.Role.choices)
    list_cost = forms.DecimalField(
        label=_("Cost of the whole list"), required=False, max_digits=16, decimal_places=2, min_value=0
    )

    def __init__(self, *args: Any, method: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.intake = INTAKES[method]
        self.fields |= ask_origin(method)

    def clean_file(self) -> Any:
        """Refuse what is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB."))
        return file


class TakeInList(StaffPage):
    """Choose one of the methods that bring lists, then the file."""

    right = rights.WORK_LEADS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form of the method."""
        method = _read_method(request)
        return _show(request, method, ListForm(method=method, initial={"role": "BORROWER"}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the list in and say row by row what was refused."""
        method = _read_method(request)
        form = ListForm(request.POST, request.FILES, method=method)
        if not form.is_valid():
            return _show(request, method, form, status=422)
        data = form.cleaned_data
        try:
            taken = leads.take_in_list(
                method=method,
                role=data["role"],
                origin={name: data[name] for name in form.intake.fields if data[name]},
                raw=data["file"].read(),
                cost=data["list_cost"] or Decimal(0),
                owner_id=self.access.member_id if self.access.scope_of(self.right) == Scope.OWN else None,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except BusinessError as error:
            show_refusal(form, error)
            return _show(request, method, form, status=422)
        refused = [(row.line, REASONS[row.reason]) for row in taken.refused[:_SHOWN]]
        return _show(request, method, ListForm(method=method), taken=taken, refused=refused)


def _read_method(request: HttpRequest) -> Method:
    method = request.GET.get("method", "")
    return Method(method) if method in leads.LIST_METHODS else Method.PHONE


def _show(request: HttpRequest, method: Method, form: ListForm, status: int = 200, **extra: Any) -> HttpResponse:
    url = reverse("customers:take-in-list")
    methods = [
        {"label": choice.label, "url": f"{url}?method={choice.value}", "is_current": choice == method}
        for choice in leads.LIST_METHODS
    ]
    context = {"form": form, "method": method, "methods": methods, **extra}
    return render(request, "customers/lead_list.html", context, status=status)
