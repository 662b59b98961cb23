"""Conditions of core.rules.conditions as Django filters: values travel as parameters, never as text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from core import clock
from core.rules.conditions import Condition, ConditionsInvalid, Fault, Field, Group, Operator, Type, check

Compile = Callable[[Operator, list[Any], datetime], Q]


@dataclass(frozen=True)
class Filter:
    """A field of a list and what makes a comparison of it a `Q`."""

    field: Field
    compile: Compile


def compile_group(group: Group, filters: Mapping[str, Filter], now: datetime) -> Q:
    """Return the filter of nested conditions. Raises ConditionsInvalid for what does not fit."""
    found = Q()
    fields = {key: item.field for key, item in filters.items()}
    for part in group.parts:
        if isinstance(part, Group):
            inner = compile_group(part, filters, now)
        else:
            inner = _compile_one(part, filters, fields, now)
        found = found | inner if group.is_any else found & inner
    return found


def _compile_one(part: Condition, filters: Mapping[str, Filter], fields: Mapping[str, Field], now: datetime) -> Q:
    values = check(part, fields)
    return filters[part.field].compile(part.operator, values, now)


def by_column(lookup: str, type: Type, *, is_null: bool = False) -> Compile:
    """Return what filters by a column; `is_null` says that unknown values are NULL, else they are empty text."""

    def compile_column(operator: Operator, values: list[Any], now: datetime) -> Q:
        if operator in {Operator.EMPTY, Operator.FILLED}:
            empty = Q(**{f"{lookup}__isnull": True}) if is_null else Q(**{lookup: [] if type == Type.LIST else ""})
            return empty if operator == Operator.EMPTY else ~empty
        if operator == Operator.HAS:
            return (
                Q(**{f"{lookup}__contains": values}) if type == Type.LIST else Q(**{f"{lookup}__icontains": values[0]})
            )
        if operator == Operator.IS:
            return Q(**{lookup: values[0]})
        if operator == Operator.IN:
            return Q(**{f"{lookup}__in": values})
        if operator == Operator.NOT:
            return ~Q(**{f"{lookup}__in": values})
        low, high = bounds(operator, values, type, now)
        inside = Q()
        if low is not None:
            inside &= Q(**{f"{lookup}__gte": low})
        if high is not None:
            # A moment's day ends where the next one begins.
            inside &= Q(**{f"{lookup}__lt" if type == Type.MOMENT else f"{lookup}__lte": high})
        if operator != Operator.NOT_LAST:
            return inside
        before = Q(**{f"{lookup}__lt": low})
        return before | Q(**{f"{lookup}__isnull": True}) if is_null else before

    return compile_column


def bounds(operator: Operator, values: list[Any], type: Type, now: datetime) -> tuple[Any, Any]:
    """Return the lower and upper bound of a comparison, None for an open end; of moments the upper one is excluded."""
    today = now.astimezone(clock.SHANGHAI).date()
    low: Any
    high: Any
    if operator in {Operator.LAST, Operator.NOT_LAST}:
        low, high = today - timedelta(days=values[0]), today
    elif operator == Operator.NEXT:
        low, high = today, today + timedelta(days=values[0])
    elif operator == Operator.BETWEEN:
        low, high = values
    else:
        low = values[0] if operator in {Operator.MIN, Operator.IS} else None
        high = values[0] if operator in {Operator.MAX, Operator.IS} else None
    if type != Type.MOMENT:
        return low, high
    return (
        None if low is None else clock.at(low, 0),
        None if high is None else clock.at(high + timedelta(days=1), 0) if high < date.max else None,
    )


def words() -> dict[str, str]:
    """Return the patterns for `core.rules.conditions.say`, and what joins conditions."""
    return {
        "is": _("%(field)s is %(value)s"),
        "not": _("%(field)s is not %(value)s"),
        "in": _("%(field)s is %(value)s"),
        "has": _("%(field)s contains %(value)s"),
        "min": _("%(field)s at least %(value)s"),
        "max": _("%(field)s at most %(value)s"),
        "between": _("%(field)s from %(value)s to %(other)s"),
        "last": _("%(field)s in the last %(value)s days"),
        "next": _("%(field)s in the next %(value)s days"),
        "notlast": _("%(field)s not in the last %(value)s days"),
        "empty": _("%(field)s is not known"),
        "filled": _("%(field)s is known"),
        "affirm": _("is: %(field)s"),
        "deny": _("is not: %(field)s"),
        "and": _(" and "),
        "or": _(" or "),
        "list": _(" or ").replace(" ", "\u00a0"),
    }


def operator_label(operator: Operator) -> str:
    """Return an operator as a choice of the editor."""
    return {
        Operator.IS: _("is"),
        Operator.NOT: _("is none of"),
        Operator.IN: _("is one of"),
        Operator.HAS: _("contains"),
        Operator.MIN: _("at least"),
        Operator.MAX: _("at most"),
        Operator.BETWEEN: _("between"),
        Operator.LAST: _("in the last … days"),
        Operator.NEXT: _("in the next … days"),
        Operator.NOT_LAST: _("not in the last … days"),
        Operator.EMPTY: _("is not known"),
        Operator.FILLED: _("is known"),
    }[operator]


def fault_sentence(error: ConditionsInvalid) -> str:
    """Return what is wrong with conditions, for their reader."""
    return {
        Fault.TOO_LONG: _("These conditions are too long to be read."),
        Fault.TOO_DEEP: _("Groups stand at most two deep in each other."),
        Fault.TOO_MANY: _("There are more than 20 conditions."),
        Fault.UNREADABLE: _("The conditions cannot be read at “%(part)s”."),
        Fault.UNKNOWN_FIELD: _("There is no field “%(part)s” here."),
        Fault.UNKNOWN_OPERATOR: _("The comparison “%(part)s” does not go with its field."),
        Fault.WRONG_COUNT: _("The number of values for “%(part)s” is wrong."),
        Fault.WRONG_VALUE: _("“%(part)s” is not a value of its field."),
    }[error.fault] % {"part": error.part[:60]}
