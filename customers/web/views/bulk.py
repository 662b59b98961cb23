"""Acts on many customers: what is asked, how many it is for, the doing, the way back. Editing one cell of the list."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from core import clock
from core.errors import BusinessError, NotFound, Refused
from core.web.reading import read_number
from customers import fields as facts
from customers.models import Customer, OwnerChange
from customers.operations import ownership
from customers.operations.facts import set_facts
from customers.queries.attributes import read_attributes
from customers.queries.facts import list_fields
from customers.queries.filters import list_custom_fields
from customers.queries.ownership import in_assign_reach, list_owners
from customers.queries.staff import access_customer, in_scope
from customers.web.bulk import MOST, BulkAct, list_acts
from customers.web.columns import OWNER, Column, list_columns, open_cell, render_cell
from customers.web.selection import canonical, read_group, select
from customers.web.undo import tell
from staff import rights
from staff.pages import StaffPage, show_refusal


class BulkPage(StaffPage):
    """Ask what an act needs, say how many it is for, do it."""

    right = rights.VIEW_CUSTOMERS

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Show the question, or with `confirmed` carry the act out and go back to the list with the way back."""
        key = request.POST.get("act", "")
        act = dict(list_acts(self.access)).get(key)
        if act is None:
            raise Refused
        ids = list(self.picked(request, act).order_by("pk").values_list("pk", flat=True)[: MOST + 1])
        query = canonical(request.GET, read_group(request.GET)[0])
        form = act.form(self.access)(request.POST if request.POST.get("confirmed") else None)
        context = {
            "act": act,
            "key": key,
            "form": form,
            "count": len(ids),
            "query": query,
            "most": MOST,
            "is_too_many": len(ids) > MOST,
            "everything": request.POST.get("everything", ""),
            "picks": [] if request.POST.get("everything") else request.POST.getlist("pick"),
        }
        if not request.POST.get("confirmed") or not form.is_valid() or not ids or len(ids) > MOST:
            status = 422 if request.POST.get("confirmed") else 200
            return render(request, "customers/bulk.html", context, status=status)
        return self.carry_out(request, act, form, ids, context)

    def picked(self, request: HttpRequest, act: BulkAct) -> QuerySet[Customer]:
        """Return the picked rows that the act's right reaches."""
        reachable = in_scope(self.access, act.right)
        if request.POST.get("everything"):
            return reachable.filter(pk__in=select(self.access, request.GET).rows.order_by().values("pk"))
        return reachable.filter(public_id__in=request.POST.getlist("pick")[:MOST])

    def carry_out(
        self, request: HttpRequest, act: BulkAct, form: forms.Form, ids: list[int], context: dict[str, Any]
    ) -> HttpResponseBase:
        """Do it; what the operation refuses stands at its field, or above the form."""
        common: dict[str, Any] = {"access": self.access, "given": form.cleaned_data, "actor": request.user}
        try:
            if act.answer is not None:
                rows = Customer.objects.filter(pk__in=ids)
                query = request.GET if request.POST.get("everything") else QueryDict("picked=1")
                return act.answer(**common, rows=rows, query=query, now=clock.now())
            assert act.run is not None
            count, back = act.run(
                **common,
                customer_ids=ids,
                now=clock.now(),
            )
        except (Refused, NotFound):
            raise
        except BusinessError as error:
            show_refusal(form, error)
            return render(request, "customers/bulk.html", context, status=422)
        said = ngettext("%(n)s customer changed.", "%(n)s customers changed.", count) % {"n": count}
        return tell(request, said, back, f"{reverse('customers:list')}?{context['query']}")


