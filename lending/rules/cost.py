"""What a loan costs a year: the internal rate of its cash flow, fees included."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyxirr

from lending.rules.periods import MONTHS_BY_UNIT, nominal_units
from lending.rules.schedule import Row, Schedule, build_schedule
from lending.rules.terms import InvalidTerms, ScheduleTerms, refuse

_MICRO = Decimal("0.000001")
_ZERO_RATE = Decimal("0.000000")
_SHOWN_MAX = 1e15
_ROUNDS_MAX = 200
_NEWTON_TOLERANCE = 1e-8
_BRACKET_TOLERANCE = 1e-15

ValueAndSlope = Callable[[float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Quote:
    """A schedule with its cost.

    `total_interest` and `total_payment` are without fees, `total_fees` are all fees, `payout` is the principal
    (fees are never deducted from it), `apr_nominal` the internal rate a period times the periods of a year,
    `apr_effective` the same compounded.
    """

    payment: Decimal
    last_payment: Decimal
    total_interest: Decimal
    total_payment: Decimal
    total_fees: Decimal
    total_cost: Decimal
    payout: Decimal
    apr_nominal: Decimal
    apr_effective: Decimal
    rows: tuple[Row, ...]


def quote(terms: ScheduleTerms) -> Quote:
    """Compute the schedule of a loan and what it costs a year.

    Raises InvalidTerms. 10 000 at 12 % in twelve equal monthly instalments costs 12.00 % nominal, 12.68 % effective.
    """
    schedule = build_schedule(terms)
    nominal, effective = annual_cost(terms, schedule)
    fees = schedule.total_fees + schedule.upfront_fees
    return Quote(
        schedule.payment,
        schedule.rows[-1].payment,
        schedule.total_interest,
        schedule.total_payment,
        fees,
        schedule.total_interest + fees,
        terms.principal,
        nominal,
        effective,
        schedule.rows,
    )


def annual_cost(terms: ScheduleTerms, schedule: Schedule) -> tuple[Decimal, Decimal]:
    """Return the nominal and the effective annual rate of a schedule, fees included, to six places.

    The borrower has what was paid out less the upfront fees; time is counted in nominal periods, so that a due date
    moved off a rest day changes nothing. Raises InvalidTerms when the cost cannot be shown as a rate.
    """
    periods = schedule.periods
    per_year = periods.per_year
    guess = float(terms.annual_rate) / per_year
    net = float((terms.principal - schedule.upfront_fees) * 100)
    rate: float | None
    if terms.tranches:
        rate = _rate_with_tranches(terms, schedule, guess)
    elif periods.is_regular:
        flows: Sequence[float] = schedule.flows
        if terms.in_advance:
            net, flows = net - flows[0], flows[1:]
        rate = _regular_rate(net, flows, guess)
    else:
        rate = _timed_rate([(0.0, -net), *zip(periods.times, schedule.flows, strict=False)], guess)
    if rate is None or rate > _SHOWN_MAX:
        raise _cost_too_high(terms)
    try:
        effective = (1 + rate) ** per_year - 1
    except OverflowError:
        raise _cost_too_high(terms) from None
    if effective > _SHOWN_MAX:
        raise _cost_too_high(terms)
    if rate == 0:
        return _ZERO_RATE, _ZERO_RATE
    return _MICRO * round(rate * per_year * 1e6), _MICRO * round(effective * 1e6)


def internal_rate(values: Sequence[Decimal | float]) -> float | None:
    """Return the rate a period that makes evenly spaced values worth nothing, if there is one."""
    return pyxirr.irr([float(value) for value in values], silent=True)


def present_value(rate: Decimal | float, values: Sequence[Decimal | float]) -> float:
    """Return what evenly spaced values are worth now; the first one is not discounted."""
    growth = 1 + float(rate)
    return sum(float(value) / growth**k for k, value in enumerate(values))


def dated_rate(days: Sequence[date], values: Sequence[Decimal | float]) -> float | None:
    """Return the effective annual rate of dated values by actual/365, as XIRR does, if there is one."""
    return pyxirr.xirr(list(days), [float(value) for value in values], silent=True)


def unit_period_rate(
    advances: Sequence[tuple[int, Decimal, Decimal]], payments: Sequence[tuple[int, Decimal, Decimal]]
) -> float | None:
    """Return the rate a unit period by the actuarial method: amounts after `t` whole periods and a fraction `f`.

    Each amount is worth amount / ((1 + f i)(1 + i)^t) (12 CFR 1026 appendix J). 5 000 repaid by 24 monthly 230 costs
    9.69 % a year, i.e. 0.807 % a month.
    """
    signed = [(t, float(f), -float(amount)) for t, f, amount in advances]
    signed += [(t, float(f), float(amount)) for t, f, amount in payments]

    def worth(discount: float) -> tuple[float, float]:
        rate = 1 / discount - 1
        value = slope = 0.0
        for whole, fraction, amount in signed:
            odd = 1 + fraction * rate
            term = amount * discount**whole / odd
            value += term
            slope += term * (whole / discount + fraction / (odd * discount * discount))
        return value, slope

    if sum(amount for _, _, amount in signed) < 0:
        return None
    discount = _solve(worth, 0.99)
    return None if discount is None else 1 / discount - 1


def _cost_too_high(terms: ScheduleTerms) -> InvalidTerms:
    field = "fees" if terms.fees else "principal"
    return refuse(field, "cost_too_high", "leave a cost too high to be shown as an annual rate")


def _regular_rate(net: float, flows: Sequence[float], guess: float) -> float | None:
    """Return the rate a period at which flows after 1, 2, 3 … periods are worth `net`."""
    total = sum(flows)
    if net <= 0:
        return 0.0 if net == total == 0 else None
    if total - net <= 1e-9 * net:
        return 0.0
    backwards = flows[::-1]

    def worth(discount: float) -> tuple[float, float]:
        value = slope = 0.0
        for flow in backwards:
            slope = slope * discount + value
            value = value * discount + flow
        return value * discount - net, value + slope * discount

    discount = _solve(worth, 1 / (1 + guess))
    return None if discount is None else 1 / discount - 1


def _timed_rate(flows: Sequence[tuple[float, float]], guess: float) -> float | None:
    """Return the rate a period of flows at any times, the first of them what the borrower gets."""
    at_once = sum(amount for time, amount in flows if time <= 0)
    later = [(time, amount) for time, amount in flows if time > 0]
    total = at_once + sum(amount for _, amount in later)
    if at_once >= 0:
        return 0.0 if total == at_once == 0 else None
    if total <= -1e-9 * at_once:
        return 0.0

    def worth(discount: float) -> tuple[float, float]:
        value, slope = at_once, 0.0
        for time, amount in later:
            term = amount * discount**time
            value += term
            slope += term * time / discount
        return value, slope

    discount = _solve(worth, 1 / (1 + guess))
    return None if discount is None else 1 / discount - 1


def _rate_with_tranches(terms: ScheduleTerms, schedule: Schedule, guess: float) -> float | None:
    """Return the rate of a loan in tranches: each is placed in its period by its share of a nominal one."""
    first = min(tranche.paid_out_on for tranche in terms.tranches)
    days = nominal_units(terms.period_unit) * (365 / 360 if terms.period_unit in MONTHS_BY_UNIT else 1)
    events: list[tuple[float, float]] = []
    for tranche in terms.tranches:
        events.append(((tranche.paid_out_on - first).days / days, -float(tranche.amount * 100)))
    for due_date, flow in zip(schedule.periods.due_dates, schedule.flows, strict=False):
        events.append(((due_date - first).days / days, float(flow)))
    events.append((0.0, float(schedule.upfront_fees * 100)))
    return _timed_rate(events, guess)


def _solve(worth: ValueAndSlope, guess: float) -> float | None:
    """Return the discount factor between 0 and 1 at which a rising worth is zero: Newton inside a bracket."""
    low, high = 0.0, 1.0
    discount = guess if 0 < guess < 1 else 0.999
    for _ in range(_ROUNDS_MAX):
        value, slope = worth(discount)
        if value > 0:
            high = discount
        else:
            low = discount
        following = discount - value / slope if slope > 0 else low
        # Newton doubles the right digits, so that a step of 1e-8 leaves an error of about 1e-16.
        tolerance = _NEWTON_TOLERANCE
        if not low < following < high:
            following = (low + high) / 2
            tolerance = _BRACKET_TOLERANCE
        if abs(following - discount) <= tolerance * discount:
            return following or None
        discount = following
    return discount if discount > 0 else None
