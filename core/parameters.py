"""Dated parameters: the value in force on the date that the rule names."""

import json
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, InvalidInput


class ParameterMissing(BusinessError):
    """No parameter row is in force on that date."""

    code = "parameter_missing"
    message = _("The parameter %(rule_code)s has no value on %(on)s.")
    next_step = _("Ask operations to enter it under Parameters.")


class ParameterInvalid(InvalidInput):
    """The new value cannot stand in for the present one."""

    code = "parameter_invalid"
    message = _("The new value of %(rule_code)s cannot be used: %(why)s")
    next_step = _("Give a value of the same form, valid from the business date or later.")


def get_value(rule_code: str, *, on: date) -> Any:
    """Return the JSON value in force on a date.

    Raises ParameterMissing.
    """
    return _get_row(rule_code, on)[0]


def get_start(rule_code: str, *, on: date) -> date:
    """Return since when the value in force on a date has held. Raises ParameterMissing."""
    return _get_row(rule_code, on)[1]


# Read with nearly every act and every step of the close: composing it anew took longer than running it.
_IN_FORCE = """
SELECT value, valid_from FROM core_parameter
WHERE rule_code = %(code)s AND valid_from <= %(on)s AND (valid_to IS NULL OR valid_to > %(on)s)
ORDER BY valid_from DESC LIMIT 1
"""


def _get_row(rule_code: str, on: date) -> tuple[Any, date]:
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, {"code": rule_code, "on": on})
        row = cursor.fetchone()
    if row is None:
        raise ParameterMissing(rule_code=rule_code, on=on)
    return json.loads(row[0]), row[1]


def get_decimal(rule_code: str, *, on: date) -> Decimal:
    """Return a numeric parameter; numbers are stored as strings so that they stay exact."""
    return Decimal(str(get_value(rule_code, on=on)))


def get_int(rule_code: str, *, on: date) -> int:
    """Return a whole-number parameter."""
    return int(get_value(rule_code, on=on))


def set_value(rule_code: str, value: Any, *, valid_from: date, source: str, business_date: date) -> models.Model:
    """Write the value of a rule from a date on; what held before stays for the days before.

    Raises ParameterInvalid for a value of another form, a date in the past or one that has a value already.
    """
    from core.models import Parameter

    present = Parameter.objects.filter(rule_code=rule_code).order_by("-valid_from").first()
    if present is None or not _is_alike(present.value, value):
        raise ParameterInvalid(rule_code=rule_code, why=_("its form differs from the present one"))
    if valid_from < business_date:
        raise ParameterInvalid(rule_code=rule_code, why=_("days that are closed keep their value"))
    if Parameter.objects.filter(rule_code=rule_code, valid_from=valid_from).exists():
        raise ParameterInvalid(rule_code=rule_code, why=_("that day has a value already"))
    if not source.strip():
        raise ParameterInvalid(rule_code=rule_code, why=_("it names no source"))
    return Parameter.objects.create(rule_code=rule_code, value=value, valid_from=valid_from, source=source)


def _is_alike(present: Any, wanted: Any) -> bool:
    """Tell whether two JSON values have the same form; numbers kept as strings must stay numbers."""
    if isinstance(present, dict):
        return (
            isinstance(wanted, dict)
            and present.keys() == wanted.keys()
            and all(_is_alike(value, wanted[key]) for key, value in present.items())
        )
    if isinstance(present, list):
        return isinstance(wanted, list) and bool(wanted) and all(_is_alike(present[0], item) for item in wanted)
    if type(present) is not type(wanted):
        return False
    return not isinstance(present, str) or not _is_number(present) or _is_number(wanted)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
