"""The terms that are left after an extra payment of principal on a due date."""

from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from core.money import FEN
from lending.rules.checks import check_terms
from lending.rules.periods import MONTHS_BY_UNIT
from lending.rules.schedule import Schedule
from lending.rules.terms import DayCount, FeeWhen, Method, ScheduleTerms, check_count, check_yuan, refuse

_ONCE = (FeeWhen.UPFRONT, FeeWhen.FIRST_PERIOD)


class PrepaymentEffect(StrEnum):
    """What an extra payment makes smaller: each later payment, or the number of them."""

    REDUCE_PAYMENT = "REDUCE_PAYMENT"
    REDUCE_TERM = "REDUCE_TERM"


def terms_after_prepayment(
    terms: ScheduleTerms,
    schedule: Schedule,
    *,
    paid_through: int,
    extra_principal: Decimal,
    effect: str = PrepaymentEffect.REDUCE_PAYMENT,
) -> ScheduleTerms:
    """Return the terms of the rest of a loan, to be built like any other.

    `paid_through` is the last instalment paid, with the extra principal on its due date. Raises InvalidTerms.
    24 000 in 24 equal parts: after the first 1 000 and 11 500 extra, 23 parts of 500 remain.
    """
    check_terms(terms)
    if terms.method == Method.BULLET or terms.in_advance:
        raise refuse("paid_through", "not_for_method", "this loan has no instalments that an extra payment changes")
    check_count(paid_through, "paid_through", 1, len(schedule.rows) - 1)
    if terms.tranches and max(part.paid_out_on for part in terms.tranches) >= schedule.rows[paid_through - 1].due_date:
        raise refuse("tranches", "not_all_paid_out", "a part of the principal is still to be paid out")
    balance = schedule.rows[paid_through - 1].balance
    check_yuan(extra_principal, "extra_principal", FEN, balance - FEN)
    periods = schedule.periods
    is_nominal = terms.day_count == DayCount.THIRTY_360
    starts = periods.nominal_dates if is_nominal else periods.due_dates
    rest = replace(
        terms,
        principal=balance - extra_principal,
        periods=len(schedule.rows) - paid_through,
        disbursed_on=starts[paid_through - 1],
        first_due_on=periods.nominal_dates[paid_through],
        due_day=periods.anchor_day if terms.period_unit in MONTHS_BY_UNIT else None,
        due_dates=periods.due_dates[paid_through : len(schedule.rows)] if terms.due_dates else None,
        principal_grace=max(terms.principal_grace - paid_through, 0),
        interest_grace=max(terms.interest_grace - paid_through, 0),
        first_day_counts=False,
        fees=tuple(fee for fee in terms.fees if fee.when not in _ONCE),
        tranches=(),
    )
    if effect == PrepaymentEffect.REDUCE_TERM:
        return replace(
            rest,
            method=Method.FIXED_AMOUNT,
            periods=None,
            amount_per_period=schedule.payment,
            respread_residue=False,
        )
    return rest
