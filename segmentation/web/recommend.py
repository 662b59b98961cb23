"""What is recommended to a customer, on his page; how recommendations do, as a page of its own."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.models import User
from customers.models import Customer
from customers.queries.staff import access_customer
from lending.models import Product
from segmentation.models import Learning, Suggestion
from segmentation.operations import recommend_learning
from segmentation.operations.recommend import note_shown
from segmentation.operations.recommend_learning import read_weights
from segmentation.queries import recommend as reads
from segmentation.queries.needs import read_next
from segmentation.queries.recommend_counts import DAYS, count_shown, list_shown_to, list_taken
from segmentation.texts_recommend import name_part, say_bar, say_lack, say_reason, say_version
from segmentation.web.labels import list_tabs
from staff import rights
from staff.pages import StaffPage, carry_out

_TAKEN = 30
# Which page shows the learnings of a kind, where they may be asked for anew.
PAGES = {
    Learning.Kind.LISTINGS: "segmentation:recommendations",
    Learning.Kind.NEEDS: "segmentation:needs",
    Learning.Kind.CLUSTERS: "segmentation:clusters",
}


class CustomerRecommendations(StaffPage):
    """What suits one customer now, why, and what he is likely to want next."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment; what it shows is noted as shown."""
        customer = access_customer(self.access, public_id)
        today = clock.business_date()
        listings, products = reads.recommend_to(customer, today, clock.now(), is_unasked=True)
        note_shown(customer_id=customer.pk, listings=listings, products=products, now=clock.now())
        context = {
            "customer": customer,
            "listings": show(listings),
            "products": show(products),
            "needs": _show_needs(customer),
            "shown": list_shown_to(customer.pk),
        }
        return render(request, "segmentation/customer_recommendations.html", context)


def show(found: reads.Recommendations) -> dict[str, Any]:
    """Return recommendations as pages show them."""
    return {
        "bar": say_bar(found),
        "rows": [{"row": row, "reasons": [say_reason(reason) for reason in row.reasons]} for row in found.rows],
        "version": say_version(found.learning) if found.learning else "",
    }


def _show_needs(customer: Customer) -> list[dict[str, Any]]:
    learning = reads.get_learning(Learning.Kind.NEEDS)
    if learning is None:
        return []
    rows = read_next(customer.pk, learning.content, clock.business_date())
    names = dict(Product.objects.values_list("pk", "name"))
    return [{**row, "product": names.get(row["product_id"], ""), "version": say_version(learning)} for row in rows]


class RecommendationPage(StaffPage):
    """How recommendations do: on later data, and with one's own customers."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        learnings = list(reads.list_learnings(Learning.Kind.LISTINGS))
        used = next((row for row in learnings if row.state == Learning.State.DONE), None)
        weights = read_weights(used.content if used else {})
        counts, counted_at = count_shown(self.access)
        context = {
            "tabs": list_tabs("segmentation:recommendations"),
            "used": used,
            "orders": _show_orders(used) if used else [],
            "weights": [{"name": name_part(part), "weight": weight} for part, weight in reads.list_parts(weights)],
            "counts": counts,
            "counted_at": counted_at,
            "days": DAYS,
            "taken": [_show_taken(row) for row in list_taken(self.access)[:_TAKEN]],
            **show_learnings(self, learnings, Learning.Kind.LISTINGS),
        }
        return render(request, "segmentation/recommendations.html", context)


def _show_orders(used: Learning) -> list[dict[str, Any]]:
    names = {
        "model": _("learned order"),
        "taste": _("taste alone"),
        "popular": _("most bids first"),
        "lots": _("drawing lots"),
    }
    return [{"name": name, **used.scores.get(key, {})} for key, name in names.items()]


def _show_taken(row: Suggestion) -> dict[str, Any]:
    return {
        "customer": row.customer,
        "what": row.listing.title if row.listing else str(row.product),
        "url": reverse("lending:listing", args=[row.listing.public_id]) if row.listing else "",
        "row": row,
    }


def show_learnings(page: StaffPage, learnings: list[Learning], kind: str) -> dict[str, Any]:
    """Return what every page of learnings shows: those of late, what became of them, whether another may be asked for."""
    waits = any(row.state == Learning.State.ASKED for row in learnings)
    refusal = "" if page.access.has(rights.EDIT_SEGMENTS) else _("Your role does not change segments.")
    return {
        "learnings": [{"row": row, "lack": say_lack(row.lack) if row.lack else ""} for row in learnings],
        "waits": waits,
        "ask_url": reverse("segmentation:learn", args=[kind.lower()]),
        "ask_refusal": refusal or (_("This is being worked on already.") if waits else ""),
    }


class Learn(StaffPage):
    """Ask for a learning now."""

    right = rights.EDIT_SEGMENTS

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Leave it to a worker."""
        if kind.upper() not in PAGES:
            return HttpResponse(status=404)
        assert isinstance(request.user, User)
        actor = request.user
        asked = Learning.Kind(kind.upper())

        def ask() -> Learning:
            return recommend_learning.ask_learning(
                kind=asked, actor=actor, now=clock.now(), business_date=clock.business_date()
            )

        return carry_out(request, reverse(PAGES[asked]), ask, _("A worker takes it up; this takes a few moments."))
