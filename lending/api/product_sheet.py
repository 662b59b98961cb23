"""A product on one page in plain sentences, for people who want to borrow."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.rules.formats import money_text, rate_text, ratio_text
from core.sentences import join_words, say_value
from lending.models import ProductFee
from lending.models.product import Method, PeriodUnit


def write_sheet(product: Mapping[str, Any]) -> list[str]:
    """Return what somebody should know before he applies: amount, time, price, an example, being late, leaving early."""
    rates = sorted(Decimal(str(rate)) for rate in product["rate_by_grade"].values())
    sentences = [
        _("You can borrow %(least)s to %(most)s, in steps of %(step)s.")
        % {
            "least": money_text(product["amount_min"]),
            "most": money_text(product["amount_max"]),
            "step": money_text(product["amount_step"]),
        },
        _("You repay in %(periods)s periods (one period: %(unit)s): %(methods)s.")
        % {
            "periods": join_words(product["periods_allowed"]),
            "unit": PeriodUnit(product["period_unit"]).label,
            "methods": join_words(Method(method).label for method in product["methods"]),
        },
    ]
    if rates:
        given = {"low": rate_text(rates[0]), "high": rate_text(rates[-1])}
        sentences.append(
            _("The rate is %(low)s to %(high)s a year by your grade; you see it before you accept.") % given
        )
        sentences += _write_example(product["example"])
    sentences.append(_write_fees(product["fees"]))
    sentences.append(
        _("If you pay late, %(rate)s of the overdue principal is added for each day, up to the legal limit.")
        % {"rate": rate_text(product["penalty_daily_rate"])}
    )
    fee = product["early_settlement_fee_rate"]
    sentences.append(
        _("You may settle early and pay interest for the days used; the fee is %(rate)s of the principal left.")
        % {"rate": rate_text(fee)}
        if fee
        else _("You may settle early without a fee and pay interest only for the days used.")
    )
    sentences.append(_("The money comes from investors; the platform brings you together and does not lend itself."))
    return sentences


def _write_fees(fees: list[Mapping[str, Any]]) -> str:
    if not fees:
        return _("There are no fees beside the interest.")
    parts = [
        say_value(
            fee["name"],
            money_text(Decimal(fee["amount"]))
            if fee["basis"] == ProductFee.Basis.FIXED
            else rate_text(Decimal(fee["rate"])),
        )
        for fee in fees
    ]
    return _("Fees, never taken off the payout: %(fees)s.") % {"fees": join_words(parts)}


def _write_example(example: Mapping[str, Any] | None) -> list[str]:
    if example is None:
        return []
    given = {
        "amount": money_text(example["amount"]),
        "periods": example["periods"],
        "rate": rate_text(example["annual_rate"]),
        "interest": money_text(example["total_interest"]),
        "fees": money_text(example["total_fees"]),
        "apr": ratio_text(example["apr_nominal"]),
    }
    costs = (
        _(
            "Example: %(amount)s for %(periods)s periods at %(rate)s costs %(interest)s of interest and %(fees)s of fees."
        )
        if example["total_fees"]
        else _("Example: %(amount)s for %(periods)s periods at %(rate)s costs %(interest)s of interest.")
    )
    return [costs % given, _("Everything together, that is %(apr)s a year.") % given]
