"""Repayment schedules of the loan calculator and of real loans; all arithmetic is in whole numbers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import partial
from itertools import accumulate, count, repeat
from operator import add, sub
from typing import Any, NamedTuple, cast

from core.money import FEN, ZERO
from lending.rules.amortisation import (
    LevelRule,
    Loan,
    Rows,
    bullet_rows,
    defer_interest,
    equal_principal_rows,
    fixed_rows,
    flat_rows,
    interest_only_rows,
    level_rows,
)
from lending.rules.checks import check_terms, periods_max
from lending.rules.fees import period_fees, upfront_fees
from lending.rules.periods import Periods, level_shares, periods_of
from lending.rules.terms import LevelBasis, Method, RowRounding, ScheduleTerms
from lending.rules.tranches import tranche_rows

# Unrounded schedules count in units so small that their own rounding never reaches a shown digit.
_UNROUNDED_PLACES = 40
_DISPLAY = Context(prec=90, rounding=ROUND_HALF_UP)


class Row(NamedTuple):
    """One instalment in yuan; `payment` is principal and interest, `fee` comes on top, `balance` is what is left."""

    n: int
    due_date: date
    principal: Decimal
    interest: Decimal
    payment: Decimal
    balance: Decimal
    fee: Decimal


# Half of a quote's time would go into rows; making the tuple directly halves that.
_new_row = cast(Callable[[tuple[Any, ...]], Row], partial(tuple.__new__, Row))


@dataclass(frozen=True, slots=True)
class Schedule:
    """A repayment schedule in yuan; totals are the sums of its rows.

    `payment` is the instalment that repeats (the first one with principal where none does). `flows` are the
    borrower's payments in fen with their fees.
    """

    payment: Decimal
    rows: tuple[Row, ...]
    total_interest: Decimal
    total_payment: Decimal
    total_fees: Decimal
    upfront_fees: Decimal
    flows: tuple[float, ...]
    periods: Periods

    @property
    def last_payment(self) -> Decimal:
        """Return the last instalment, which carries the residue of rounding."""
        return self.rows[-1].payment


def build_schedule(terms: ScheduleTerms) -> Schedule:
    """Compute the schedule of a loan.

    Raises InvalidTerms. 10 000 at 12 % in twelve equal monthly instalments: 888.49 each, 888.46 the last one.
    """
    check_terms(terms)
    is_unrounded = terms.rounding == RowRounding.NONE
    places = _UNROUNDED_PLACES if is_unrounded else 2
    rate, rate_unit = terms.annual_rate.as_integer_ratio()
    periods = periods_of(terms, terms.periods or _longest(terms))
    units = _interest_units(terms, periods)
    loan = Loan(
        int(terms.principal * 100) * 10 ** (places - 2),
        [rate * unit for unit in units],
        rate_unit * periods.year_units,
        RowRounding.HALF_UP if is_unrounded else terms.rounding,
    )
    if terms.tranches:
        rows, balances, openings = tranche_rows(terms, periods, loan, _level_rule(terms, periods, loan))
    else:
        rows = _rows_of(terms, periods, loan)
        balances = list(accumulate(rows.principals, sub, initial=loan.principal))
        openings = balances
        balances = balances[1:]
    if terms.interest_grace:
        rows = defer_interest(rows, terms.interest_grace)
    if terms.method == Method.BULLET:
        periods = periods._replace(due_dates=periods.due_dates[-1:], years=(sum(periods.years),))
    fees: list[int] = []
    if terms.fees:
        fees = period_fees(terms.fees, loan.principal, openings, rows.interests, 10 ** (places - 2))
    return _in_yuan(terms, periods, rows, balances, fees)


def planned_due_dates(terms: ScheduleTerms) -> tuple[date, ...]:
    """Return the due date of every period before any working-day shift, also of those repaid away by a coarse step.

    Raises InvalidTerms. Twelve months from 2026-01-31: 2026-02-28, 2026-03-31, … 2027-01-31.
    """
    check_terms(terms)
    return periods_of(terms, terms.periods or _longest(terms)).nominal_dates


def period_factors(terms: ScheduleTerms) -> tuple[Decimal, ...]:
    """Return each period's interest factor to twelve places: 9.4822 % by 14/364 is 0.003647."""
    check_terms(terms)
    periods = periods_of(terms, terms.periods or _longest(terms))
    twelve_places = Decimal(1).scaleb(-12)
    return tuple((terms.annual_rate * unit / periods.year_units).quantize(twelve_places) for unit in periods.units)


