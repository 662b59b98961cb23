"""Which schedule terms make sense together."""

from datetime import date
from decimal import Decimal
from operator import attrgetter, contains

from core.money import FEN, ZERO
from lending.rules.periods import MONTHS_BY_UNIT
from lending.rules.terms import (
    ANNUAL_RATE_MAX,
    FEES_MAX,
    PERIODS_MAX,
    PRINCIPAL_MAX,
    RATE_PLACES_MAX,
    TRANCHES_MAX,
    YEARS_MAX,
    DayCount,
    Fee,
    FeeBasis,
    FeeWhen,
    LastInstalment,
    LevelBasis,
    Method,
    PaymentRounding,
    PeriodUnit,
    RowRounding,
    ScheduleTerms,
    Tranche,
    check_count,
    check_date,
    check_flag,
    check_items,
    check_rate,
    check_yuan,
    choose,
    refuse,
)

_STEP_MIN = Decimal(1).scaleb(-RATE_PLACES_MAX)
_CHOICES = (
    ("method", Method),
    ("period_unit", PeriodUnit),
    ("day_count", DayCount),
    ("rounding", RowRounding),
    ("payment_rounding", PaymentRounding),
    ("level_basis", LevelBasis),
    ("last_instalment", LastInstalment),
)
_CHOICE_SETS = tuple(frozenset(kind) for _, kind in _CHOICES)
_read_choices = attrgetter(*(name for name, _ in _CHOICES))
_FLAGS = ("in_advance", "respread_residue", "first_day_counts", "round_tranche_interest_once")
_COUNTS = ("principal_grace", "interest_grace")
_SEQUENCES = ("fees", "tranches")
_SHAPES = (*(bool for _ in _FLAGS), *(int for _ in _COUNTS), *(tuple for _ in _SEQUENCES))
_read_shapes = attrgetter(*_FLAGS, *_COUNTS, *_SEQUENCES)
_FIRST_PERIOD_DAYS_MAX = 3660
_GRACE_METHODS = frozenset({Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.FLAT, Method.FIXED_AMOUNT})
_TRANCHE_METHODS = frozenset({Method.EQUAL_INSTALMENT, Method.INTEREST_ONLY_BULLET, Method.BULLET})
_PERIODS_MAX_BY_UNIT: dict[str, int] = {PeriodUnit.YEAR: YEARS_MAX, PeriodUnit.QUARTER: 4 * YEARS_MAX}


def periods_max(unit: str) -> int:
    """Return the greatest number of periods: six hundred, and no more than a hundred years."""
    return _PERIODS_MAX_BY_UNIT.get(unit, PERIODS_MAX)


def check_terms(terms: ScheduleTerms) -> None:
    """Refuse terms from which no schedule can be computed: InvalidTerms with the field, a code and a sentence."""
    if not _are_choices(terms):
        for name, kind in _CHOICES:
            choose(kind, getattr(terms, name), name)
    if tuple(map(type, _read_shapes(terms))) != _SHAPES:
        _refuse_shape(terms)
    check_yuan(terms.principal, "principal", FEN, PRINCIPAL_MAX)
    check_rate(terms.annual_rate, "annual_rate", ANNUAL_RATE_MAX)
    _check_step(terms)
    _check_dates(terms)
    _check_periods(terms)
    if terms.principal_grace or terms.interest_grace or terms.in_advance:
        _check_grace_and_advance(terms)
    _check_options(terms)
    if terms.fees:
        check_items(terms.fees, "fees", Fee, FEES_MAX, _check_fee)
    if terms.tranches:
        _check_tranches(terms)


def _are_choices(terms: ScheduleTerms) -> bool:
    try:
        return all(map(contains, _CHOICE_SETS, _read_choices(terms)))
    except TypeError:  # something unhashable
        return False


def _refuse_shape(terms: ScheduleTerms) -> None:
    for name in _FLAGS:
        check_flag(getattr(terms, name), name)
    for name in _COUNTS:
        check_count(getattr(terms, name), name, 0, PERIODS_MAX)
    for name in _SEQUENCES:
        check_items(getattr(terms, name), name, object, FEES_MAX, lambda item: None)


def _check_step(terms: ScheduleTerms) -> None:
    step = terms.payment_step
    if step is FEN:
        return
    check_rate(step, "payment_step", PRINCIPAL_MAX)
    if step < _STEP_MIN:
        raise refuse("payment_step", "out_of_range", "must be positive")
    if terms.rounding != RowRounding.NONE and step % FEN:
        raise refuse("payment_step", "inexact", "must be a multiple of 0.01")


def _check_dates(terms: ScheduleTerms) -> None:
    start = check_date(terms.disbursed_on, "disbursed_on")
    if terms.first_due_on is not None:
        first = check_date(terms.first_due_on, "first_due_on")
        if not 0 <= (first - start).days <= _FIRST_PERIOD_DAYS_MAX:
            raise refuse("first_due_on", "out_of_range", "must lie between the payout and ten years after it")
    if terms.due_day is not None:
        check_count(terms.due_day, "due_day", 1, 31)
        if terms.period_unit not in MONTHS_BY_UNIT:
            raise refuse("due_day", "not_for_unit", "is for periods of months only")
    if terms.due_dates is not None:
        _check_due_dates(terms.due_dates, start)


