"""Recommendations, needs, traits and clusters in words."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.registries import attributes
from core.rules.formats import money_text
from segmentation.models import Learning
from segmentation.queries.recommend import Bar, Recommendations
from segmentation.rules.comparable import UNKNOWN, Banded, Kind, limits_of
from segmentation.rules.recommend import Lack


def say_bar(found: Recommendations) -> str:
    """Return why nothing is recommended, and what would change it; nothing where something is."""
    if found.bar is None:
        return ""
    return {
        Bar.NOT_IDENTIFIED: _("Identity is not confirmed, or the account is frozen."),
        Bar.NO_CONSENT: _("There is no consent to marketing: recommend nothing unasked."),
        Bar.NON_CUSTOMER: _("The latest application was declined: recommend nothing unasked before %(until)s.")
        % {"until": found.until},
        Bar.NO_ASSESSMENT: _("The questionnaire on risk tolerance has not been answered."),
        Bar.ASSESSMENT_ENDED: _("The assessment of risk tolerance has expired; it must be answered anew."),
        Bar.LIMIT_REACHED: _("As much is invested as the risk tolerance allows."),
        Bar.NOTHING_OPEN: _("No open listing is within the risk tolerance."),
        Bar.OVERDUE: _("Something is overdue: no further loan now."),
        Bar.APPLIED: _("An application is being decided."),
        Bar.NOT_ADMITTED: _("The law does not allow a loan to this person now."),
        Bar.MOST_OWED: _("No product fits below the legal limit of what one may owe."),
    }[found.bar]


def say_lack(lack: str) -> str:
    """Return why a learning came to nothing."""
    return (
        {
            Lack.TOO_FEW: _("Too little has happened to learn from."),
            Lack.NO_MEMBERS: _("The segment has fewer than 20 members to learn from."),
            Lack.NO_TRAITS: _("Nothing tells them from the others by more than chance."),
            Lack.NO_OTHERS: _("There is nobody outside to compare with."),
        }.get(Lack(lack), "")
        if lack in set(Lack)
        else _("A fault stopped it; operations can see it among the jobs.")
    )


def say_reason(reason: Mapping[str, Any]) -> str:
    """Return one reason of a recommendation; the same words for the customer and for his RM."""
    code = reason["code"]
    if code in {"term", "risk", "rate", "product"}:
        return _say_taste(reason)
    if code == "suits":
        return _("%(grade)s is within risk tolerance %(tier)s") % reason
    if code == "affords":
        return _("%(amount)s can be bid from what is free on the account") % {"amount": _yuan(reason["amount"])}
    if code == "deposit":
        given = {"amount": _yuan(reason["amount"]), "free": _yuan(reason["free"])}
        return _("A bid of %(amount)s needs a deposit: %(free)s is free on the account") % given
    if code == "next":
        return _("after “%(last)s”, %(share)s of borrowers took this next") % {
            "last": reason["last"],
            "share": percent(reason["share"]),
        }
    if code == "wanted":
        return _("%(share)s of borrowers take this next") % {"share": percent(reason["share"])}
    if code == "repaid":
        return ngettext("%(loans)s loan repaid in full", "%(loans)s loans repaid in full", reason["loans"]) % reason
    if code == "rate_of_grade":
        return _("%(rate)s a year at the latest grade %(grade)s") % {
            **reason,
            "rate": percent(reason["rate"], places=2),
        }
    if code == "price":
        return _("chosen for its price: %(rate)s a year") % {"rate": percent(reason["rate"], places=2)}
    if code == "safety":
        return _("chosen for its safety: grade R%(grade)s") % reason
    return _("up to %(amount)s below the limits of product and law") % {"amount": _yuan(reason["amount"])}


def _say_taste(reason: Mapping[str, Any]) -> str:
    given = {"times": reason["times"], "of": reason["of"]}
    if reason["code"] == "term":
        return _("%(times)s of %(of)s bids had a term of %(band)s months") % {**given, "band": reason["band"]}
    if reason["code"] == "risk":
        return _("%(times)s of %(of)s bids were on grade R%(band)s") % {**given, "band": reason["band"]}
    if reason["code"] == "rate":
        return _("%(times)s of %(of)s bids were at %(band)s%% a year") % {**given, "band": reason["band"]}
    return _("%(times)s of %(of)s bids were on “%(name)s”") % {**given, "name": reason["name"]}


def name_part(part: str) -> str:
    """Return the name of a part of a score."""
    return {
        "term": _("term as bid on before"),
        "risk": _("risk grade as bid on before"),
        "rate": _("rate as bid on before"),
        "product": _("product as bid on before"),
        "bids": _("bids of others"),
        "left": _("share of the amount still missing"),
        "days": _("days since it opened"),
    }[part]


def name_fact(key: str) -> str:
    """Return the name of a fact; its key where it is no longer told."""
    return str(attributes.get(key).label) if key in attributes else key


def say_band(fact: Banded, band: str) -> str:
    """Return a band of a fact in words: none, up to, between, more than."""
    if band == UNKNOWN:
        return _("not known")
    if fact.kind is Kind.FLAG:
        return _("yes") if band == "1" else _("no")
    if fact.kind is Kind.TEXT:
        choices = attributes.get(fact.key).list_choices() if fact.key in attributes else ()
        return {key: str(label) for key, label in choices}.get(band, band)
    if fact.kind is Kind.NUMBER and band == "0":
        return _("none")
    low, high = (None if bound is None else say_number(fact.key, fact.kind, bound) for bound in limits_of(fact, band))
    if low is None and high is None:
        return _("any")
    if low is None:
        return _("below %(high)s") % {"high": high}
    if high is None:
        return _("%(low)s or more") % {"low": low}
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def say_number(key: str, kind: Kind, number: float | None) -> str:
    """Return a number of a fact: an amount, a count, days ago."""
    if number is None:
        return _("never") if kind is Kind.DAYS else "–"
    if kind is Kind.FLAG:
        return percent(number)
    if kind is Kind.DAYS:
        return ngettext("%(n)s day ago", "%(n)s days ago", round(number)) % {"n": round(number)}
    if key in attributes and attributes.get(key).type == "money":
        return _yuan(round(number))
    return f"{number:,.0f}"


def say_cluster(traits: list[dict[str, Any]]) -> str:
    """Return what sets a cluster apart, the strongest first."""
    if not traits:
        return _("like everybody in everything")
    return _("; ").join(_say_trait(trait) for trait in traits)


def _say_trait(trait: Mapping[str, Any]) -> str:
    # Days ago: less is more recent, so the words say what the number does.
    key, kind = trait["key"], _kind_of(trait["key"])
    given = {
        "fact": name_fact(key),
        "inside": say_number(key, kind, trait["inside"]),
        "overall": say_number(key, kind, trait["overall"]),
    }
    return _("%(fact)s: %(inside)s, of all %(overall)s") % given


def _kind_of(key: str) -> Kind:
    from segmentation.rules.comparable import KINDS

    return KINDS[attributes.get(key).type] if key in attributes else Kind.NUMBER


def say_version(learning: Learning) -> str:
    """Return which learning it was."""
    return _("version %(version)s of %(day)s") % {"version": learning.pk, "day": learning.business_date}


def percent(share: Any, *, places: int = 0) -> str:
    """Return a share in hundredths."""
    return f"{Decimal(str(share)) * 100:.{places}f}%"


def _yuan(amount: Any) -> str:
    return str(money_text(Decimal(str(amount))))
