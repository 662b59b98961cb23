"""The names of what a decision looks at, and their values as people read them."""

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from core.rules.formats import money_text, rate_text
from lending.models import Application
from risk.models.rules import name_version
from risk.reasons import FACTOR_NAMES

EVIDENCE_NAMES = {
    "monthly_income": _("Monthly income"),
    "monthly_debt_declared": _("Monthly debt payments, declared"),
    "monthly_debt_bureau": _("Monthly debt payments, bureau"),
    "monthly_debt_here": _("Monthly debt payments here"),
    "monthly_instalment": _("New monthly instalment at the highest rate"),
    "other_platform_balance_declared": _("On other platforms, declared"),
    "other_platform_balance_bureau": _("On other platforms, bureau"),
}
_HOUSING = {
    "OWN": _("own home"),
    "MORTGAGE": _("own home, mortgaged"),
    "RENT": _("rented"),
    "FAMILY": _("with family"),
    "OTHER": _("other"),
    "UNKNOWN": _("unknown"),
}


WITHHELD = {
    "SWITCHED_OFF": _("not looked at: the house has it switched off"),
    "NO_CONSENT": _("not looked at: no consent is in force"),
}


def name_versions(kept: str) -> str:
    """Return the versions that a record keeps as `standard v1 / standard v2` in the reader's words."""
    parts = (re.fullmatch(r"(\S+) v(\d+)", part) for part in kept.split(" / "))
    return " · ".join(name_version(part[1], part[2]) if part else kept for part in parts)


def name_of(factor: str) -> str:
    """Return the name of an input."""
    return str(FACTOR_NAMES.get(factor, factor))


def value_of(factor: str, value: Any) -> str:
    """Return the value of an input as people read it."""
    if value is None:
        return gettext("unknown")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if factor.endswith("_bp"):
        return rate_text(Decimal(value) / 10_000)
    if factor.endswith("_fen"):
        return money_text(Decimal(value) / 100)
    if factor.endswith("_months") and factor in {"term_months", "oldest_account_months"}:
        return ngettext("%(n)s month", "%(n)s months", value) % {"n": value}
    if factor == "housing":
        return str(_HOUSING.get(value, value))
    if factor == "purpose":
        return str(dict(Application.Purpose.choices).get(value, value))
    return str(value)
