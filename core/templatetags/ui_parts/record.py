"""Record pages: state line, timeline, masked values, actions, form fields."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

from core.templatetags.ui_parts.base import fresh_id, part

register = template.Library()


@register.inclusion_tag("ui/state_line.html")
def state_line(steps: Iterable[Any], label: str = "") -> dict[str, Any]:
    """A record's way: each step has label, state (done, now, todo, late, stopped) and perhaps date and note."""
    return {"steps": steps, "label": label}


@register.simple_block_tag
def timeline_item(
    content: str,
    shape: str,
    title: str,
    at: datetime | date | None = None,
    amount: Decimal | None = None,
    tone: str = "",
    meta: str = "",
    icon_name: str = "",
    url: str = "",
) -> str:
    """One event: shape is money, contact, promise, notice or change; the content is what was said or done."""
    icons = {"money": "cash", "contact": "phone", "promise": "heart-handshake", "notice": "send", "change": "circle"}
    return part(
        "timeline_item",
        shape=shape,
        title=title,
        at=at,
        amount=amount,
        tone=tone,
        meta=meta,
        icon_name=icon_name or icons[shape],
        url=url,
        content=SafeString(content.strip()),
    )


@register.inclusion_tag("ui/masked.html", takes_context=True)
def masked(context: template.Context, value: str, reveal_url: str = "", label: str = "") -> dict[str, Any]:
    """A masked value; with a URL the reader may ask for the plain one and gives the reason in place (POST `reason`)."""
    return {
        "value": value,
        "reveal_url": reveal_url,
        "label": label,
        "id": fresh_id("reveal"),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("ui/action.html", takes_context=True)
def action(context: template.Context, label: str, url: str = "", **options: Any) -> dict[str, Any]:
    """A button that does one thing by POST, or why it cannot be done now.

    Options: `tone` (primary, late, quiet), `icon_name`, `key` (one letter on a focused row), `reason` (disables and
    says why), `confirm` with `confirm_text` (money or a message leaves the house), `icon_only`, `with_<name>` (a
    hidden input), `method="get"` for a link, `small`, `target` (htmx swaps that element with the answer),
    `in_place` (the page stays: a toast answers, and what hears `changed` fetches itself anew).
    """
    hidden = {key.removeprefix("with_"): value for key, value in options.items() if key.startswith("with_")}
    return {"label": label, "url": url, "hidden": hidden, "csrf_token": context.get("csrf_token"), **options}


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, prefix: str = "", help: str = "", **attributes: Any) -> dict[str, Any]:
    """A form field with label, help and error; `prefix="¥"` for money; other keywords become attributes."""
    widget = bound.field.widget
    input_type = getattr(widget, "input_type", "text")
    is_check = input_type == "checkbox"
    is_group = input_type in {"radio", "checkbox"} and hasattr(widget, "option_template_name")
    style = (
        "form-check-input" if is_check and not is_group else "form-select" if input_type == "select" else "form-control"
    )
    extra = {name.replace("_", "-"): value for name, value in attributes.items()}
    if not is_group:
        extra["class"] = f"{style} {widget.attrs.get('class', '')}".strip()
    if bound.errors:
        extra["aria-invalid"] = "true"
    return {
        "field": bound,
        "widget": bound.as_widget(attrs=extra),
        "is_check": is_check and not is_group,
        "is_moment": input_type == "datetime-local" and "data-past" not in widget.attrs,
        "prefix": prefix,
        "help": help or bound.help_text,
    }
