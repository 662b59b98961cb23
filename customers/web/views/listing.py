"""The list of customers."""

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from core.filtering import fault_sentence, words
from core.rules.conditions import ConditionsInvalid
from core.rules.ordering import arrange
from core.web.listing import Slice, count_rows, expect_rows, take_page
from customers.models import Customer, SavedView
from customers.queries.attributes import read_attributes
from customers.queries.desk import read_settings
from customers.queries.staff import is_exact
from customers.web.bulk import list_acts
from customers.web.columns import (
    DEFAULT,
    DERIVED,
    NAME_OF_RM,
    OWNER,
    RM_NAME,
    SORTS,
    Cell,
    Column,
    choose,
    draw_choices,
    list_columns,
    needs,
    open_cell,
    render_cell,
)
from customers.web.saved_views import show_views
from customers.web.selection import ENTITY, Selection, canonical, chips, edit, select
from staff import rights
from staff.pages import StaffPage

COLUMNS_SETTING = "customers.columns"
# Stands for a record in the address that all rows share; resolving it for each would take longer than writing it.
_SOMEBODY = "~"
# So few hits are collected and sorted; more are met while walking along the list.
_FEW = 20_000
# So few are counted while they are collected.
_TOGETHER = 5_000
# Above these the planner's estimate is taken without counting: grams it knows well, columns one by one only.
_TRUST_SEARCH = 20_000
_TRUST = 100_000


class CustomerListPage(StaffPage):
    """Customers in the reader's scope."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list; an edit of its conditions goes to the address that holds them."""
        selection = select(self.access, request.GET)
        if "path" in request.GET:
            return self.edit(request, selection)
        known = list_columns(selection.custom)
        menu = show_views(self.access, ENTITY, request.GET, selection.view)
        shown = choose(_wanted_columns(request, menu["saved"]), known)
        only, figures = needs(shown)
        page = read_rows(selection, request.GET, only)
        query = canonical(request.GET, selection.group)
        joints = words()
        context = {
            **menu,
            "selection": selection,
            "chips": chips(selection.group, selection.fields, joints) if selection.group.parts else [],
            "next_path": len(selection.group.parts),
            "query": query,
            "kept": [(name, value) for name, value in QueryDict(query).items() if name != "q"],
            "clear_url": f"{request.path}?view={selection.view}",
            "joint_and": joints["and"].strip(),
            "page": page,
            "columns": shown,
            "column_choices": draw_choices(
                tuple(
                    (key, str(known[key].label), known[key] in shown)
                    for key in arrange(list(known), [column.key for column in shown])
                ),
                get_language() or "",
            ),
            "body": self.body(page, shown, figures),
            "acts": list_acts(self.access),
            "can_enter": self.access.has(rights.EDIT_CUSTOMERS),
            "can_export": self.access.has(rights.EXPORT_CUSTOMERS),
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
        can_edit, can_assign = self.access.has(rights.EDIT_CUSTOMERS), self.access.has(rights.ASSIGN_CUSTOMERS)
        language = get_language() or ""
        openings = [
            (column.cell(language), open_cell(column, can_assign if column.key == OWNER else can_edit))
            for column in columns
        ]
        urls = reverse("customers:page", args=[_SOMEBODY])
        return SafeString("".join(_row(customer, urls, openings, values[customer.pk]) for customer in page.rows))


def _row(customer: Customer, urls: str, openings: list[tuple[Cell, str]], figures: dict[str, Any]) -> str:
    # Written out, because it is done fifty times a page: what comes from people is escaped, the rest are keys of ours.
    url, name = urls.replace(_SOMEBODY, escape(customer.public_id)), escape(str(customer))
    cells = "".join(render_cell(cell, customer, figures, opening) for cell, opening in openings)
    return (
        f'<tr data-href="{url}" data-panel tabindex="-1"><td class="pick"><input type="checkbox"'
        f' class="form-check-input" name="pick" value="{escape(customer.public_id)}" aria-label="{name}"></td>'
        f'<td class="stick"><a class="row-link" href="{url}">{name}</a></td>{cells}</tr>'
    )


def read_rows(selection: Selection, query: QueryDict, only: Sequence[str] = ("public_id", "number", "name")) -> Slice:
    """Return one page of the selected customers with the fields that are to be shown, and how many there are."""
    rows = selection.rows
    asked = query.get("sort", "").lstrip("-")
    field = SORTS.get(asked, "id")
    sorts, default = SORTS, "-id"
    expected = _expect(selection)
    if expected is not None and (expected <= _FEW or (selection.text and asked in SORTS)):
        # What a name is found by goes together with its place in the order. The planner does not know that and would
        # walk along the order's own index to the end of the book; a sort key of no index makes it ask the grams.
        # Conditions go together, too: the few that meet them all may be the oldest.
        source = DERIVED.get(field, F(field))
        rows = rows.annotate(sort_key=Coalesce(source, source))
        sorts, default = dict.fromkeys(SORTS, "sort_key"), "-sort_key"
    elif field in DERIVED:
        rows = rows.annotate(**DERIVED)
    trust = (_TRUST_SEARCH if selection.text else _TRUST) if selection.is_estimable else 0
    if RM_NAME in only:
        rows = rows.annotate(**{RM_NAME: NAME_OF_RM})
    stored = "latest_contact_at" if field in DERIVED else field
    counted = partial(count_rows, selection.rows, trust=trust, expected=expected)
    is_few = expected is not None and expected <= _TOGETHER
    fields = [name for name in only if name != RM_NAME]
    return take_page(rows.only(*fields, stored), query, sorts=sorts, default=default, count=counted, is_few=is_few)


def _expect(selection: Selection) -> int | None:
    """Return how many rows the planner expects, None where nothing narrows the list."""
    if selection.text and is_exact(selection.text):
        return 0
    return expect_rows(selection.rows) if selection.is_narrow else None


def _wanted_columns(request: HttpRequest, current: SavedView | None) -> list[str]:
    """Return the columns of the address, else of the saved view, else the reader's own choice, else the usual ones."""
    asked = request.GET.get("columns", "")
    if asked:
        return asked.split(",")
    if current is not None and current.columns:
        return list(current.columns)
    chosen = read_settings(request.user, (COLUMNS_SETTING,)).get(COLUMNS_SETTING)
    return list(chosen) if isinstance(chosen, list) and chosen else list(DEFAULT)
