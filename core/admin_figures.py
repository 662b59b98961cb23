"""Figures in the admin, written as on every other page: money with its sign, rates as percent, separators.

What only machines read (keys, hashes, codes of sentences) stays out of the pages of records that nobody edits there.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final

from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField
from core.rules.formats import figure_text, money_text, rate_text

# Numbers that name something and count nothing.
_NAMES: Final = frozenset({"id", "year", "version", "port", "place"})
_FOR_MACHINES: Final = frozenset(
    {
        "id", "public_id", "key", "params", "reason_code", "content_hash", "idempotency_key", "dedup_key",
        "reference_type", "reference_id", "step",
    }
)  # fmt: skip
# What relations without a name of their own are called; the others go by what they lead to.
_RELATIONS: Final = {
    "actor": _("by"),
    "old": _("before the change"),
    "new": _("after the change"),
    "old_pool": _("pool before"),
    "new_pool": _("pool after"),
    "ended_by": _("ended by"),
    "cause_by": _("cause by"),
    "reused_from": _("taken over from"),
}


class FiguresInLists:
    """A list whose columns of numbers are written for people, sorting as before, and pages to look at likewise."""

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        """Return the columns, those of figures with what writes them."""
        names: Sequence[Any] = super().get_list_display(request)  # type: ignore[misc]
        return [_write_column(self.model, name) if isinstance(name, str) else name for name in names]  # type: ignore[attr-defined]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields of a page; of one that is only looked at, what people read, written for them."""
        fieldsets = super().get_fieldsets(request, obj)  # type: ignore[misc]
        # The rows of an inline are a form even where nobody may write them, and a form knows names only.
        if obj is None or isinstance(self, InlineModelAdmin) or self.has_change_permission(request, obj):  # type: ignore[attr-defined]
            return fieldsets
        return [
            (title, {**options, "fields": _write_fields(self.model, options["fields"])})  # type: ignore[attr-defined]
            for title, options in fieldsets
        ]


def _write_fields(model: type[models.Model], names: Sequence[Any]) -> list[Any]:
    written = []
    for name in names:
        if isinstance(name, list | tuple):
            written.append(tuple(_write_fields(model, name)))
        elif name not in _FOR_MACHINES:
            written.append(_write_column(model, name) if isinstance(name, str) else name)
    return written


@cache
def _write_column(model: type[models.Model], name: str) -> Any:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    write, label = _choose(field), _name(field)
    if write is None and label is None:
        return name

    def show(row: models.Model) -> Any:
        value = getattr(row, name)
        return value if value is None or write is None else write(value)

    show.__name__ = name
    show.short_description = label or field.verbose_name  # type: ignore[attr-defined, union-attr]
    show.admin_order_field = name  # type: ignore[attr-defined]
    return show


def _name(field: Any) -> Any:
    """Return what a relation without a name of its own is called; None where it has one."""
    if not field.is_relation or field.verbose_name != field.name.replace("_", " "):
        return None
    return _RELATIONS.get(field.name) or field.related_model._meta.verbose_name


def _choose(field: Any) -> Callable[[Any], Any] | None:
    """Return what writes the values of a field, None for what is no figure."""
    if getattr(field, "choices", None) or field.name in _NAMES or field.name.endswith("_id") or field.is_relation:
        return None
    if isinstance(field, MoneyField):
        return money_text
    if isinstance(field, RateField):
        return rate_text
    if isinstance(field, models.DecimalField):
        return figure_text
    if isinstance(field, models.JSONField):
        return _write_parts
    return _write_whole if isinstance(field, models.IntegerField) else None


def _write_whole(number: int) -> str:
    return figure_text(Decimal(number))


def _write_parts(value: Any) -> Any:
    """Return what a record keeps by name one line a part; anything else in a row."""
    if not isinstance(value, dict) or not value:
        return _in_a_row(value)
    return format_html_join("", "<div>{}: {}</div>", ((key, _in_a_row(part)) for key, part in value.items()))


def _in_a_row(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_in_a_row(part)}" for key, part in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(_in_a_row(part) for part in value) or "–"
    return "–" if value in (None, "") else str(value)
