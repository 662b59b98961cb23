"""The list of customers and its file."""

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core import clock, masking
from core.filtering import fault_sentence, words
from core.rules.conditions import ConditionsInvalid
from core.web.listing import Slice, count_rows, take_page
from customers.models import Customer, SavedView
from customers.operations.disclosure import note_export
from customers.queries.attributes import read_attributes
from customers.queries.desk import list_audiences, list_saved_views, may_change_view, read_settings
from customers.web.bulk import list_acts
from customers.web.columns import DEFAULT, DERIVED, SORTS, Column, choose, list_columns, needs, render_cell
from customers.web.selection import Selection, canonical, chips, edit, select
from staff import rights
from staff.models import Scope
from staff.pages import StaffPage
from staff.queries import Access

ENTITY = "customers"
COLUMNS_SETTING = "customers.columns"
_EXPORT_LIMIT = 10_000


class CustomerListPage(StaffPage):
    """Customers in the reader's scope."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list; an edit of its conditions goes to the address that holds them."""
        selection = select(self.access, request.GET)
        if "path" in request.GET:
            return self.edit(request, selection)
        known = list_columns(selection.custom)
        saved = list(list_saved_views(self.access, ENTITY))
        current = next((view for view in saved if view.public_id == request.GET.get("saved")), None)
        shown = choose(_wanted_columns(request, current), known)
        only, figures = needs(shown)
        page = read_rows(selection, request.GET, only)
        query = canonical(request.GET, selection.group)
        views = _list_views(self.access, selection.view) + [_show_view(view, current, self.access) for view in saved]
        context = {
            "selection": selection,
            "chips": chips(selection.group, selection.fields, words()),
            "next_path": len(selection.group.parts),
            "query": query,
            "kept": [(name, value) for name, value in QueryDict(query).items() if name != "q"],
            "clear_url": f"{request.path}?view={selection.view}",
            "joint_and": words()["and"].strip(),
            "page": page,
            "columns": shown,
            "all_columns": [(column, column in shown) for column in known.values()],
            "body": self.body(page, shown, figures),
            "views": views,
            "view": next((item["label"] for item in views if item["is_current"]), ""),
            "saved": current,
            "is_changed": current is not None and canonical(request.GET, selection.group, saved="") != current.query,
            "can_change": current is not None and may_change_view(self.access, current),
            "audiences": [SavedView.Audience(code) for code in list_audiences(self.access)],
            "acts": list_acts(self.access),
        }
        return render(request, "customers/list.html", context)

    def edit(self, request: HttpRequest, selection: Selection) -> HttpResponse:
        """Go to the list with one condition changed; what cannot be taken is said on the list as it was."""
        query, here = request.GET, reverse("customers:list")
        try:
            group = edit(query, selection.fields)
        except ConditionsInvalid as fault:
            messages.error(request, fault_sentence(fault))
            group = selection.group
        return redirect(f"{here}?{canonical(query, group)}")

    def body(self, page: Slice, columns: list[Column], figures: list[str]) -> SafeString:
        """Return the rows of the table."""
        values = read_attributes([customer.pk for customer in page.rows], figures)
        can_edit = self.access.has(rights.EDIT_CUSTOMERS)
        return SafeString("".join(_row(customer, columns, values[customer.pk], can_edit) for customer in page.rows))


def _row(customer: Customer, columns: list[Column], figures: dict[str, Any], can_edit: bool) -> SafeString:
    url = reverse("customers:page", args=[customer.public_id])
    cells = SafeString("".join(render_cell(column, customer, figures, can_edit) for column in columns))
    return format_html(
        '<tr data-href="{url}" data-panel tabindex="-1"><td class="pick"><input type="checkbox" class="form-check-input"'
        ' name="pick" value="{key}" aria-label="{name}"></td>'
        '<td class="stick"><a class="row-link" href="{url}">{name}</a></td>{cells}</tr>',
        url=url,
        key=customer.public_id,
        name=str(customer),
        cells=cells,
    )


def read_rows(selection: Selection, query: QueryDict, only: Sequence[str] = ("public_id", "number", "name")) -> Slice:
    """Return one page of the selected customers with the fields that are to be shown, and how many there are."""
    rows = selection.rows
    field = SORTS.get(query.get("sort", "").lstrip("-"), "id")
    if field in DERIVED:
        rows = rows.annotate(**DERIVED)
        field = "latest_contact_at"
    if any(name.startswith("rm__") for name in only):
        rows = rows.select_related("rm__user")
    return take_page(rows.only(*only, field), query, sorts=SORTS, default="-id")


def _wanted_columns(request: HttpRequest, current: SavedView | None) -> list[str]:
    """Return the columns of the address, else of the saved view, else the reader's own choice, else the usual ones."""
    asked = request.GET.get("columns", "")
    if asked:
        return asked.split(",")
    if current is not None and current.columns:
        return list(current.columns)
    chosen = read_settings(request.user, (COLUMNS_SETTING,)).get(COLUMNS_SETTING)
    return list(chosen) if isinstance(chosen, list) and chosen else list(DEFAULT)


def _list_views(access: Access, current: str) -> list[dict[str, Any]]:
    """Return me / team / all, as far as the scope reaches; their counts are read when the menu opens."""
    url = reverse("customers:list")
    scope = access.scope_of(rights.VIEW_CUSTOMERS)
    views = [("me", _("My customers"))]
    if scope != Scope.OWN:
        if access.team_id:
            views.append(("team", _("My team's customers")))
        views.append(("all", _("All customers in my scope")))
    return [
        {"key": key, "label": label, "url": f"{url}?view={key}", "is_current": key == current} for key, label in views
    ]


def _show_view(view: SavedView, current: SavedView | None, access: Access) -> dict[str, Any]:
    query = f"{view.query}&saved={view.public_id}" if view.query else f"saved={view.public_id}"
    return {
        "key": view.public_id,
        "label": view.name,
        "url": f"{reverse('customers:list')}?{query}",
        "is_current": view == current,
        "saved": view,
        "owner": view.owner if view.owner_id != access.member_id else None,
    }


class CustomerExport(StaffPage):
    """The list as a file, masked; the taking is kept in the audit log."""

    right = rights.VIEW_CUSTOMERS

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Send the rows of the filter as CSV."""
        rows = select(self.access, request.GET).rows
        note_export(
            actor=request.user,  # type: ignore[arg-type]
            count=min(count_rows(rows), _EXPORT_LIMIT),
            filters=dict(request.GET.lists()),
            now=clock.now(),
        )
        answer = StreamingHttpResponse(_write(rows.select_related("rm__user")), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="customers-{clock.business_date():%Y%m%d}.csv"'
        return answer


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
