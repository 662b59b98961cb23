"""Figures and lists: tiles, tables, filters, paging, the empty state."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from core.templatetags.ui_parts.base import EMPTY, fresh_id, part
from core.templatetags.ui_parts.pieces import define as explain
from core.templatetags.ui_parts.pieces import icon

register = template.Library()

_ARROWS = {"descending": "arrow-down", "ascending": "arrow-up", "": "arrow-up"}
_SORT = (
    '<a class="sort" href="{url}" hx-get="{url}" hx-target="#list" hx-select="#list" hx-swap="outerHTML"'
    ' hx-push-url="true">{label}{icon}</a>'
)


@register.inclusion_tag("ui/stat.html")
def stat(label: str, value: Any, url: str = "", **options: Any) -> dict[str, Any]:
    """A figure in `.tiles`: `definition`, `note`, `spark` (values), `tone` and `word` are optional."""
    return {"label": label, "value": value, "url": url, **options}


@register.simple_block_tag
def data_table(content: str, label: str, id: str = "", compact: bool = False) -> str:
    """A table with sticky head and first column; the content is its `<thead>`, `<tbody>` and `<tfoot>`."""
    return part("data_table", label=label, id=id or fresh_id("table"), compact=compact, content=content)


@register.simple_tag(takes_context=True)
def th(
    context: template.Context,
    label: str,
    kind: str = "",
    sort: str = "",
    drop: int = 0,
    stick: bool = False,
    define: str = "",
) -> str:
    """A column's head; kind is money, count, rate, date or actions; drop 1 leaves first on narrow screens, 3 last."""
    classes = " ".join(filter(None, [kind, f"drop-{drop}" if drop else "", "stick" if stick else ""]))
    request = context.get("request")
    current = request.GET.get("sort", "") if request else ""
    direction, next_sort = "", sort
    if sort and current.lstrip("-") == sort:
        direction = "descending" if current.startswith("-") else "ascending"
        next_sort = "" if current.startswith("-") else f"-{sort}"
    url = ""
    if sort and request:
        query = request.GET.copy()
        for name in ("cursor", "sort"):
            query.pop(name, None)
        if next_sort:
            query["sort"] = next_sort
        url = f"?{query.urlencode()}"
    is_end = kind in {"money", "count", "rate"}
    return _draw_head(str(label), classes, url, direction, explain(label, define) if define else "", is_end)


# A list has a dozen heads, the same ones on every page; put together here, because a template of their own costs more.
@lru_cache(maxsize=2048, typed=True)
def _draw_head(label: str, classes: str, url: str, direction: str, explained: str, is_end: bool) -> str:
    return format_html(
        '<th scope="col" data-label="{}"{}{}>{}{}{}</th>',
        label,
        format_html(' class="{}"', classes) if classes else "",
        format_html(' aria-sort="{}"', direction) if direction else "",
        explained if is_end else "",
        format_html(_SORT, url=url, label=label, icon=icon(_ARROWS[direction])) if url else label,
        "" if is_end else explained,
    )


@register.simple_tag
def row_link(url: str, panel: bool = False) -> str:
    """Attributes of a `<tr>` that opens by click, Enter and, in a new tab, by middle click.

    With `panel` a click opens the record over the list.
    """
    return format_html('data-href="{}" tabindex="-1"{}', url, mark_safe(" data-panel") if panel else "")


@register.inclusion_tag("ui/key_pages.html", takes_context=True)
def key_pages(
    context: template.Context,
    next_cursor: str = "",
    previous_cursor: str = "",
    shown: int = 0,
    total: int | None = None,
) -> dict[str, Any]:
    """The foot of a list that is paged by key; the cursor travels as `?cursor=`."""
    request = context.get("request")

    def url(cursor: str) -> str:
        if not cursor or request is None:
            return ""
        query = request.GET.copy()
        query["cursor"] = cursor
        return f"?{query.urlencode()}"

    return {"next_url": url(next_cursor), "previous_url": url(previous_cursor), "shown": shown, "total": total}