class Cell(StaffPage):
    """One cell of the list, edited in place."""

    right = rights.EDIT_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str, name: str) -> HttpResponse:
        """Answer the input with the value as it is stored."""
        customer, _column, spec = self.find(public_id, name)
        text = facts.as_text(spec, facts.read(spec, customer, None))
        return render(request, "customers/cell.html", _describe(customer, spec, text))

    def post(self, request: HttpRequest, public_id: str, name: str) -> HttpResponse:
        """Set the value; answer the cell, or why it cannot be."""
        customer, column, spec = self.find(public_id, name)
        value: Any = request.POST.get("value", "")
        expected = facts.from_text(spec, request.POST.get("seen", "")) if request.POST.get("seen") else None
        try:
            set_facts(
                customer_id=customer.pk,
                values={name: value},
                source="RM",
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                expected={name: expected},
            )
        except (Refused, NotFound):
            raise
        except BusinessError as error:
            said = [str(sentence) for sentences in error.fields.values() for sentence in sentences]
            sentence = " ".join(said or [error.sentence(), error.advice()]).strip()
            return _say_why(sentence)
        customer = access_customer(self.access, public_id, self.right)
        figures = read_attributes([customer.pk], [column.figure] if column.figure else [])[customer.pk]
        return HttpResponse(
            render_cell(column.cell(get_language() or ""), customer, figures, open_cell(column, can_edit=True))
        )

    def find(self, public_id: str, name: str) -> tuple[Customer, Column, facts.Field]:
        """Return the customer, the column and its field, if the list may edit it. Raises NotFound."""
        customer = access_customer(self.access, public_id, self.right)
        column = list_columns(list_custom_fields()).get(name)
        if column is None or not column.fact:
            raise NotFound
        spec = list_fields()[name]
        if spec.is_sensitive:
            raise NotFound
        return customer, column, spec


class OwnerCell(StaffPage):
    """The RM in the list, changed in place by whoever may assign."""

    right = rights.ASSIGN_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the choice of colleagues with the RM there is."""
        customer = self.find(public_id)
        choices = [(str(member.pk), str(member)) for member in list_owners(self.access)]
        own = str(customer.rm_id or "")
        if own not in dict(choices):
            choices.insert(0, (own, str(customer.rm or customer.pool or "–")))
        url = reverse("customers:owner-cell", args=[public_id])
        context = {"label": _("RM"), "text": own, "seen": own, "choices": choices, "url": url}
        return render(request, "customers/cell.html", context)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Give the customer to the colleague; answer the cell with the way back, or why it cannot be."""
        customer = self.find(public_id)
        if request.POST.get("seen", "") != str(customer.rm_id or ""):
            return _say_why(_("Somebody has changed the RM meanwhile; open the list again."))
        member = list_owners(self.access).filter(pk=read_number(request.POST.get("value", "")) or 0).first()
        if member is None:
            return _say_why(_("Choose a colleague."))
        try:
            _count, act = ownership.change_owner_reversibly(
                customer_ids=[customer.pk],
                new_member_id=member.pk,
                pool_id=None,
                reason=OwnerChange.Reason.ASSIGNED,
                note="",
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except (Refused, NotFound):
            raise
        except BusinessError as error:
            return _say_why(f"{error.sentence()} {error.advice()}".strip())
        column = list_columns([])[OWNER]
        answer = HttpResponse(format_html("{}{}</td>", open_cell(column, can_edit=True), str(member)))
        if act is not None:
            said = _("%(customer)s has gone to %(to)s.") % {"customer": customer, "to": member}
            answer["HX-Trigger"] = tell(request, said, act, "")["HX-Trigger"]
        return answer

    def find(self, public_id: str) -> Customer:
        """Return the customer of the list whose RM the reader may change. Raises NotFound.

        The list holds nobody whom the reader may not look at: who is in a pool leaves it by the page of pools.
        """
        rows = in_assign_reach(self.access) & in_scope(self.access)
        customer = rows.select_related("rm__user", "pool").filter(public_id=public_id).first()
        if customer is None:
            raise NotFound
        return customer


def _say_why(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=422, content_type="text/plain; charset=utf-8")


def _describe(customer: Customer, spec: facts.Field, text: str) -> dict[str, Any]:
    choices = [("", "–"), *spec.choices] if spec.choices else []
    if spec.kind is facts.Kind.YES_NO:
        choices = [("", "–"), ("yes", _("yes")), ("no", _("no"))]
    return {
        "label": spec.label,
        "text": facts.show(spec, text) if spec.kind is facts.Kind.LIST else text,
        "seen": text,
        "choices": choices,
        "input_type": "date" if spec.kind is facts.Kind.DATE else "text",
        "url": reverse("customers:cell", args=[customer.public_id, spec.name]),
    }
