"""Messages: the list, one message, a customer's own."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.web.listing import take_page
from customers.models import Customer
from customers.queries.staff import access_customer, search_condition
from messaging.models import Channel, Kind, Message
from messaging.queries import list_messages, list_messages_of
from messaging.texts import list_reasons, name_message, say_reason
from staff import rights
from staff.pages import StaffPage

TONES = {"DELIVERED": "good", "SENT": "info", "FAILED": "late", "QUEUED": "plain", "SUPPRESSED": "warn"}


class MessageFilter(forms.Form):
    """Conditions on messages."""

    q = forms.CharField(label=_("Customer"), required=False, max_length=60)
    state = forms.MultipleChoiceField(
        label=_("State"), required=False, choices=Message.State.choices, widget=forms.CheckboxSelectMultiple
    )
    channel = forms.MultipleChoiceField(
        label=_("Channel"), required=False, choices=Channel.choices, widget=forms.CheckboxSelectMultiple
    )
    kind = forms.MultipleChoiceField(
        label=_("Kind"), required=False, choices=Kind.choices, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.MultipleChoiceField(
        label=_("Left out because"), required=False, choices=list_reasons, widget=forms.CheckboxSelectMultiple
    )


class MessageListPage(StaffPage):
    """Messages to the customers in the reader's scope."""

    right = rights.VIEW_MESSAGES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = MessageFilter(request.GET)
        form.is_valid()
        rows = narrow(list_messages(request.user), form.cleaned_data)  # type: ignore[arg-type]
        page = take_page(rows, request.GET, sorts={})
        context = {
            "form": form,
            "page": page,
            "rows": [(row, name_message(row), TONES[row.state], say_reason(row.reason)) for row in page.rows],
        }
        return render(request, "messaging/list.html", context)


class MessagePage(StaffPage):
    """One message as it was sent."""

    right = rights.VIEW_MESSAGES

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show it; codes stay hidden from everybody but their receiver."""
        message = list_messages(request.user).filter(public_id=public_id).first()  # type: ignore[arg-type]
        if message is None:
            raise NotFound
        context = {
            "message": message,
            "name": name_message(message),
            "tone": TONES[message.state],
            "reason": say_reason(message.reason),
            "text": "" if message.kind == Kind.VERIFICATION else message.text,
        }
        return render(request, "messaging/message.html", context)


class CustomerMessages(StaffPage):
    """What one customer was told."""

    right = rights.VIEW_MESSAGES

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment of the tab."""
        customer = access_customer(self.access, public_id, self.right)
        rows = [(row, name_message(row), TONES[row.state]) for row in list_messages_of(customer.pk)[:100]]
        return render(request, "messaging/customer.html", {"rows": rows})


def narrow(rows: QuerySet[Message], wanted: dict[str, Any]) -> QuerySet[Message]:
    """Return the messages that meet what is wanted."""
    if wanted.get("q"):
        rows = rows.filter(customer__in=Customer.objects.filter(search_condition(wanted["q"])))
    for name in ("state", "channel", "kind"):
        if wanted.get(name):
            rows = rows.filter(Q(**{f"{name}__in": wanted[name]}))
    if wanted.get("reason"):
        # A bar's reason is followed by the day on which it ends.
        found = Q()
        for code in wanted["reason"]:
            found |= Q(reason=code) | Q(reason__startswith=f"{code} ")
        rows = rows.filter(found, state=Message.State.SUPPRESSED)
    return rows
