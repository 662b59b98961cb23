"""Relations, household and documents of a customer."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.errors import InvalidInput, NotFound
from core.masking import mask_name
from core.web.widgets import DayInput
from customers.models import Customer, Document, Relation
from customers.operations import documents, relations
from customers.queries.relations import (
    find_other,
    household_exposure,
    list_documents,
    list_members,
    list_ties,
    name_household,
)
from customers.queries.staff import access_customer, in_scope
from customers.rules.papers import LARGEST_BYTES
from customers.web.header import tab_of
from customers.web.undo import tell
from staff import rights
from staff.pages import StaffPage, carry_out, demand
from staff.queries import Access

_SOURCE = "RM"


class RelationForm(forms.Form):
    """How the customer stands to whom."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Relation.Kind.choices)
    other = forms.CharField(label=gettext_lazy("Customer number or phone of the other"), max_length=40)
    amount = forms.CharField(label=gettext_lazy("Amount guaranteed"), max_length=20, required=False)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)


class DocumentForm(forms.Form):
    """A paper to keep."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PDF, JPEG, PNG or WebP, up to 8 MB"),
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png,image/webp"}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Document.Kind.choices)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120, required=False)
    valid_until_date = forms.DateField(label=gettext_lazy("Valid until"), required=False, widget=DayInput)


class RelationsPanel(StaffPage):
    """People, guarantors, household with its joint exposure."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the panel."""
        customer = access_customer(self.access, public_id)
        members = list_members(customer.household) if customer.household is not None else []
        open_ids = set(in_scope(self.access).filter(pk__in=[one.pk for one in members]).values_list("pk", flat=True))
        # What others' customers owe is not the reader's to know, not even inside a sum.
        exposure = household_exposure([one for one in members if one.pk in open_ids])
        context = {
            "customer": customer,
            "ties": list_ties(customer, self.access),
            "household": customer.household,
            "household_name": name_household(self.access, customer.household) if customer.household else "",
            "exposure": exposure,
            "hidden": len(members) - len(open_ids),
            "form": RelationForm(auto_id="relation_%s"),
            "can_edit": self.access.has(rights.EDIT_CUSTOMERS),
        }
        return render(request, "customers/relations.html", context)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Write a relation."""
        customer = _access(self, public_id)
        data = demand(RelationForm(request.POST))
        other = _find_other(self.access, data.pop("other"))

        def add() -> None:
            relations.add_relation(
                customer_id=customer.pk,
                other_id=other.pk,
                source=_SOURCE,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                **data,
            )

        return carry_out(request, tab_of(public_id, "relations"), add, _("Relation written."))


class EndRelation(StaffPage):
    """End a relation."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str, relation: str) -> HttpResponse:
        """End it, with the way back."""
        customer = _access(self, public_id)
        act = relations.end_relation(
            customer_id=customer.pk,
            public_id=relation,
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
        )
        return tell(request, _("Relation ended."), act, tab_of(public_id, "relations"))


class HouseholdAct(StaffPage):
    """Form a household with somebody, join his, or leave it."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do what `act` says."""
        customer = _access(self, public_id)
        act = {"form": self.form, "leave": self.leave}.get(request.POST.get("act", ""))
        if act is None:
            raise NotFound
        return carry_out(
            request, tab_of(public_id, "relations"), lambda: act(request, customer), _("Household changed.")
        )

    def form(self, request: HttpRequest, customer: Customer) -> None:
        """Put the customer and another one together, in the household that one of them has."""
        actor: Any = request.user
        other = _find_other(self.access, request.POST.get("other", ""))
        now = clock.now()
        joined = customer.household_id or other.household_id
        if joined is None:
            name = request.POST.get("name", "") or mask_name(customer.name) or customer.number
            relations.form_household(name=name, customer_ids=[customer.pk, other.pk], actor=actor, now=now)
            return
        newcomer = other if customer.household_id else customer
        relations.join_household(customer_id=newcomer.pk, household_id=joined, actor=actor, now=now)

    def leave(self, request: HttpRequest, customer: Customer) -> None:
        """Count the customer out."""
        actor: Any = request.user
        relations.leave_household(customer_id=customer.pk, actor=actor, now=clock.now())


class DocumentsPanel(StaffPage):
    """The papers of a customer."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the list."""
        customer = access_customer(self.access, public_id)
        context = {
            "customer": customer,
            "documents": list_documents(customer.pk)[:100],
            "form": DocumentForm(auto_id="document_%s"),
            "can_edit": self.access.has(rights.EDIT_CUSTOMERS),
            "can_open": self.access.has(rights.UNMASK),
        }
        return render(request, "customers/documents.html", context)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Take a file in."""
        customer = _access(self, public_id)
        data = demand(DocumentForm(request.POST, request.FILES))
        # One byte more than is taken tells that it is too large without reading the rest.
        content = data.pop("file").read(LARGEST_BYTES + 1)
        return carry_out(
            request,
            tab_of(public_id, "documents"),
            lambda: documents.upload_document(
                customer_id=customer.pk,
                content=content,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                **data,
            ),
            _("Document added."),
        )


class OpenDocument(StaffPage):
    """Hand a document out; papers show in plain text what pages mask, so the right to unmask is asked for."""

    right = rights.UNMASK

    def get(self, request: HttpRequest, public_id: str, document: str) -> HttpResponse:
        """Send the file; who took it is kept."""
        customer = access_customer(self.access, public_id, rights.UNMASK)
        paper = documents.download_document(
            customer_id=customer.pk,
            public_id=document,
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
        )
        answer = HttpResponse(paper.content, content_type=paper.content_type)
        answer["Content-Disposition"] = f'attachment; filename="{paper.name}"'
        answer["Cache-Control"] = "no-store"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


class RemoveDocument(StaffPage):
    """Take a document out of the file."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str, document: str) -> HttpResponse:
        """Remove it, with the way back."""
        customer = _access(self, public_id)
        act = documents.remove_document(
            customer_id=customer.pk,
            public_id=document,
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
        )
        return tell(request, _("Document removed."), act, tab_of(public_id, "documents"))


def _access(page: StaffPage, public_id: str) -> Customer:
    """Return the customer for writing; a panel that may be read is not yet one that may be written."""
    return access_customer(page.access, public_id, rights.EDIT_CUSTOMERS)


def _find_other(access: Access, text: str) -> Customer:
    try:
        return find_other(access, text)
    except NotFound as error:
        raise InvalidInput(fields={"other": [_("None of your customers has this number or phone.")]}) from error
