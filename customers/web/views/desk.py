"""Arranging the list: its conditions, its columns, saved views and their counts."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotFound
from core.filtering import operator_label
from core.rules.conditions import Condition, Field, Group, Operator, count_inputs
from core.rules.ordering import arrange, move
from core.web.listing import count_rows
from core.web.reading import read_number
from customers.models import SavedView
from customers.operations import desk
from customers.queries.desk import access_saved_view, list_saved_views
from customers.queries.filters import fields_of, list_custom_fields, list_filters
from customers.rules.names import spell
from customers.web.columns import DEFAULT, list_columns
from customers.web.saved_views import access_list, url_of
from customers.web.selection import ENTITY, canonical, read_group
from customers.web.undo import tell
from customers.web.views.listing import COLUMNS_SETTING
from staff import rights
from staff.pages import StaffPage, carry_out


class ConditionEditor(StaffPage):
    """The form in a chip: which field, how compared, with what."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer the form for the field and comparison chosen so far, or for the part at a path."""
        query = request.GET
        group = read_group(query)[0]
        part = _part_at(group, query.get("path", ""))
        asked = query.get("field", "") or (part.field if part else "")
        fields = fields_of(list_filters(self.access, {asked}, list_custom_fields()))
        if asked and asked not in fields:
            raise NotFound
        context: dict[str, Any] = {
            "fields": [
                {"key": field.key, "label": field.label, "words": f"{field.key} {spell(str(field.label))}"}
                for field in sorted(fields.values(), key=lambda field: str(field.label))
            ],
            "query": canonical(query, group),
            "kept": list(QueryDict(canonical(query, group)).items()),
            "path": query.get("path", ""),
            "is_any": query.get("any", ""),
        }
        if asked:
            context |= _describe(fields[asked], part, query.get("op", ""))
        return render(request, "customers/condition.html", context)


def _part_at(group: Group, path: str) -> Condition | None:
    part: Condition | Group = group
    for place in map(read_number, path.split(".")):
        if not isinstance(part, Group) or place is None or place >= len(part.parts):
            return None
        part = part.parts[place]
    return part if isinstance(part, Condition) else None


def _describe(field: Field, part: Condition | None, asked: str) -> dict[str, Any]:
    same = part is not None and part.field == field.key
    wanted = asked or (part.operator if part is not None and same else "")
    operator = next((item for item in field.operators if item == wanted), field.operators[0])
    values = list(part.values) if part is not None and same else []
    inputs = count_inputs(operator)
    days = operator in {Operator.LAST, Operator.NEXT, Operator.NOT_LAST}
    kind = (
        "number"
        if days or field.type in {"number", "money"}
        else "date"
        if field.type in {"date", "moment"}
        else "text"
    )
    choices = list(field.choices)
    if field.type == "yes_no":
        choices = [("yes", _("yes")), ("no", _("no"))]
    return {
        "field": field,
        "operator": operator,
        "operators": [(item, operator_label(item)) for item in field.operators],
        "choices": [(key, label, key in values) for key, label in choices] if inputs else [],
        "is_single": operator == Operator.IS or field.type == "yes_no",
        "inputs": [(values[place] if place < len(values) else "") for place in range(0 if choices else inputs)],
        "input_type": kind,
        "step": "0.01" if field.type == "money" else "any" if kind == "number" else "",
    }


class ViewCounts(StaffPage):
    """How many rows each view of a list's menu holds."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer the counts, each for its place in the menu."""
        entity = request.GET.get("list", ENTITY)
        found = access_list(self.access, entity)
        counts = [
            (key, count_rows(found.select(self.access, QueryDict(f"view={key}"))))
            for key, _label in found.standing(self.access)
        ]
        for saved in list_saved_views(self.access, entity):
            counts.append((saved.public_id, count_rows(found.select(self.access, QueryDict(saved.query)))))
        return render(request, "customers/view_counts.html", {"counts": counts})


class SaveView(StaffPage):
    """Keep a list as it stands under a name."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save it and go to it; a refusal is said on the list."""
        entity = request.POST.get("list", ENTITY)
        found = access_list(self.access, entity)
        query = QueryDict(request.POST.get("query", ""))
        text = found.clean(query)
        made: list[SavedView] = []

        def save() -> None:
            made.append(
                desk.save_view(
                    access=self.access,
                    entity=entity,
                    name=request.POST.get("name", ""),
                    query=text,
                    columns=[key for key in query.get("columns", "").split(",") if key],
                    audience=request.POST.get("audience", "") or SavedView.Audience.ME,
                    now=clock.now(),
                )
            )

        answer = carry_out(request, f"{found.url}?{text}", save, _("View saved."))
        return redirect(url_of(made[0])) if made else answer


class ChangeView(StaffPage):
    """Change, rename, share, pin or remove a saved view."""

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do it and go back to the list."""
        view = access_saved_view(self.access, public_id)
        found = access_list(self.access, view.entity)
        given: dict[str, Any] = {}
        if act == "remove":
            removed = desk.remove_view(access=self.access, view_id=view.pk, actor=request.user, now=clock.now())  # type: ignore[arg-type]
            return tell(request, _("View “%(name)s” removed.") % {"name": view.name}, removed, found.url)
        if act == "update":
            query = QueryDict(request.POST.get("query", ""))
            given = {"query": found.clean(query)}
            if query.get("columns"):
                given["columns"] = query["columns"].split(",")
        elif act == "rename":
            given = {"name": request.POST.get("name", "")}
        elif act == "share":
            given = {"audience": request.POST.get("audience", "")}
        else:
            given = {"is_pinned": not view.is_pinned}

        def change() -> None:
            desk.change_view(access=self.access, view_id=view.pk, **given)

        carry_out(request, url_of(view), change, _("View changed."))
        # It may have another address by now.
        view.refresh_from_db()
        return redirect(url_of(view))


class ChooseColumns(StaffPage):
    """Which columns the reader's list has."""

    right = rights.VIEW_CUSTOMERS

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the choice for the next time and show it."""
        known = list_columns(list_custom_fields())
        ticked = request.POST.getlist("column")
        # The lines of the menu in their order; `move` asks for one step where no script moves them.
        order = move(arrange(list(known), request.POST.getlist("order") or ticked), request.POST.get("move", ""))
        wanted = [key for key in order if key in ticked]
        if request.POST.get("usual") or not wanted:
            wanted = list(DEFAULT)
        desk.set_setting(user=request.user, key=COLUMNS_SETTING, value=wanted)  # type: ignore[arg-type]
        query = QueryDict(request.POST.get("query", ""), mutable=True)
        query.pop("columns", None)
        if query.get("saved") or wanted != list(DEFAULT):
            # Part of the address, so that it can be passed on as it stands and a saved view be updated with it.
            query["columns"] = ",".join(wanted)
        messages.success(request, _("Columns chosen."))
        return redirect(f"{reverse('customers:list')}?{canonical(query, read_group(query)[0])}")