def _longest(terms: ScheduleTerms) -> int:
    return len(terms.due_dates) if terms.due_dates else periods_max(terms.period_unit)


def _interest_units(terms: ScheduleTerms, periods: Periods) -> tuple[int, ...]:
    """Return the shares of the year that bear interest; flat interest is for whole periods, also in advance."""
    if terms.method == Method.FLAT and terms.in_advance:
        return periods_of(_in_arrears(terms), len(periods.units)).units
    return periods.units


def _in_arrears(terms: ScheduleTerms) -> ScheduleTerms:
    return replace(terms, in_advance=False, first_due_on=None, due_dates=None)


def _level_rule(terms: ScheduleTerms, periods: Periods, loan: Loan) -> LevelRule:
    if terms.level_basis == LevelBasis.ACTUAL_PERIODS:
        numerators, denominator = loan.numerators, loan.denominator
    else:
        rate, rate_unit = terms.annual_rate.as_integer_ratio()
        units, year_units = level_shares(terms, periods)
        numerators, denominator = [rate * unit for unit in units], rate_unit * year_units
    return LevelRule(
        _step_of(terms),
        terms.payment_rounding,
        numerators,
        denominator,
        terms.level_basis == LevelBasis.ACTUAL_PERIODS,
        terms.last_instalment,
        terms.respread_residue,
    )


def _step_of(terms: ScheduleTerms) -> int:
    """Return the payment step in units; an unrounded payment has none."""
    return 1 if terms.rounding == RowRounding.NONE else int(terms.payment_step * 100)


def _rows_of(terms: ScheduleTerms, periods: Periods, loan: Loan) -> Rows:
    method = terms.method
    grace = terms.principal_grace
    if method == Method.EQUAL_INSTALMENT:
        return level_rows(loan, _level_rule(terms, periods, loan), grace)
    if method == Method.EQUAL_PRINCIPAL:
        return equal_principal_rows(loan, grace)
    if method == Method.INTEREST_ONLY_BULLET:
        return interest_only_rows(loan)
    if method == Method.BULLET:
        return bullet_rows(loan)
    if method == Method.FLAT:
        return flat_rows(loan, _step_of(terms), terms.payment_rounding, grace)
    assert terms.amount_per_period is not None
    amount = int(terms.amount_per_period * 100) * (loan.principal // int(terms.principal * 100))
    return fixed_rows(loan, amount, grace, terms.periods is None)


def _in_yuan(terms: ScheduleTerms, periods: Periods, rows: Rows, balances: list[int], fees: list[int]) -> Schedule:
    """Turn whole units into yuan and add them up."""
    principals, interests, payment = rows
    yuan = _yuan_of_units(terms.payment_step) if terms.rounding == RowRounding.NONE else FEN.__mul__
    payments = list(map(add, principals, interests))
    fee_yuan = [FEN * fee for fee in fees] if fees else repeat(ZERO)
    figures = (map(yuan, column) for column in (principals, interests, payments, balances))
    table = map(_new_row, zip(count(1), periods.due_dates, *figures, fee_yuan, strict=False))
    flows: list[float] | list[int] = payments
    if terms.rounding == RowRounding.NONE:
        flows = [unit / 10 ** (_UNROUNDED_PLACES - 2) for unit in payments]
    if fees:
        flows = list(map(add, flows, fees))
    return Schedule(
        yuan(payment),
        tuple(table),
        yuan(sum(interests)),
        yuan(sum(payments)),
        FEN * sum(fees),
        FEN * upfront_fees(terms.fees, terms.principal) if terms.fees else ZERO,
        tuple(flows),
        periods,
    )


def _yuan_of_units(step: Decimal) -> Callable[[int], Decimal]:
    """Return the function that shows an unrounded number to fen, or to the payment step where that is finer."""
    exponent = step.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    shown = Decimal(1).scaleb(min(exponent, -2))
    return lambda unit: Decimal(unit).scaleb(-_UNROUNDED_PLACES, _DISPLAY).quantize(shown, context=_DISPLAY)
