"""Fees beside interest, in whole fen: upfront and with the instalments."""

from collections.abc import Sequence
from decimal import Decimal

from lending.rules.level import round_ratio
from lending.rules.terms import Fee, FeeBasis, FeeWhen


def _charge(fee: Fee, base: int, units_per_fen: int) -> int:
    """Return one charge in fen; `base` is in units of which `units_per_fen` make a fen."""
    if fee.basis == FeeBasis.FIXED:
        return int(fee.value * 100)
    numerator, denominator = fee.value.as_integer_ratio()
    return round_ratio(base * numerator, denominator * units_per_fen, fee.rounding)


def upfront_fees(fees: Sequence[Fee], principal: Decimal) -> int:
    """Return what is charged at the payout, in fen: 1.5 % of 10 000.00 yuan is 15 000."""
    principal_fen = int(principal * 100)
    return sum(_charge(fee, principal_fen, 1) for fee in fees if fee.when == FeeWhen.UPFRONT)


def period_fees(
    fees: Sequence[Fee], principal: int, openings: Sequence[int], interests: Sequence[int], units_per_fen: int
) -> list[int]:
    """Return each period's fees in fen, from its opening balance and its interest."""
    count = len(interests)
    charged = [0] * count
    for fee in fees:
        if fee.when == FeeWhen.UPFRONT:
            continue
        if fee.when == FeeWhen.FIRST_PERIOD:
            rows = range(1)
        elif fee.when == FeeWhen.LAST_PERIOD:
            rows = range(count - 1, count)
        else:
            rows = range(count)
        for row in rows:
            if fee.basis == FeeBasis.BALANCE_RATE:
                base = openings[row]
            elif fee.basis == FeeBasis.INTEREST_RATE:
                base = interests[row]
            else:
                base = principal
            charged[row] += _charge(fee, base, units_per_fen)
    return charged