@register.inclusion_tag("ui/list_tools.html")
def list_tools() -> dict[str, Any]:
    """The menu of a list's columns and row height."""
    return {"id": fresh_id("tools")}


@register.simple_block_tag
def bulk_bar(content: str, total: int | None = None) -> str:
    """What can be done with the picked rows; with `total` all results of the filter can be picked, not only the page.

    Stands in a `<form x-data="pickable" @change="update" method="post">` around the table whose rows have a checkbox
    `pick`; the server gets `pick` values or `everything=1`.
    """
    return part("bulk_bar", content=content, total=total)


@register.inclusion_tag("ui/empty_state.html")
def empty_state(
    title: str, text: str = "", icon_name: str = "inbox", url: str = "", action: str = ""
) -> dict[str, Any]:
    """What would be here and how to get it."""
    return {"title": title, "text": text, "icon_name": icon_name, "url": url, "action": action}


@register.inclusion_tag("ui/filter_chips.html", takes_context=True)
def filter_chips(context: template.Context, form: Any, search: str = "q", target: str = "list") -> dict[str, Any]:
    """The filters of a list from a bound GET form (a FilterSet's `.form`); `search` names its free-text field."""
    request = context.get("request")
    chips = [_chip(field, request) for field in form.visible_fields() if field.name != search]
    return {
        "chips": [chip for chip in chips if chip["text"]],
        "others": [chip for chip in chips if not chip["text"]],
        "search": form[search] if search in form.fields else None,
        "hidden": [(name, value) for name, value in _other_parameters(form, request)],
        "target": target,
        "clear_url": request.path if request else "",
        "add_id": fresh_id("add"),
    }


@register.simple_tag
def plain_widget(field: BoundField) -> str:
    """A filter's input in the house's form style."""
    kinds = {"select": "form-select", "checkbox": "form-check-input", "radio": "form-check-input"}
    return field.as_widget(attrs={"class": kinds.get(getattr(field.field.widget, "input_type", ""), "form-control")})


def _parameter_names(field: BoundField) -> list[str]:
    suffixes = getattr(field.field.widget, "widgets_names", [""])
    return [f"{field.html_name}{suffix}" for suffix in suffixes]


def _other_parameters(form: Any, request: Any) -> Iterable[tuple[str, str]]:
    """What the address holds beside the form's own fields; a new filter starts at the first page."""
    own = {name for field in form for name in _parameter_names(field)} | {"cursor"}
    for name, values in request.GET.lists() if request else ():
        if name not in own:
            yield from ((name, value) for value in values)


def _chip(field: BoundField, request: Any) -> dict[str, Any]:
    drop_url = ""
    if request is not None:
        query = request.GET.copy()
        for name in [*_parameter_names(field), "cursor"]:
            query.pop(name, None)
        drop_url = f"?{query.urlencode()}"
    return {"field": field, "text": _chip_text(field), "drop_url": drop_url, "id": f"chip-{field.html_name}"}


def _chip_text(field: BoundField) -> str:
    """A filter's value in words; empty where it is not set."""
    data = field.data
    choices = {str(key): str(label) for key, label in _flat_choices(getattr(field.field, "choices", ()))}
    if isinstance(data, list | tuple):
        if len(data) == 2 and hasattr(field.field.widget, "widgets_names"):
            low, high = (str(part or "") for part in data)
            return f"{low} – {high}" if low and high else f"≥ {low}" if low else f"≤ {high}" if high else ""
        return "、".join(choices.get(str(part), str(part)) for part in data if part not in EMPTY)
    if data in (True, "true", "True", "on"):
        return choices.get(str(data), gettext("yes"))
    if data in (False, "false", "False"):
        return choices.get(str(data), gettext("no")) if data is not False else ""
    return "" if data in EMPTY else choices.get(str(data), str(data))


def _flat_choices(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label
