"""What customers are likely to want next, and how well that is told on later data."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.web.listing import take_page
from customers.models import Customer, CustomerRole
from segmentation.models import Learning
from segmentation.models.vocabulary import NonCustomer
from segmentation.queries import recommend as reads
from segmentation.queries.lifecycle import count_values
from segmentation.queries.needs import list_needs
from segmentation.queries.non_customers import CODE
from segmentation.web.labels import list_tabs, people_url
from segmentation.web.recommend import show_learnings
from staff import rights
from staff.pages import StaffPage


class NeedsPage(StaffPage):
    """The customers most likely to want something, role by role."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list."""
        role = request.GET.get("role", "")
        if role not in CustomerRole.Role.values:
            role = CustomerRole.Role.BORROWER.value
        stage = asked if (asked := request.GET.get("stage", "")) in Customer.Stage.values else ""
        rows = list_needs(self.access, clock.business_date(), role, stage).select_related(
            "customer__rm__user", "product", "learning"
        )
        page = take_page(
            rows.defer("customer__search_grams", "customer__labels"), request.GET, sorts={}, default="-chance"
        )
        learnings = list(reads.list_learnings(Learning.Kind.NEEDS))
        used = next((row for row in learnings if row.state == Learning.State.DONE), None)
        context = {
            "tabs": list_tabs("segmentation:needs"),
            "roles": [
                {"label": label, "url": f"?role={key}&stage={stage}", "is_current": key == role}
                for key, label in CustomerRole.Role.choices
            ],
            "stages": [
                {"label": label, "url": f"?role={role}&stage={key}", "is_current": key == stage}
                for key, label in (("", _("all stages")), *Customer.Stage.choices)
            ],
            "page": page,
            "left_out": count_values(self.access, (CODE,))[CODE].get(NonCustomer.DECLINED, 0),
            "left_out_url": people_url(CODE, NonCustomer.DECLINED),
            "used": used,
            "scores": [_show_scores(used, key, label) for key, label in CustomerRole.Role.choices] if used else [],
            **show_learnings(self, learnings, Learning.Kind.NEEDS),
        }
        return render(request, "segmentation/needs.html", context)


def _show_scores(used: Learning, role: str, label: Any) -> dict[str, Any]:
    """Return how the tables did on later data, each figure beside the plain guess that it must beat."""
    found = used.scores.get(role, {})
    chance, product = found.get("chance", {}), found.get("product", {})
    rows = [
        (_("Who comes: area under the curve"), chance.get("auc"), 0.5 if chance.get("auc") else None, "figure"),
        (_("Who comes: mean squared error"), chance.get("brier"), chance.get("brier_average"), "ratio"),
        (_("Which product: told right"), product.get("hit"), product.get("hit_favourite"), "ratio"),
        (_("When: days off in the middle"), found.get("days_off"), found.get("days_off_house"), "figure"),
        (_("How much: off in the middle"), found.get("amount_off"), found.get("amount_off_same"), "ratio"),
    ]
    return {
        "label": label,
        "count": chance.get("count", 0),
        "came": chance.get("came", 0),
        "rows": [{"name": name, "value": value, "plain": plain, "unit": unit} for name, value, plain, unit in rows],
    }
