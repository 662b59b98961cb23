"""Contacts, plans, notes and promises of a customer: the panel and what is done in it."""

import base64

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.web.listing import take_page
from customers.operations import diary
from customers.queries import diary as reads
from customers.queries.reach import list_mentionable
from customers.queries.staff import access_customer
from customers.rules.mentions import suggest
from customers.texts import render_text
from customers.web.forms_work import FullContactForm, NoteForm, PlanForm, PromiseForm
from customers.web.header import tab_of
from staff import rights
from staff.pages import StaffPage, carry_out, demand


class DiaryPanel(StaffPage):
    """What was done, is planned, noted and promised."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        customer = access_customer(self.access, public_id)
        now = clock.now()
        contacts = take_page(reads.list_contacts(customer.pk), request.GET, sorts={}, default="-id", size=30)
        plans = [
            (plan, render_text(plan.reason["code"], plan.reason) if plan.is_by_rule else "", plan.planned_at < now)
            for plan in reads.list_plans(customer.pk)[:20]
        ]
        context = {
            "customer": customer,
            "contacts": contacts,
            "plans": plans,
            "promises": [(row, row.is_late or row.due_at < now) for row in reads.list_promises(customer.pk)[:30]],
            "notes": reads.list_notes(customer.pk)[:30],
            "can_edit": self.access.has(rights.EDIT_CUSTOMERS),
            "contact_form": FullContactForm(auto_id="full_contact_%s"),
            "note_form": NoteForm(auto_id="note_%s"),
            "promise_form": PromiseForm(auto_id="promise_%s"),
            "plan_form": PlanForm(auto_id="plan_%s"),
        }
        return render(request, "customers/diary.html", context)


class Colleagues(StaffPage):
    """Whom the letters after an @ in a text about a customer may mean."""

    right = rights.EDIT_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment: colleagues who may see the customer, at most six."""
        customer = access_customer(self.access, public_id, self.right)
        found = suggest(request.GET.get("q", ""), list_mentionable(customer))
        return render(request, "customers/colleagues.html", {"colleagues": found})


class AddNote(StaffPage):
    """Keep a note."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        customer = access_customer(self.access, public_id, self.right)

        def act() -> None:
            data = demand(NoteForm(request.POST))
            diary.add_note(customer_id=customer.pk, actor=request.user, now=clock.now(), **data)  # type: ignore[arg-type]

        return carry_out(request, tab_of(public_id, "diary"), act, _("Noted."))


class PinNote(StaffPage):
    """Keep a note at the top, or let it go."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        note = reads.access_note(self.access, public_id)
        return carry_out(
            request,
            tab_of(note.customer.public_id, "diary"),
            lambda: diary.pin_note(
                note_id=note.pk,
                is_pinned=not note.is_pinned,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Done."),
        )


class MakePromise(StaffPage):
    """Promise something to a customer."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        customer = access_customer(self.access, public_id, self.right)

        def act() -> None:
            data = demand(PromiseForm(request.POST))
            diary.make_promise(customer_id=customer.pk, actor=request.user, now=clock.now(), **data)  # type: ignore[arg-type]

        return carry_out(request, tab_of(public_id, "diary"), act, _("Promised. It is on your list."))


class ClosePromise(StaffPage):
    """Say whether a promise was kept."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str, outcome: str) -> HttpResponse:
        """Do it."""
        promise = reads.access_promise(self.access, public_id)
        return carry_out(
            request,
            tab_of(promise.customer.public_id, "diary"),
            lambda: diary.close_promise(
                promise_id=promise.pk,
                is_kept=outcome == "kept",
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Promise closed."),
        )


class PlanContact(StaffPage):
    """Plan a contact."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        customer = access_customer(self.access, public_id, self.right)

        def act() -> None:
            data = demand(PlanForm(request.POST))
            diary.plan_contact(customer_id=customer.pk, actor=request.user, now=clock.now(), **data)  # type: ignore[arg-type]

        return carry_out(request, tab_of(public_id, "diary"), act, _("Planned."))


class DropPlan(StaffPage):
    """Give up a planned contact."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        plan = reads.access_plan(self.access, public_id)
        who = plan.customer or plan.lead
        assert who is not None
        back = tab_of(who.public_id, "diary") if plan.customer else reverse("customers:lead", args=[who.public_id])
        return carry_out(
            request,
            back,
            lambda: diary.drop_plan(plan_id=plan.pk, actor=request.user, now=clock.now()),  # type: ignore[arg-type]
            _("Dropped."),
        )


class VisitPhoto(StaffPage):
    """The photo of a visit."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str, contact: str) -> HttpResponse:
        """Answer the picture; nobody in between keeps it."""
        photo = reads.access_photo(self.access, public_id, contact)
        answer = HttpResponse(base64.b64decode(photo.content), content_type=photo.content_type)
        answer["Cache-Control"] = "no-store"
        answer["Content-Disposition"] = "inline"
        return answer
