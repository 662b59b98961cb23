"""The frame and the page: rail, head, tabs, views, menus."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from core.registries import navigation, page_helps
from core.templatetags.ui_parts.base import fresh_id, part
from core.web.keys import KEYS, Key, choose_letters

register = template.Library()


@register.simple_block_tag
def page_header(
    content: str, title: str, count: int | None = None, note: str = "", back_url: str = "", back_label: str = ""
) -> str:
    """The head of a page; the block's content is its actions, the primary one last."""
    actions = SafeString(content.strip())
    return part(
        "page_header", title=title, count=count, note=note, back_url=back_url, back_label=back_label, actions=actions
    )


@register.inclusion_tag("ui/rail.html", takes_context=True)
def rail(context: template.Context) -> dict[str, Any]:
    """The left rail from the `navigation` registry."""
    return {"items": _navigation(context), "request": context.get("request"), "user": context.get("user")}


@register.inclusion_tag("ui/tabbar.html", takes_context=True)
def tabbar(context: template.Context) -> dict[str, Any]:
    """The bar at the bottom of a phone: the first four entries of the rail, then the rest."""
    return {"items": _navigation(context)[:4]}


def _navigation(context: template.Context) -> list[dict[str, Any]]:
    request, user = context.get("request"), context.get("user")
    # The rail, the bar of a phone, the palette and the sheet of keys all show it.
    known: list[dict[str, Any]] | None = getattr(request, "_navigation", None)
    if known is not None:
        return known
    path = request.path if request else ""
    items: list[dict[str, Any]] = []
    for key, item in sorted(navigation.items(), key=lambda pair: pair[1].order):
        if item.visible is not None and not item.visible(user):
            continue
        try:
            url = reverse(item.url_name)
        except NoReverseMatch:
            continue
        is_current = path == url if url == "/" else path.startswith(url)
        items.append({"key": key, "label": item.label, "url": url, "icon": item.icon, "is_current": is_current})
    letters = choose_letters([item["key"] for item in items])
    found = [{**item, "letter": letters[item["key"]]} for item in items]
    if request is not None:
        request._navigation = found
    return found


@register.simple_tag(takes_context=True)
def page_help(context: template.Context) -> Any:
    """What the page is for; empty where nobody has said it."""
    request = context.get("request")
    name = request.resolver_match.view_name if request is not None and request.resolver_match else ""
    return page_helps.get(name) if name in page_helps else ""


@register.simple_tag
def page_keys() -> tuple[Key, ...]:
    """The keys that work on every page."""
    return KEYS


@register.simple_tag(takes_context=True)
def frame_pages(context: template.Context) -> list[dict[str, Any]]:
    """The entries of the rail, for the command palette before anything is typed."""
    return _navigation(context)


@register.simple_tag
def script_words() -> str:
    """The sentences that scripts show, as JSON."""
    return json_script(
        {
            "failed": gettext("That did not work. Nothing was changed; try again in a moment."),
            "offline": gettext("No answer from the server. What you typed is still here."),
            "expired": gettext("Your session has ended. Log in again; this page stays open."),
            "undo": gettext("Undo"),
            "close": gettext("Close"),
            "undone": gettext("Undone."),
            "no_data": gettext("No figures for this choice."),
            "loading": gettext("Loading"),
            "selected": gettext("%(n)s selected"),
            "last": gettext("latest"),
            "on_this_row": gettext("On the row or page"),
        },
        "words",
    )


@register.inclusion_tag("ui/tabs.html")
def tabs(items: Iterable[Any], label: str = "", target: str = "") -> dict[str, Any]:
    """Tabs that are links; each item has label, url, is_current and perhaps count.

    With a target (an element id) htmx swaps only that element.
    """
    return {"items": items, "label": label, "target": target}


@register.inclusion_tag("ui/view_menu.html")
def view_menu(current: str, views: Iterable[Any]) -> dict[str, Any]:
    """The saved views of a list; each has label, url, count and is_current."""
    return {"current": current, "views": views, "id": fresh_id("views")}


@register.simple_block_tag
def menu(content: str, label: str, icon_name: str = "dots", kind: str = "quiet", show_label: bool = False) -> str:
    """A button that opens a menu; the content is made of `.menu-item` links and buttons."""
    return part(
        "menu", id=fresh_id("menu"), label=label, icon_name=icon_name, kind=kind, show_label=show_label, content=content
    )
