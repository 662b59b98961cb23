"""What a repayment schedule is computed from, and the refusal of what makes no sense."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.money import FEN

PERIODS_MAX = 600
PRINCIPAL_MAX = Decimal(10) ** 11
ANNUAL_RATE_MAX = Decimal(10)
RATE_PLACES_MAX = 12
TRANCHES_MAX = 50
FEES_MAX = 20
YEARS_MAX = 100
FIRST_YEAR, LAST_YEAR = 1900, 2899

_RATE_UNITS = Decimal(10) ** RATE_PLACES_MAX


class Method(StrEnum):
    """How principal and interest are spread over the periods."""

    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY_BULLET = "interest_only_bullet"
    BULLET = "bullet"
    FLAT = "flat"
    FIXED_AMOUNT = "fixed_amount_per_period"


class PeriodUnit(StrEnum):
    """The length of one period."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    WEEK = "week"
    TWO_WEEKS = "two_weeks"
    FOUR_WEEKS = "four_weeks"
    FIFTEEN_DAYS = "15_days"
    THIRTY_DAYS = "30_days"


class DayCount(StrEnum):
    """How a period's share of the year is counted.

    `actual/actual` gives each day to the year in which it ends (the first day is not counted, the last one is);
    `actual/actual_isda` gives it to the year in which it begins.
    """

    THIRTY_360 = "30/360"
    ACTUAL_365 = "actual/365"
    ACTUAL_360 = "actual/360"
    ACTUAL_364 = "actual/364"
    ACTUAL_ACTUAL = "actual/actual"
    ACTUAL_ACTUAL_ISDA = "actual/actual_isda"


class RowRounding(StrEnum):
    """How each row's interest is rounded to whole fen; `NONE` computes exactly and rounds for display only."""

    HALF_UP = "HALF_UP"
    HALF_EVEN = "HALF_EVEN"
    DOWN = "DOWN"
    UP = "UP"
    NONE = "NONE"


class PaymentRounding(StrEnum):
    """How the level instalment is brought to a multiple of the payment step.

    `up` is the next multiple above the exact annuity; where the rows themselves are rounded to one side (`DOWN`,
    `UP`) it is solved on the posted rows, like `last_not_higher`: the least multiple whose last instalment is not
    higher than the others.
    """

    NEAREST = "nearest"
    UP = "up"
    DOWN = "down"
    LAST_NOT_HIGHER = "last_not_higher"


class LevelBasis(StrEnum):
    """From which period lengths the level instalment is computed; interest always follows the day count."""

    ACTUAL_PERIODS = "actual_periods"
    EQUAL_PERIODS = "equal_periods"
    THIRTY_DAY_MONTHS = "thirty_day_months"


class LastInstalment(StrEnum):
    """Where the residue of rounding goes.

    `ABSORBS`: the last payment differs. `LEVEL`: the last payment equals the others, its interest takes the residue.
    """

    ABSORBS = "ABSORBS"
    LEVEL = "LEVEL"


class FeeWhen(StrEnum):
    """When a fee falls due."""

    UPFRONT = "UPFRONT"
    FIRST_PERIOD = "FIRST_PERIOD"
    PER_PERIOD = "PER_PERIOD"
    LAST_PERIOD = "LAST_PERIOD"


class FeeBasis(StrEnum):
    """What a fee is taken of: nothing (a fixed amount), the whole principal, the opening balance, the interest."""

    FIXED = "FIXED"
    PRINCIPAL_RATE = "PRINCIPAL_RATE"
    BALANCE_RATE = "BALANCE_RATE"
    INTEREST_RATE = "INTEREST_RATE"


