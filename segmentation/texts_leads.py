"""What leads are compared by, in words."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.rules.formats import money_text
from core.sentences import say_value
from customers.models import CustomerRole, Method
from segmentation.rules.comparable import Banded, Kind, limits_of
from segmentation.rules.lead_facts import MEMBER
from segmentation.rules.lookalikes import Trait, list_shared
from segmentation.texts_recommend import percent


def name_lead_fact(key: str) -> str:
    """Return the name of a fact; its key where it is no longer compared."""
    return {
        "lead_role": _("Wants to"),
        "lead_amount": _("Amount"),
        "lead_months": _("Months"),
        "lead_rate": _("Rate hoped for"),
        "lead_method": _("Acquisition method"),
        "lead_channel": _("Channel"),
        "lead_partner": _("Partner"),
        "lead_introducer": _("Introduced by"),
    }.get(key, key)


def say_lead_band(fact: Banded, band: str, partners: Mapping[str, str]) -> str:
    """Return a band of a fact in words; `partners` are names by band."""
    if fact.key == "lead_introducer":
        return _("a member of the segment") if band == MEMBER else _("another customer")
    if fact.kind is Kind.TEXT:
        labels: Mapping[str, object] = {
            "lead_role": dict(CustomerRole.Role.choices),
            "lead_method": dict(Method.choices),
            "lead_partner": partners,
        }.get(fact.key, {})
        return str(labels.get(band, band))
    if band == "0":
        return _("none")
    low, high = (None if bound is None else _say_number(fact.key, bound) for bound in limits_of(fact, band))
    if low is None:
        return _("below %(high)s") % {"high": high} if high is not None else _("any")
    return (
        _("%(low)s or more") % {"low": low} if high is None else _("%(low)s to %(high)s") % {"low": low, "high": high}
    )


def _say_number(key: str, number: float) -> str:
    if key == "lead_amount":
        return str(money_text(Decimal(str(round(number, 2)))))
    if key == "lead_rate":
        return percent(number, places=2)
    return ngettext("%(n)s month", "%(n)s months", round(number)) % {"n": round(number)}


def name_shared(traits: list[Trait], bands: Mapping[str, str], partners: Mapping[str, str]) -> list[str]:
    """Return what a lead shares with the members, the heaviest first."""
    return [
        say_value(name_lead_fact(trait.fact.key), say_lead_band(trait.fact, bands[trait.fact.key], partners))
        for trait in list_shared(traits, bands)
    ]
