"""What staff do with a customer or a work item."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core import clock
from customers.operations import diary, disclosure, undo, work
from customers.queries.staff import access_customer
from customers.queries.work import access_work
from customers.web.forms import ReminderForm
from customers.web.forms_work import FullContactForm
from customers.web.undo import say_done
from staff import rights
from staff.pages import StaffPage, demand


class Reveal(StaffPage):
    """Show one masked field to somebody who says why."""

    right = rights.UNMASK

    def post(self, request: HttpRequest, public_id: str, field: str) -> HttpResponse:
        """Answer the plain value."""
        customer = access_customer(self.access, public_id, rights.UNMASK)
        value = disclosure.unmask(
            customer_id=customer.pk,
            field=field,
            reason=request.POST.get("reason", ""),
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
        )
        answer = render(request, "partials/revealed.html", {"value": value})
        answer["Cache-Control"] = "no-store"
        return answer


class RecordContact(StaffPage):
    """Keep a contact."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Write it to the timeline."""
        customer = access_customer(self.access, public_id, self.right)
        diary.record_contact(
            customer_id=customer.pk,
            **demand(FullContactForm(request.POST, request.FILES)),
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
        )
        messages.success(request, _("Contact recorded."))
        return redirect("customers:page", public_id)


class SetReminder(StaffPage):
    """Put a reminder on one's own list."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Raise the work item."""
        customer = access_customer(self.access, public_id, self.right)
        diary.set_reminder(
            customer_id=customer.pk,
            **demand(ReminderForm(request.POST)),
            assignee_id=self.access.member_id,
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
        )
        messages.success(request, _("It is on your list."))
        return redirect("customers:page", public_id)


class WorkAct(StaffPage):
    """End, put off or take back a work item."""

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do it; from htmx the answer is a toast with undo."""
        item = access_work(self.access, public_id)
        actor: Any = request.user
        now = clock.now()
        if act == "done":
            work.complete_work(work_item_id=item.pk, actor=actor, now=now)
            text = _("Done.")
        elif act == "snooze":
            until = clock.at(now.date() + timedelta(days=1), 9)
            work.snooze_work(work_item_id=item.pk, until=until, actor=actor, now=now)
            text = _("Back on your list tomorrow at 9:00.")
        else:
            work.reopen_work(work_item_id=item.pk, actor=actor, now=now)
            text = _("Back on your list.")
        url = reverse("customers:work-act", args=[item.public_id, "undo"]) if act != "undo" else ""
        return say_done(request, text, url, safe_referer(request))


class Undo(StaffPage):
    """Take back one's own act."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it, and say so on the page that comes back."""
        undo.take_back(public_id=public_id, actor=request.user, now=clock.now())  # type: ignore[arg-type]
        messages.success(request, _("Taken back."))
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204)
        return redirect(safe_referer(request))


def safe_referer(request: HttpRequest) -> str:
    """Return the page the request came from, the first page where that is none of ours."""
    target = request.headers.get("Referer", "/")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}) else "/"