class InvalidTerms(ValueError):
    """Terms from which no schedule can be computed: the field, a stable code and an English sentence."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Fee:
    """One charge beside interest; `value` is yuan for `FIXED`, a fraction otherwise (0.01 is one per cent)."""

    value: Decimal
    when: str = FeeWhen.UPFRONT
    basis: str = FeeBasis.FIXED
    rounding: str = RowRounding.HALF_UP


@dataclass(frozen=True, slots=True)
class Tranche:
    """One payout of a principal that is paid out in parts."""

    paid_out_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTerms:
    """Everything a schedule depends on; a choice is given as its member or as the member's value.

    `annual_rate` is a fraction (0.12). `first_due_on` may make the first period irregular; `due_day` keeps the
    anchor day when the first due date was clamped to a month's end. `due_dates` are explicit dates after a
    working-day shift. `periods` may be left out for `fixed_amount_per_period` only. `respread_residue` levels a
    residue that exceeds half a fen a period over all instalments. `first_day_counts` charges the day of payout too.
    """

    method: str
    principal: Decimal
    annual_rate: Decimal
    disbursed_on: date
    periods: int | None = None
    period_unit: str = PeriodUnit.MONTH
    day_count: str = DayCount.THIRTY_360
    rounding: str = RowRounding.HALF_UP
    payment_step: Decimal = FEN
    payment_rounding: str = PaymentRounding.NEAREST
    level_basis: str = LevelBasis.ACTUAL_PERIODS
    last_instalment: str = LastInstalment.ABSORBS
    respread_residue: bool = False
    first_due_on: date | None = None
    due_day: int | None = None
    due_dates: tuple[date, ...] | None = None
    principal_grace: int = 0
    interest_grace: int = 0
    in_advance: bool = False
    first_day_counts: bool = False
    amount_per_period: Decimal | None = None
    fees: tuple[Fee, ...] = ()
    tranches: tuple[Tranche, ...] = ()
    round_tranche_interest_once: bool = False


def refuse(field: str, code: str, message: str) -> InvalidTerms:
    """Build the refusal of one field."""
    return InvalidTerms(field, code, message)


def choose(kind: type[StrEnum], value: object, field: str) -> None:
    """Refuse a field whose value is none of a choice's."""
    allowed = list(kind)
    if value not in allowed:
        raise refuse(field, "not_a_choice", f"must be one of {', '.join(allowed)}")


def _check_decimal(value: object, field: str) -> Decimal:
    if type(value) is int:
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise refuse(field, "not_a_number", "must be a finite decimal number")
    return value


def check_yuan(value: object, field: str, minimum: Decimal, maximum: Decimal) -> Decimal:
    """Return an amount between two bounds with at most two places, or refuse it."""
    amount = _check_decimal(value, field)
    if not minimum <= amount <= maximum:
        raise refuse(field, "out_of_range", f"must be between {minimum} and {maximum}")
    if amount != amount.quantize(FEN):
        raise refuse(field, "inexact", "must not have more than two decimal places")
    return amount


def check_rate(value: object, field: str, maximum: Decimal) -> Decimal:
    """Return a fraction between zero and a maximum with at most twelve places, or refuse it."""
    rate = _check_decimal(value, field)
    if not 0 <= rate <= maximum:
        raise refuse(field, "out_of_range", f"must be between 0 and {maximum}")
    if rate * _RATE_UNITS % 1:
        raise refuse(field, "inexact", f"must not have more than {RATE_PLACES_MAX} decimal places")
    return rate


def check_count(value: object, field: str, minimum: int, maximum: int) -> int:
    """Return a whole number between two bounds, or refuse it."""
    if type(value) is not int or not minimum <= value <= maximum:
        raise refuse(field, "out_of_range", f"must be a whole number between {minimum} and {maximum}")
    return value


def check_date(value: object, field: str) -> date:
    """Return a plain date of a century we can compute in, or refuse it."""
    if type(value) is not date:
        raise refuse(field, "not_a_date", "must be a date")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise refuse(field, "out_of_range", f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return value


def check_flag(value: object, field: str) -> bool:
    """Return a truth value, or refuse it."""
    if type(value) is not bool:
        raise refuse(field, "not_a_flag", "must be true or false")
    return value


def check_items(value: object, field: str, kind: type, maximum: int, check: Callable[[object], None]) -> None:
    """Check a short tuple of records of one kind, one by one."""
    if not isinstance(value, tuple) or len(value) > maximum or not all(isinstance(item, kind) for item in value):
        raise refuse(field, "not_a_list", f"must be at most {maximum} entries of the right shape")
    for item in value:
        check(item)
