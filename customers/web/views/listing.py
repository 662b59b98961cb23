"""The list of customers and what can be done with it."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, masking
from core.web.listing import count_rows, take_page
from customers.models import Customer
from customers.operations.disclosure import note_export
from customers.queries.attributes import read_attributes
from customers.queries.staff import in_scope, narrow
from customers.web.forms import CustomerFilter
from staff import rights
from staff.models import Scope, StaffMember
from staff.pages import StaffPage
from staff.queries import Access

_SORTS = {"name": "name_key", "registered": "registered_at", "stage": "stage", "risk": "risk_tier"}
_EXPORT_LIMIT = 10_000
_FIGURES = ("outstanding", "overdue", "invested")


class CustomerListPage(StaffPage):
    """Customers in the reader's scope."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form, rows, view = self.select(request)
        page = take_page(rows.select_related("rm__user"), request.GET, sorts=_SORTS, default="-id")
        figures = read_attributes([customer.pk for customer in page.rows], _FIGURES)
        views = _list_views(self.access, request, view)
        context = {
            "form": form,
            "page": page,
            "rows": [(customer, figures[customer.pk]) for customer in page.rows],
            "views": views,
            "view": next((item["label"] for item in views if item["is_current"]), ""),
        }
        return render(request, "customers/list.html", context)

    def select(self, request: HttpRequest) -> tuple[CustomerFilter, QuerySet[Customer], str]:
        """Return the filter form, the rows it leaves and the name of the view."""
        form = CustomerFilter(request.GET, managers=_list_managers(self.access))
        form.is_valid()
        wide = self.access.scope_of(self.right) != Scope.OWN
        view = request.GET.get("view", "")
        rows = in_scope(self.access)
        if view == "me" or not wide:
            rows = rows.filter(_mine(self.access))
            view = "me"
        elif view == "team" and self.access.team_id:
            rows = rows.filter(rm__team_id=self.access.team_id)
        else:
            view = "all"
        return form, narrow(rows, form.cleaned_data), view


class CustomerExport(CustomerListPage):
    """The list as a file, masked; the taking is kept in the audit log."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Send the rows of the filter as CSV."""
        _form, rows, _view = self.select(request)
        note_export(
            actor=request.user,  # type: ignore[arg-type]
            count=min(count_rows(rows), _EXPORT_LIMIT),
            filters=dict(request.GET.lists()),
            now=clock.now(),
        )
        answer = StreamingHttpResponse(_write(rows.select_related("rm__user")), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="customers-{clock.business_date():%Y%m%d}.csv"'
        return answer


def _mine(access: Access) -> Q:
    return Q(rm_id=access.member_id) | Q(backup_rm_id=access.member_id)


def _list_managers(access: Access) -> QuerySet[StaffMember] | None:
    """Return the colleagues a filter may name; None where one sees only his own."""
    scope = access.scope_of(rights.VIEW_CUSTOMERS)
    members = StaffMember.objects.filter(is_active=True, roles__code="rm").select_related("user").distinct()
    if scope == Scope.ALL:
        return members
    if scope == Scope.DEPARTMENT:
        return members.filter(department__path__startswith=access.department_path)
    if scope == Scope.TEAM and access.team_id:
        return members.filter(team_id=access.team_id)
    return None


def _list_views(access: Access, request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """Return me / team / all with their counts, as far as the scope reaches."""
    url = reverse("customers:list")
    rows = in_scope(access)
    scope = access.scope_of(rights.VIEW_CUSTOMERS)
    views: list[tuple[str, str, QuerySet[Customer]]] = [("me", _("My customers"), rows.filter(_mine(access)))]
    if scope != Scope.OWN:
        if access.team_id:
            views.append(("team", _("My team's customers"), rows.filter(rm__team_id=access.team_id)))
        views.append(("all", _("All customers in my scope"), rows))
    return [
        {"label": label, "url": f"{url}?view={key}", "count": count_rows(found), "is_current": key == current}
        for key, label, found in views
    ]


class _Echo:
    def write(self, value: str) -> str:
        return value


def _write(rows: QuerySet[Customer]) -> Iterator[str]:
    # Spreadsheet programs take the mark as the sign of UTF-8.
    yield "\ufeff"
    writer = csv.writer(_Echo())
    heads = [_("Number"), _("Name"), _("Phone"), _("Stage"), _("Risk tier"), _("Value tier"), _("RM"), _("Registered")]
    yield writer.writerow(heads)
    for customer in rows.order_by("id")[:_EXPORT_LIMIT].iterator(chunk_size=1000):
        yield writer.writerow(
            [
                customer.number,
                masking.mask_name(customer.name),
                masking.mask_phone(customer.phone),
                customer.get_stage_display(),
                customer.get_risk_tier_display(),
                customer.get_value_tier_display(),
                str(customer.rm or ""),
                f"{customer.registered_at:%Y-%m-%d}",
            ]
        )
