"""The public pools: what stands in them, one record of them, claiming; and who already works on somebody."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import Refused
from core.web.listing import take_page
from core.web.reading import read_number
from customers.models import Pool
from customers.operations import ownership
from customers.queries.attributes import read_attributes
from customers.queries.ownership import list_owner_changes
from customers.queries.pools import access_pool, access_pooled, list_pooled, list_pools
from customers.queries.staff import list_timeline
from customers.texts import render_text
from customers.web.conflicts import ask
from customers.web.forms_ownership import ConflictForm, PoolFilter
from customers.web.views.facts import name_origin
from staff import rights
from staff.pages import StaffPage, carry_out

_SORTS = {"since": "pooled_at"}
_FIGURES = ("lent_ever", "borrowed_ever", "last_deal_date")


class _PoolPage(StaffPage):
    right = rights.CLAIM_CUSTOMERS


class PoolListPage(StaffPage):
    """The customers of one pool: what is sensitive stays hidden until somebody claims them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of a pool; without `?pool=` the first one."""
        pools = list(list_pools(self.access))
        if not pools and not (self.access.has(rights.CLAIM_CUSTOMERS) or self.access.has(rights.ASSIGN_CUSTOMERS)):
            raise Refused
        asked = request.GET.get("pool")
        pool = access_pool(self.access, read_number(asked) or 0) if asked else next(iter(pools), None)
        context: dict[str, Any] = {"pool": pool, "form": PoolFilter(request.GET), "total": 0}
        if pool is not None:
            context |= self.show(request, pool, context["form"])
        context["pools"] = [
            {
                "label": row.name,
                "url": f"{request.path}?pool={row.pk}",
                "is_current": pool is not None and row.pk == pool.pk,
            }
            for row in pools
        ]
        context["can_claim"] = self.access.has(rights.CLAIM_CUSTOMERS)
        return render(request, "customers/pool.html", context)

    def show(self, request: HttpRequest, pool: Pool, form: PoolFilter) -> dict[str, Any]:
        """Return the page of a pool."""
        rows = list_pooled(pool)
        if form.is_valid():
            role, surname = form.cleaned_data["role"], form.cleaned_data["q"].strip()
            rows = rows.filter(**{f"is_{role}": True}) if role else rows
            rows = rows.filter(name__startswith=surname) if surname else rows
        page = take_page(rows, request.GET, sorts=_SORTS, default="-pooled_at")
        figures = read_attributes([row.pk for row in page.rows], _FIGURES)
        return {
            "page": page,
            "total": page.total,
            "rows": [(row, figures[row.pk], name_origin(row.source)) for row in page.rows],
        }


class PooledPage(_PoolPage):
    """One record of a pool: enough to decide on a claim, nothing to call with. Each look counts."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show it, or say that the looks of the day are used up."""
        customer = access_pooled(self.access, public_id)
        left = ownership.view_pooled(customer=customer, actor=request.user, now=clock.now())  # type: ignore[arg-type]
        kinds = {"contact", "promise", "change"}
        entries = [row for row in list_timeline(customer.pk)[:60] if row.kind in kinds][:15]
        context = {
            "customer": customer,
            "source": name_origin(customer.source),
            "left": left,
            "figures": read_attributes([customer.pk], _FIGURES)[customer.pk],
            "changes": list_owner_changes(customer.pk)[:10],
            "entries": [(row, render_text(row.text_code, row.params)) for row in entries],
        }
        return render(request, "customers/pooled.html", context)


class ClaimPooled(_PoolPage):
    """Take a customer out of a pool."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Claim him; on success his page opens with all of his history."""
        customer_id = access_pooled(self.access, public_id).pk
        claimed: list[int] = []

        def claim() -> None:
            ownership.claim_from_pool(customer_id=customer_id, actor=request.user, now=clock.now())  # type: ignore[arg-type]
            claimed.append(customer_id)

        answer = carry_out(request, reverse("customers:pools"), claim, _("The customer is yours now."))
        return redirect("customers:page", public_id) if claimed else answer


class ConflictPage(StaffPage):
    """Ask whether a colleague already works on somebody; asked again while typing."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return render(request, "customers/conflicts.html", {"form": ConflictForm(), "found": None})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer who has him; to htmx only the answer."""
        form = ConflictForm(request.POST)
        context = ask(request, form, self.access)
        is_fragment = bool(request.headers.get("HX-Request"))
        if is_fragment and context["found"] is None and not context["refusal"]:
            return HttpResponse()
        template = "customers/conflict_answer.html" if is_fragment else "customers/conflicts.html"
        return render(request, template, {"form": form, **context}, status=429 if context["refusal"] else 200)
