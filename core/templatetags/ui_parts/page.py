"""The frame and the page: rail, head, tabs, views, menus."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from core.registries import navigation, page_helps
from core.templatetags.ui_parts.base import fresh_id, part
from core.web.keys import KEYS, choose_letters

register = template.Library()

_ENTRY = ("url", "icon", "label", "letter", "is_current")


@register.simple_block_tag
def page_header(
    content: str, title: str, count: int | None = None, note: str = "", back_url: str = "", back_label: str = ""
) -> str:
    """The head of a page; the block's content is its actions, the primary one last."""
    actions = SafeString(content.strip())
    return part(
        "page_header", title=title, count=count, note=note, back_url=back_url, back_label=back_label, actions=actions
    )


@register.simple_tag(takes_context=True)
def rail(context: template.Context) -> str:
    """The left rail from the `navigation` registry."""
    is_staff = bool(getattr(context.get("user"), "is_staff", False))
    return _draw_frame("rail", get_language(), _entries(context), is_staff=is_staff)


@register.simple_tag(takes_context=True)
def tabbar(context: template.Context) -> str:
    """The bar at the bottom of a phone: the first four entries of the rail, then the rest."""
    return _draw_frame("tabbar", get_language(), _entries(context)[:4])


@register.simple_tag(takes_context=True)
def frame_sheets(context: template.Context) -> str:
    """What lies ready behind every page: a record's panel, the palette, the question before an act, keys, words."""
    search_url = str((context.get("frame") or {}).get("search_url") or "")
    entries = tuple((*entry[:4], False) for entry in _entries(context))
    names = ("side_panel", "palette", "confirm", "keys", "words")
    return SafeString("".join(_draw_frame(name, get_language(), entries, search_url=search_url) for name in names))


def _entries(context: template.Context) -> tuple[tuple[Any, ...], ...]:
    """Return the entries that somebody sees, each with address, icon, word, letter and whether it is where he is."""
    request, user = context.get("request"), context.get("user")
    # The rail, the bar of a phone and the sheets all show them.
    known: tuple[tuple[Any, ...], ...] | None = getattr(request, "_navigation", None)
    if known is not None:
        return known
    path = request.path if request else ""
    seen = []
    for key, item in sorted(navigation.items(), key=lambda pair: pair[1].order):
        if item.visible is not None and not item.visible(user):
            continue
        try:
            url = reverse(item.url_name)
        except NoReverseMatch:
            continue
        seen.append((key, item, url))
    letters = choose_letters([key for key, _item, _url in seen])
    found = tuple(
        (url, item.icon, str(item.label), letters[key], path == url if url == "/" else path.startswith(url))
        for key, item, url in seen
    )
    if request is not None:
        request._navigation = found
    return found


# The frame is the same on every page that the same rights reach, in one language: drawn once, not with each page.
@lru_cache(maxsize=2048)
def _draw_frame(name: str, _language: str | None, entries: tuple[tuple[Any, ...], ...], **values: Any) -> str:
    items = [dict(zip(_ENTRY, entry, strict=True)) for entry in entries]
    return part(name, items=items, keys=KEYS, **values)


@register.simple_tag(takes_context=True)
def page_help(context: template.Context) -> Any:
    """What the page is for; empty where nobody has said it."""
    request = context.get("request")
    name = request.resolver_match.view_name if request is not None and request.resolver_match else ""
    return page_helps.get(name) if name in page_helps else ""


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
