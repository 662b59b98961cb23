"""The command palette's answers: customers, loans, applications, listings, pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from analytics.web.palette_acts import list_choices, list_new, list_record_acts, meets
from core import masking
from core.registries import navigation
from customers.models import Customer
from customers.queries.desk import list_recent
from customers.queries.staff import find_customers
from lending.queries.staff import applications_in_scope, listings_in_scope, loans_in_scope
from staff import rights
from staff.pages import StaffPage

_LONGEST = 60


class Palette(StaffPage):
    """What the typed text may mean, within the reader's scope."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer groups of links."""
        text = request.GET.get("q", "").strip()[:_LONGEST]
        groups = [
            {"title": _("Looked at last"), "items": self.list_recent(text)},
            {"title": _("Customers"), "items": self.list_customers(text)},
            {"title": _("Do"), "items": self.list_acts(text, request.GET.get("at", ""))},
            {"title": _("Records"), "items": self.list_records(text.upper())},
            {"title": _("Go to"), "items": _list_pages(request, text)},
            {"title": _("Choose"), "items": list_choices(text)},
        ]
        context = {"groups": [group for group in groups if group["items"]], "at": request.GET.get("at", "")}
        return render(request, "ui/palette_results.html", context)

    def list_acts(self, text: str, path: str) -> list[dict[str, Any]]:
        """Return what the text asks to be done."""
        return [*list_new(self.access, text), *list_record_acts(self.access, text, path)]

    def list_recent(self, text: str) -> list[dict[str, Any]]:
        """Return the customers looked at last, while nothing is typed."""
        return [] if text else [_show(customer) for customer in list_recent(self.access)]

    def list_customers(self, text: str) -> list[dict[str, Any]]:
        """Return the customers that the text finds."""
        return [_show(customer) for customer in find_customers(self.access, text)]

    def list_records(self, number: str) -> list[dict[str, Any]]:
        """Return the loans, applications and listings whose number begins with the text."""
        if len(number) < len("LN2"):
            return []
        found: list[dict[str, Any]] = []
        sources: list[tuple[str, Any, str, str]] = []
        if self.access.has(rights.VIEW_LOANS):
            sources.append((_("Loan"), loans_in_scope(self.access), "lending:loan", "cash"))
            sources.append((_("Listing"), listings_in_scope(self.access), "lending:listing", "stack-2"))
        if self.access.has(rights.VIEW_APPLICATIONS):
            sources.append((_("Application"), applications_in_scope(self.access), "risk:application", "clipboard-list"))
        for word, rows, url_name, icon in sources:
            found += [
                {"label": row.number, "hint": word, "url": reverse(url_name, args=[row.public_id]), "icon": icon}
                for row in rows.filter(number__startswith=number).order_by("-id")[:5]
            ]
        return found


def _show(customer: Customer) -> dict[str, Any]:
    return {
        "label": str(customer),
        "hint": f"{masking.mask_phone(customer.phone)} · {customer.rm or ''}",
        "url": reverse("customers:page", args=[customer.public_id]),
        "icon": "user",
    }


def _list_pages(request: HttpRequest, text: str) -> list[dict[str, Any]]:
    found = []
    for _key, item in sorted(navigation.items(), key=lambda pair: pair[1].order):
        if item.visible is not None and not item.visible(request.user):
            continue
        if not meets(str(item.label), text):
            continue
        try:
            url = reverse(item.url_name)
        except NoReverseMatch:
            continue
        found.append({"label": item.label, "url": url, "icon": item.icon})
    return found
