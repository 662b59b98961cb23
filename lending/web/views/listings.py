"""Listings: the list and the page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from core.web.listing import take_page
from customers.queries.reach import find_in_scope
from lending.models import Listing
from lending.queries.staff import access_listing, list_bids, listings_in_scope, narrow_listings
from lending.web.forms import ListingFilter
from staff import rights
from staff.pages import StaffPage

TONES = {"OPEN": "info", "FILLED": "good", "PAID_OUT": "good", "FAILED": "late", "CANCELLED": "plain"}
_SORTS = {"deadline": "deadline_date", "amount": "amount", "rate": "annual_rate", "opened": "opened_at"}


class ListingListPage(StaffPage):
    """Listings in the reader's scope."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = ListingFilter(request.GET)
        form.is_valid()
        page = take_page(narrow_listings(listings_in_scope(self.access), form.cleaned_data), request.GET, sorts=_SORTS)
        rows = [(row, TONES[row.state], _percent(row)) for row in page.rows]
        return render(request, "lending/listings.html", {"form": form, "page": page, "rows": rows})


class ListingPage(StaffPage):
    """One listing: how far it is filled, by whom."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        listing = access_listing(self.access, public_id)
        bids = list(list_bids(listing.pk)[:200])
        context = {
            "listing": listing,
            "loan": getattr(listing, "loan", None),
            "bids": bids,
            "open_ids": find_in_scope(self.access, [bid.investor_id for bid in bids]),
            "tone": TONES[listing.state],
            "percent": _percent(listing),
            "missing": listing.amount - listing.funded,
            "steps": _list_steps(listing),
        }
        return render(request, "lending/listing.html", context)


def _percent(listing: Listing) -> int:
    return int(listing.funded * 100 / listing.amount)


def _list_steps(listing: Listing) -> list[dict[str, Any]]:
    state = Listing.State(listing.state)
    opened = {"label": _("Opened"), "state": "done", "date": listing.opened_at.date()}
    if state in {Listing.State.FAILED, Listing.State.CANCELLED}:
        ended = listing.ended_at.date() if listing.ended_at else None
        return [opened, {"label": state.label, "state": "stopped", "date": ended}]
    is_open = state == Listing.State.OPEN
    return [
        opened,
        {
            "label": _("Raised"),
            "state": "now" if is_open else "done",
            "date": listing.deadline_date if is_open else listing.ended_at and listing.ended_at.date(),
            "note": _("until the deadline") if is_open else "",
        },
        {"label": _("Paid out"), "state": "done" if state == Listing.State.PAID_OUT else "todo"},
    ]