def _check_due_dates(due_dates: object, start: date) -> None:
    if not isinstance(due_dates, tuple) or not 0 < len(due_dates) <= PERIODS_MAX:
        raise refuse("due_dates", "not_a_list", f"must be between 1 and {PERIODS_MAX} dates")
    previous = start
    for day in due_dates:
        if check_date(day, "due_dates") < previous:
            raise refuse("due_dates", "not_in_order", "must follow the payout and one another")
        previous = day


def _check_periods(terms: ScheduleTerms) -> None:
    maximum = periods_max(terms.period_unit)
    dates = len(terms.due_dates) if terms.due_dates is not None else None
    if terms.method == Method.FIXED_AMOUNT:
        check_yuan(terms.amount_per_period, "amount_per_period", FEN, PRINCIPAL_MAX * 100)
        if terms.periods is None:
            return
    elif terms.amount_per_period is not None:
        raise refuse("amount_per_period", "not_for_method", "is for fixed_amount_per_period only")
    periods = check_count(terms.periods, "periods", 1, maximum)
    if dates is not None and dates != periods and not (terms.method == Method.BULLET and dates == 1):
        raise refuse("due_dates", "wrong_number", f"must be {periods} dates")


def _check_grace_and_advance(terms: ScheduleTerms) -> None:
    last_grace = (terms.periods or periods_max(terms.period_unit)) - 1
    check_count(terms.principal_grace, "principal_grace", 0, last_grace)
    check_count(terms.interest_grace, "interest_grace", 0, last_grace)
    if terms.principal_grace and terms.method not in _GRACE_METHODS:
        raise refuse("principal_grace", "not_for_method", f"has no meaning for {terms.method}")
    if terms.interest_grace and terms.method == Method.BULLET:
        raise refuse("interest_grace", "not_for_method", f"has no meaning for {terms.method}")
    if terms.in_advance:
        if terms.method not in _GRACE_METHODS:
            raise refuse("in_advance", "not_for_method", f"has no meaning for {terms.method}")
        if terms.principal_grace or terms.interest_grace:
            raise refuse("in_advance", "not_with_grace", "cannot be combined with a grace period")


def _check_options(terms: ScheduleTerms) -> None:
    if terms.first_day_counts and terms.day_count == DayCount.THIRTY_360:
        raise refuse("first_day_counts", "not_for_day_count", "needs a day count of actual days")
    if terms.last_instalment == LastInstalment.LEVEL and terms.method != Method.EQUAL_INSTALMENT:
        raise refuse("last_instalment", "not_for_method", "can be level for equal instalments only")
    if terms.respread_residue:
        if terms.method != Method.EQUAL_INSTALMENT:
            raise refuse("respread_residue", "not_for_method", "is for equal instalments only")
        if terms.rounding == RowRounding.NONE:
            raise refuse("respread_residue", "nothing_rounded", "has no residue to spread without rounding")


def _check_fee(fee: object) -> None:
    assert isinstance(fee, Fee)
    choose(FeeWhen, fee.when, "fees")
    choose(FeeBasis, fee.basis, "fees")
    choose(RowRounding, fee.rounding, "fees")
    if fee.basis == FeeBasis.FIXED:
        check_yuan(fee.value, "fees", ZERO, PRINCIPAL_MAX)
    else:
        check_rate(fee.value, "fees", Decimal(1))
    if fee.when == FeeWhen.UPFRONT and fee.basis in (FeeBasis.BALANCE_RATE, FeeBasis.INTEREST_RATE):
        raise refuse("fees", "no_base", "an upfront fee is a fixed amount or a rate on the principal")


def _check_tranche(tranche: object) -> None:
    assert isinstance(tranche, Tranche)
    check_date(tranche.paid_out_on, "tranches")
    check_yuan(tranche.amount, "tranches", FEN, PRINCIPAL_MAX)


def _check_tranches(terms: ScheduleTerms) -> None:
    check_items(terms.tranches, "tranches", Tranche, TRANCHES_MAX, _check_tranche)
    if terms.method not in _TRANCHE_METHODS:
        raise refuse("tranches", "not_for_method", f"cannot be combined with {terms.method}")
    if terms.principal_grace or terms.interest_grace or terms.in_advance:
        raise refuse("tranches", "not_with_grace", "cannot be combined with grace or payment in advance")
    if terms.rounding == RowRounding.NONE:
        raise refuse("tranches", "nothing_rounded", "need rows rounded to whole fen")
    if terms.last_instalment == LastInstalment.LEVEL:
        raise refuse("tranches", "not_with_level_last", "leave a residue in the last instalment")
    if sum(tranche.amount for tranche in terms.tranches) != terms.principal:
        raise refuse("tranches", "wrong_sum", "must add up to the principal")
