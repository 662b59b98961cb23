"""Profile and changes of a customer: every field edited in place, conflicts shown side by side."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import BusinessError, NotFound
from customers.fields import GROUPS, Field, Kind
from customers.models import Customer, FieldClaim
from customers.operations import phones
from customers.operations.disclosure import FIELDS as REVEALABLE
from customers.operations.facts import FactsConflict, keep_stored, set_facts, settle_conflict
from customers.operations.facts.refusals import FieldConflict
from customers.queries.facts import (
    Fact,
    Stamp,
    list_conflicts,
    list_field_changes,
    list_fields,
    measure_finances,
    read_facts,
)
from customers.queries.own import get_latest_profile, list_cards
from customers.queries.phones import find_open_change
from customers.queries.staff import access_customer, list_changes
from customers.rules.sources import read_source
from customers.texts import name_code
from customers.web.header import tab_of
from customers.web.texts_facts import SOURCES
from staff import rights
from staff.pages import StaffPage, carry_out

_SOURCE = "RM"
_INPUTS = {Kind.DATE: "date", Kind.AMOUNT: "text", Kind.COUNT: "number", Kind.NUMBER: "text"}


def name_source(source: str) -> str:
    """Return a source in words, with its own name where it has one."""
    word = str(SOURCES[read_source(source)]) if source else ""
    own = source.partition(":")[2]
    return f"{word} {own}" if own else word


def name_origin(source: str) -> str:
    """Return where a customer came from: `import autumn fair`; a method or a channel is a name already."""
    return name_source(source) if ":" in source else source


class FactsPage(StaffPage):
    """What the parts of the profile share."""

    right = rights.VIEW_CUSTOMERS

    def describe(self, customer: Customer, fact: Fact) -> dict[str, Any]:
        """Return what the template of one field needs."""
        name = fact.field.name
        can_edit = self.access.has(rights.EDIT_CUSTOMERS) and not fact.is_locked
        can_reveal = self.access.has(rights.UNMASK) and fact.field.is_sensitive and name in REVEALABLE
        waits = find_open_change(customer.pk) if name == "phone" and customer.user_id is not None else None
        return {
            "fact": fact,
            "waiting": waits,
            "source": name_source(fact.source),
            "edit_url": reverse("customers:fact", args=[customer.public_id, name]) if can_edit else "",
            "reveal_url": reverse("customers:reveal", args=[customer.public_id, name]) if can_reveal else "",
        }


class ProfilePanel(FactsPage):
    """The profile by groups."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the panel."""
        customer = access_customer(self.access, public_id)
        facts = read_facts(customer)
        finances = measure_finances(get_latest_profile(customer))
        is_company = customer.kind == Customer.Kind.COMPANY
        groups = [
            (
                _("Company") if key == "person" and is_company else label,
                [self.describe(customer, fact) for fact in facts.values() if fact.field.group == key],
            )
            for key, label in GROUPS.items()
        ]
        context = {
            "customer": customer,
            "groups": [(label, rows) for label, rows in groups if rows],
            "finances": finances,
            "finances_source": name_source(finances.profile.source) if finances is not None else "",
            "conflicts": _show_conflicts(customer),
            "cards": list_cards(customer.pk),
            "can_edit": self.access.has(rights.EDIT_CUSTOMERS),
        }
        return render(request, "customers/profile.html", context)


