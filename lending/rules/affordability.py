"""Whether an income carries a loan. Amounts are yuan a month."""

from decimal import ROUND_HALF_UP, Decimal

_RATIO_STEP = Decimal("0.000001")
_FEN = Decimal("0.01")


def debt_to_income(monthly_debt: Decimal, instalment: Decimal, monthly_income: Decimal) -> Decimal | None:
    """Return what debts and the new instalment take of the income; None without an income.

    3000.00 of debts and 888.49 more of 12 000.00 are 0.324041.
    """
    if monthly_income <= 0:
        return None
    return ((monthly_debt + instalment) / monthly_income).quantize(_RATIO_STEP, ROUND_HALF_UP)
