"""Figures in the lists of the admin, written as on every other page: money with its sign, rates as percent, separators."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest

from core.fields import MoneyField, RateField
from core.rules.formats import figure_text, money_text, rate_text

# Numbers that name something and count nothing.
_NAMES: Final = frozenset({"id", "year", "version", "port", "place"})


class FiguresInLists:
    """A list whose columns of numbers are written for people; they sort as before."""

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        """Return the columns, those of figures with what writes them."""
        names: Sequence[Any] = super().get_list_display(request)  # type: ignore[misc]
        return [_write_column(self.model, name) if isinstance(name, str) else name for name in names]  # type: ignore[attr-defined]


@cache
def _write_column(model: type[models.Model], name: str) -> Any:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    write = _choose(field)
    if write is None:
        return name

    def show(row: models.Model) -> str | None:
        value = getattr(row, name)
        return None if value is None else write(value)

    show.short_description = field.verbose_name  # type: ignore[attr-defined, union-attr]
    show.admin_order_field = name  # type: ignore[attr-defined]
    return show


def _choose(field: Any) -> Callable[[Any], str] | None:
    """Return what writes the values of a field, None for what is no figure."""
    if getattr(field, "choices", None) or field.name in _NAMES or field.name.endswith("_id"):
        return None
    if isinstance(field, MoneyField):
        return money_text
    if isinstance(field, RateField):
        return rate_text
    if isinstance(field, models.DecimalField):
        return figure_text
    return _write_whole if isinstance(field, models.IntegerField) else None


def _write_whole(number: int) -> str:
    return figure_text(Decimal(number))
