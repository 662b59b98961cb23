"""What a loan costs a year: the internal rate of its cash flow, fees included."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate
from math import inf

import pyxirr

from lending.rules.periods import MONTHS_BY_UNIT, nominal_units
from lending.rules.schedule import Row, Schedule, build_schedule
from lending.rules.terms import ScheduleTerms, refuse

_MICRO = Decimal("0.000001")
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
    `apr_effective` the same compounded over a year.
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

    The borrower has what was paid out less the upfront fees. Nominal is the rate that, charged for each period's true
    length, repays him: with no fees the contract's own. A due date of 30/360 moved off a rest day changes nothing.
    Raises InvalidTerms when the cost cannot be shown as a rate.
    """
    net = float((terms.principal - schedule.upfront_fees) * 100)
    flows: Sequence[float] = schedule.flows
    years = schedule.periods.years
    guess = float(terms.annual_rate)
    try:
        if terms.tranches:
            rates = _tranche_rates(terms, schedule)
        else:
            while flows and years[0] == 0:
                net, flows, years = net - flows[0], flows[1:], years[1:]
            is_even = years.count(years[0]) == len(years) if flows else False
            rates = _even_rates(net, flows, years[0], guess) if is_even else _uneven_rates(net, flows, years, guess)
    except OverflowError:
        rates = None
    if rates is None or max(rates) > _SHOWN_MAX:
        field = "fees" if terms.fees else "principal"
        raise refuse(field, "cost_too_high", "leave a cost too high to be shown as an annual rate")
    nominal, effective = rates
    return _MICRO * round(nominal * 1e6), _MICRO * round(effective * 1e6)


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
    return 1 / _solve(worth, 0.99) - 1


def _trivial_rate(net: float, flows: Sequence[float]) -> float | None:
    """Return zero where nothing is paid beyond what was had, infinity where nothing was had, else nothing."""
    total = sum(flows)
    if net <= 0:
        return 0.0 if net == total == 0 else inf
    return 0.0 if total - net <= 1e-9 * net else None


def _even_rates(net: float, flows: Sequence[float], length: float, guess: float) -> tuple[float, float]:
    """Return the annual rates at which flows after 1, 2, 3 … periods of one length are worth `net`."""
    trivial = _trivial_rate(net, flows)
    if trivial is not None:
        return trivial, trivial
    backwards = flows[::-1]

    def worth(discount: float) -> tuple[float, float]:
        value = slope = 0.0
        for flow in backwards:
            slope = slope * discount + value
            value = value * discount + flow
        return value * discount - net, value + slope * discount

    rate = 1 / _solve(worth, 1 / (1 + guess * length)) - 1
    return rate / length, (1 + rate) ** (1 / length) - 1


def _uneven_rates(net: float, flows: Sequence[float], years: Sequence[float], guess: float) -> tuple[float, float]:
    """Return the annual rates at which flows at the ends of periods of different lengths are worth `net`."""
    trivial = _trivial_rate(net, flows)
    if trivial is not None:
        return trivial, trivial
    timed = list(zip(flows, years, strict=False))

    def simple_worth(discount: float) -> tuple[float, float]:
        rate = 1 / discount - 1
        value = slope = sensitivity = 0.0
        factor = 1.0
        for flow, length in timed:
            growth = 1 + rate * length
            factor /= growth
            sensitivity += length / growth
            value += flow * factor
            slope += flow * factor * sensitivity
        return value - net, slope / (discount * discount)

    nominal = 1 / _solve(simple_worth, 1 / (1 + guess)) - 1
    due = list(zip(accumulate(years), flows, strict=False))
    return nominal, _compound_rate([(0.0, -net), *due], nominal)


def _compound_rate(flows: Sequence[tuple[float, float]], guess: float) -> float:
    """Return the effective annual rate of amounts after so many years."""

    def worth(discount: float) -> tuple[float, float]:
        value = slope = 0.0
        for time, amount in flows:
            term = amount * discount**time
            value += term
            slope += term * time / discount
        return value, slope

    return 1 / _solve(worth, 1 / (1 + guess)) - 1


def _tranche_rates(terms: ScheduleTerms, schedule: Schedule) -> tuple[float, float]:
    """Return the annual rates of a loan in tranches, by real days of a 365-day year."""
    first = min(tranche.paid_out_on for tranche in terms.tranches)
    events = [((part.paid_out_on - first).days / 365, -float(part.amount * 100)) for part in terms.tranches]
    dues = zip(schedule.periods.due_dates, schedule.flows, strict=False)
    events += [((due_date - first).days / 365, float(flow)) for due_date, flow in dues]
    events.append((0.0, float(schedule.upfront_fees * 100)))
    trivial = _trivial_rate(float((terms.principal - schedule.upfront_fees) * 100), schedule.flows)
    if trivial is not None:
        return trivial, trivial
    effective = _compound_rate(events, float(terms.annual_rate))
    length = nominal_units(terms.period_unit) / (360 if terms.period_unit in MONTHS_BY_UNIT else 365)
    return ((1 + effective) ** length - 1) / length, effective


def _solve(worth: ValueAndSlope, guess: float) -> float:
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
            return following
        discount = following
    return discount
