"""How values read: money, rates, counts, dates, ages, masks."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext, ngettext

from core import clock, masking
from core.rules import formats
from core.sentences import join_words, say_value
from core.templatetags.ui_parts.base import DASH, EMPTY

register = template.Library()

MASKS = {
    "phone": masking.mask_phone,
    "identity": masking.mask_identity,
    "card": masking.mask_card,
    "name": masking.mask_name,
    "email": masking.mask_email,
    "address": masking.mask_address,
}


@register.filter
def money(amount: Decimal | None) -> str:
    """`¥12,345.67`; a dash for nothing."""
    return DASH if amount in EMPTY else formats.money_text(Decimal(amount))  # type: ignore[arg-type]


@register.filter
def wan(amount: Decimal | None) -> str:
    """`¥8.23万` (English `¥82.3K`) with the exact amount as title; for tiles and charts only."""
    if amount in EMPTY:
        return DASH
    exact = Decimal(amount)  # type: ignore[arg-type]
    chinese = (get_language() or "zh").startswith("zh")
    return format_html(
        '<span title="{}">{}</span>', formats.money_text(exact), formats.compact_money_text(exact, chinese=chinese)
    )


@register.filter
def rate(fraction: Decimal | None) -> str:
    """`0.12` is `12.00%`."""
    return DASH if fraction in EMPTY else formats.rate_text(Decimal(fraction))  # type: ignore[arg-type]


@register.filter
def ratio(share: Decimal | None) -> str:
    """`0.108671` is `10.87%`: for what was measured; what was agreed keeps its places by `rate`."""
    return DASH if share in EMPTY else formats.ratio_text(Decimal(share))  # type: ignore[arg-type]


@register.filter
def figure(number: Decimal | None) -> str:
    """Format what is a sum for one row and a number of things for the next: `24,595.97`, `31`."""
    return DASH if number in EMPTY else formats.figure_text(Decimal(number))  # type: ignore[arg-type]


@register.filter
def beside(name: Any, value: Any) -> str:
    """Return a name with its value in the reader's punctuation: `Score: 610`."""
    return say_value(name, value)


@register.filter
def in_a_row(words: Iterable[Any]) -> str:
    """Return words in a row in the reader's punctuation: `a, b`."""
    return join_words(words)


@register.filter
def count(number: int | None) -> str:
    """`1,234`; above ten thousand `10,000+`, or `≈ 1,230,000` where the list has an estimate."""
    if number is None:
        return DASH
    return formats.count_text(int(number), is_estimate=getattr(number, "is_estimate", False))


@register.filter
def day(value: date | datetime | None) -> str:
    """A `<time>` that reads `2026-11-22`."""
    return DASH if value in EMPTY else _time_element(value, "%Y-%m-%d")  # type: ignore[arg-type]


@register.filter
def moment(value: datetime | None) -> str:
    """A `<time>` that reads `2026-11-22 14:03`."""
    return DASH if value in EMPTY else _time_element(value, "%Y-%m-%d %H:%M")  # type: ignore[arg-type]


@register.filter
def clock_time(value: date | datetime | None) -> str:
    """The time of day of an instant, the day of a date: beside a heading that already names the day."""
    return _time_element(value, "%H:%M", "%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else day(value)


def _time_element(value: date | datetime, pattern: str, title_pattern: str = "") -> str:
    local = value.astimezone(clock.SHANGHAI) if isinstance(value, datetime) else value
    title = f' title="{local.strftime(title_pattern)}"' if title_pattern else ""
    # strftime, because a lazy date has no format() of its own. Lists have a hundred of them: digits need no escape.
    return mark_safe(f'<time datetime="{local.isoformat()}"{title}>{local.strftime(pattern)}</time>')  # noqa: S308


@register.filter
def initial(user: Any) -> str:
    """The one or two characters that stand for a person."""
    return str(user)[:1].upper()


@register.filter
def mask(value: str, kind: str) -> str:
    """Mask a `phone`, `identity`, `card`, `name`, `email` or `address`."""
    return MASKS[kind](value or "")


@register.simple_tag(takes_context=True)
def age(context: template.Context, value: date | datetime | None) -> str:
    """How long ago or ahead: instants against the clock, dates against the business date; the exact value as title."""
    if value in EMPTY:
        return DASH
    if isinstance(value, datetime):
        local, now = value.astimezone(clock.SHANGHAI), clock.now()
        same_day = local.date() == now.date()
        days = (now.date() - local.date()).days
        words = escape(_time_words((now - local).total_seconds())) if same_day else _say_days(days, get_language())
        exact = local.strftime("%Y-%m-%d %H:%M")
    else:
        # The frame's date is lazy and cannot be subtracted from; its text is the plain date.
        today = date.fromisoformat(str(context.get("business_date") or clock.business_date()))
        words = _say_days((today - value).days, get_language())  # type: ignore[operator]
        exact = value.isoformat()  # type: ignore[union-attr]
    return mark_safe(f'<time datetime="{value.isoformat()}" title="{exact}">{words}</time>')  # type: ignore[union-attr]  # noqa: S308


def _time_words(seconds: float) -> str:
    minutes = int(abs(seconds) // 60)
    if minutes < 1:
        return gettext("just now")
    if minutes < 60:
        template_text = ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes)
        ahead = ngettext("in %(n)s minute", "in %(n)s minutes", minutes)
        return (template_text if seconds >= 0 else ahead) % {"n": minutes}
    hours = minutes // 60
    template_text = ngettext("%(n)s hour ago", "%(n)s hours ago", hours)
    ahead = ngettext("in %(n)s hour", "in %(n)s hours", hours)
    return (template_text if seconds >= 0 else ahead) % {"n": hours}


@lru_cache(maxsize=4096)
def _say_days(days: int, _language: str | None) -> str:
    """Return words for a distance in days, escaped; positive is past."""
    return escape(_day_words(days))


def _day_words(days: int) -> str:
    if days == 0:
        return gettext("today")
    if days == 1:
        return gettext("yesterday")
    if days == -1:
        return gettext("tomorrow")
    if days > 0:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    return ngettext("in %(n)s day", "in %(n)s days", -days) % {"n": -days}