class FactField(FactsPage):
    """One field: shown, opened for editing, saved."""

    right = rights.EDIT_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str, field: str) -> HttpResponse:
        """Answer the field to be edited, or with `?view` as it stands."""
        customer, fact = self.find(public_id, field)
        if "view" in request.GET:
            return self.show(request, customer, fact)
        return self.edit(request, customer, fact, typed=None, status=200)

    def post(self, request: HttpRequest, public_id: str, field: str) -> HttpResponse:
        """Save the one field; what cannot be saved stays in the form with the reason."""
        customer, fact = self.find(public_id, field)
        typed: Any = request.POST.get("value", "")
        actor: Any = request.user
        said = _("Saved.")
        try:
            if field == "phone" and customer.user_id is not None:
                reason = request.POST.get("reason", "")
                said = _ask_phone(customer, typed, reason, actor)
            else:
                set_facts(
                    customer_id=customer.pk,
                    values={field: typed},
                    source=_SOURCE,
                    actor=actor,
                    now=clock.now(),
                    expected={field: Stamp(request.POST.get("seen", ""))},
                )
        except FactsConflict as refusal:
            # The record moved on: what is sent next was decided with both values in view.
            customer, fact = self.find(public_id, field)
            return self.edit(request, customer, fact, typed=typed, status=422, conflict=refusal.conflicts[0])
        except BusinessError as refusal:
            faults = [fault for name in (field, "reason") for fault in refusal.fields.get(name, [])]
            if not faults:
                raise
            return self.edit(request, customer, fact, typed=typed, status=422, errors=faults)
        if not request.headers.get("HX-Request"):
            return redirect(tab_of(public_id, "profile"))
        customer, fact = self.find(public_id, field)
        answer = self.show(request, customer, fact)
        answer["HX-Trigger"] = json.dumps({"toast": {"text": said, "tone": "good"}, "changed": {}})
        return answer

    def find(self, public_id: str, name: str) -> tuple[Customer, Fact]:
        """Return the customer and the field as they are now. Raises NotFound."""
        customer = access_customer(self.access, public_id, rights.EDIT_CUSTOMERS)
        field = list_fields().get(name)
        if field is None:
            raise NotFound
        fact = read_facts(customer, {name: field}).get(name)
        if fact is None:
            raise NotFound
        return customer, fact

    def show(self, request: HttpRequest, customer: Customer, fact: Fact) -> HttpResponse:
        """Answer the field as it stands, with the focus back on it."""
        return render(request, "customers/fact.html", {**self.describe(customer, fact), "is_focused": True})

    def edit(
        self,
        request: HttpRequest,
        customer: Customer,
        fact: Fact,
        *,
        typed: Any,
        status: int,
        errors: list[Any] | None = None,
        conflict: FieldConflict | None = None,
    ) -> HttpResponse:
        """Answer the field as a form."""
        context = {
            **self.describe(customer, fact),
            "customer": customer,
            "value": _offer(fact) if typed is None else typed,
            "choices": _list_choices(fact),
            "input_type": _INPUTS.get(fact.field.kind, "text"),
            "errors": errors or [],
            "conflict": conflict,
            "is_log_in": fact.field.name == "phone" and customer.user_id is not None,
        }
        return render(request, "customers/fact_edit.html", context, status=status)


class SettleFact(StaffPage):
    """End a disagreement of sources."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str, field: str) -> HttpResponse:
        """Keep what the named source says, or the stored value where none is named."""
        customer = access_customer(self.access, public_id, self.right)
        actor: Any = request.user
        source = request.POST.get("source", "")
        claim = FieldClaim.objects.filter(customer=customer, field=field, source=source).first() if source else None
        if source and claim is None:
            raise NotFound

        def settle() -> None:
            if claim is None:
                keep_stored(customer_id=customer.pk, field=field, actor=actor, now=clock.now())
            else:
                settle_conflict(customer_id=customer.pk, claim_id=claim.pk, actor=actor, now=clock.now())

        back = tab_of(public_id, "profile")
        return carry_out(request, back, settle, _("Settled."))


class ChangesPanel(StaffPage):
    """What changed on the record, field by field, and who looked at or changed what else."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the newest changes and the newest entries of the audit trail."""
        customer = access_customer(self.access, public_id)
        only = request.GET.get("field", "")
        changes = list_field_changes(customer.pk, field=only)
        context = {
            "customer": customer,
            "changes": [(row, name_source(row.source)) for row in changes],
            "fields": list(list_fields().values()),
            "only": only,
            "conflicts": _show_conflicts(customer),
            "can_edit": self.access.has(rights.EDIT_CUSTOMERS),
            "entries": [(entry, name_code("action", entry.action)) for entry in list_changes(customer.pk)[:100]],
        }
        return render(request, "customers/changes.html", context)


def _show_conflicts(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "fact": conflict.fact,
            "source": name_source(conflict.fact.source),
            "claims": [(row, name_source(row.claim.source)) for row in conflict.claims],
            "settle_url": reverse("customers:settle-fact", args=[customer.public_id, conflict.fact.field.name]),
        }
        for conflict in list_conflicts(customer)
    ]


def _ask_phone(customer: Customer, typed: str, reason: str, actor: Any) -> str:
    """Ask for a new log-in phone and return what came of it."""
    change = phones.ask_phone_change(customer_id=customer.pk, phone=typed, reason=reason, actor=actor, now=clock.now())
    if change is None:
        return _("The present number stays.")
    return _("The old number is told; the new one waits to be confirmed by code.")


def _offer(fact: Fact) -> str:
    """Return what the input starts with; a masked value starts empty, for it is replaced, never corrected."""
    return "" if fact.field.is_sensitive else fact.typed


def _list_choices(fact: Fact) -> list[tuple[str, Any]]:
    field: Field = fact.field
    if field.kind is Kind.YES_NO:
        return [("yes", _("yes")), ("no", _("no"))]
    choices = list(field.choices)
    if choices and fact.typed and fact.typed not in dict(choices):
        choices.append((fact.typed, fact.typed))
    return choices
