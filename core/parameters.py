"""Dated parameters: the value in force on the date that the rule names."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError


class ParameterMissing(BusinessError):
    """No parameter row is in force on that date."""

    code = "parameter_missing"
    message = _("The parameter %(rule_code)s has no value on %(on)s.")
    next_step = _("Ask operations to enter it under Parameters.")


def get_value(rule_code: str, *, on: date) -> Any:
    """Return the JSON value in force on a date.

    Raises ParameterMissing.
    """
    return _get_row(rule_code, on)[0]


def get_start(rule_code: str, *, on: date) -> date:
    """Return since when the value in force on a date has held. Raises ParameterMissing."""
    return _get_row(rule_code, on)[1]


def _get_row(rule_code: str, on: date) -> tuple[Any, date]:
    from core.models import Parameter

    row = (
        Parameter.objects.filter(rule_code=rule_code, valid_from__lte=on)
        .filter(models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=on))
        .order_by("-valid_from")
        .values_list("value", "valid_from")
        .first()
    )
    if row is None:
        raise ParameterMissing(rule_code=rule_code, on=on)
    return row


def get_decimal(rule_code: str, *, on: date) -> Decimal:
    """Return a numeric parameter; numbers are stored as strings so that they stay exact."""
    return Decimal(str(get_value(rule_code, on=on)))


def get_int(rule_code: str, *, on: date) -> int:
    """Return a whole-number parameter."""
    return int(get_value(rule_code, on=on))
