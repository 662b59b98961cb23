"""Small pieces: icon, amount, badge, facts, sparkline, skeleton, definition."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from core.rules import formats
from core.templatetags.ui_parts.base import DASH, EMPTY, fresh_id, part

register = template.Library()

_DEFINE = (
    '<button type="button" class="define" data-define popovertarget="{id}" aria-label="{question}">{icon}</button>'
    '<span popover id="{id}" class="define-card" role="tooltip"><span class="define-title d-block">{title}</span>'
    "{text}{rows}</span>"
)


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> str:
    """A Tabler icon of frontend/src/icons.json; with a label it speaks, without one it is decoration."""
    return _draw_icon(str(name), str(label), size)


# A page has a hundred of them, and few are different.
@lru_cache(maxsize=1024)
def _draw_icon(name: str, label: str, size: str) -> str:
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" {}><use href="{}#{}"></use></svg>',
        " is-large" if size == "large" else "",
        spoken,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def amount(value: Decimal | None, word: str = "", tone: str = "", signed: bool = False) -> str:
    """An amount with its sign and, where it is owed or out, a word beside it: `−¥45.00 owed`."""
    if value in EMPTY:
        return DASH
    exact = Decimal(value)  # type: ignore[arg-type]
    text = formats.money_text(exact)
    if signed and exact > 0:
        text = f"+{text}"
    spoken = word or (gettext("negative") if exact < 0 else "")
    word_class = "word" if word else "sr-only"
    tail = format_html(' <span class="{}">{}</span>', word_class, spoken) if spoken else ""
    return format_html('<span class="num{}">{}{}</span>', f" is-{tone}" if tone else "", text, tail)


@register.simple_tag
def badge(label: Any, tone: str = "plain", bare: bool = False) -> str:
    """A status in a word and a mark; tone is plain, info, good, warn or late."""
    return _draw_badge(str(label), tone, bare)


# Words of statuses: few, and each stands on many rows.
# Typed, because text that is safe must not stand in for the same text that is not.
@lru_cache(maxsize=4096, typed=True)
def _draw_badge(label: str, tone: str, bare: bool) -> str:
    return format_html('<span class="badge tone-{}{}">{}</span>', tone, " is-bare" if bare else "", label)


@register.simple_tag
def fact(label: str, value: Any, url: str = "") -> str:
    """One line of `{% facts %}`; a dash where there is no value."""
    shown = DASH if value in EMPTY else value
    if url:
        shown = format_html('<a href="{}">{}</a>', url, shown)
    return format_html('<div class="fact"><dt>{}</dt><dd>{}</dd></div>', label, shown)


@register.simple_block_tag
def facts(content: str, kind: str = "") -> str:
    """A list of labels and values; kind `wide` takes two columns where there is room, `money` aligns right."""
    return format_html('<dl class="facts{}">{}</dl>', f" is-{kind}" if kind else "", content)


@register.simple_tag
def spark(values: Sequence[Decimal | int | float]) -> str:
    """A line of at most 90 values without axes; the last value carries the mark."""
    points = formats.spark_points([Decimal(str(value)) for value in values], 96, 22)
    if len(points) < 2:
        return ""
    line = " ".join(f"{x},{y + 1}" for x, y in points)
    last_x, last_y = points[-1]
    return format_html(
        '<svg class="spark" viewBox="0 0 98 24" aria-hidden="true"><polyline class="spark-line" points="{}"/>'
        '<circle class="spark-dot" cx="{}" cy="{}" r="2"/></svg>',
        line,
        last_x,
        last_y + 1,
    )


@register.simple_tag
def skeleton(rows: int = 5) -> str:
    """Grey lines for what is being fetched."""
    return part("skeleton", rows=range(rows))


@register.simple_tag
def define(title: str, text: str = "", **facts: Any) -> str:
    """The mark that explains a figure or label on hover and focus: rule, version, time, reason as keywords."""
    words = {
        "rule": gettext("Rule"),
        "version": gettext("Version"),
        "at": gettext("As of"),
        "reason": gettext("Reason"),
        "source": gettext("Source"),
    }
    rows = [
        (words[key], value.isoformat() if type(value) is date else value)
        for key, value in facts.items()
        if value not in EMPTY
    ]
    # Put together here: the heads of a list and the strip of a customer have a dozen of them.
    return format_html(
        _DEFINE,
        id=fresh_id("define"),
        question=gettext("What is %(title)s?") % {"title": title},
        icon=_draw_icon("info-circle", "", ""),
        title=title,
        text=format_html('<span class="d-block">{}</span>', text) if text else "",
        rows=format_html('<dl class="define-facts">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows))
        if rows
        else "",
    )
