"""Quotes per second of the pure rules: twelve equal monthly instalments with due dates and annual cost.

The denominator is a bare loop that multiplies and rounds twelve decimals, the least a schedule could do, in the same
run. Every quote has its own amount and rate; payout days repeat as they do in a day's business.
"""

import json
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from time import process_time

from lending.rules.cost import quote
from lending.rules.terms import ScheduleTerms

TARGET = 20_000
QUOTES = 4_000
ROUNDS = 7
FEN = Decimal("0.01")


def inputs() -> list[tuple[Decimal, Decimal, date]]:
    """Return amounts, rates and payout days of a year."""
    first_day = date(2026, 1, 1)
    return [
        (Decimal(1_000 + 37 * k), Decimal(40_000 + 13 * (k % 9_000)).scaleb(-6), first_day + timedelta(days=k % 365))
        for k in range(QUOTES)
    ]


def quote_all(loans: list[tuple[Decimal, Decimal, date]]) -> Decimal:
    """Quote every loan and read every figure of it."""
    seen = Decimal(0)
    for principal, annual_rate, disbursed_on in loans:
        result = quote(
            ScheduleTerms(
                method="equal_instalment",
                principal=principal,
                annual_rate=annual_rate,
                periods=12,
                disbursed_on=disbursed_on,
            )
        )
        for _, due_date, _, _, payment, _, _ in result.rows:
            assert due_date
            seen += payment
        seen += result.total_interest + result.apr_nominal + result.apr_effective
    return seen


def multiply_all(loans: list[tuple[Decimal, Decimal, date]]) -> Decimal:
    """Do twelve multiplications and roundings a loan, nothing else."""
    seen = Decimal(0)
    for principal, annual_rate, _ in loans:
        monthly = annual_rate / 12
        balance = principal
        for _ in range(12):
            interest = (balance * monthly).quantize(FEN, rounding=ROUND_HALF_UP)
            balance -= interest
        seen += balance
    return seen


def per_second(work, loans) -> float:
    """Return loans a second of processor time."""
    started = process_time()
    work(loans)
    return len(loans) / (process_time() - started)


def main() -> None:
    """Print one line of JSON."""
    loans = inputs()
    quote_all(loans)
    pairs = [(per_second(quote_all, loans), per_second(multiply_all, loans)) for _ in range(ROUNDS)]
    value = median(quotes for quotes, _ in pairs)
    ratio = median(quotes / loops for quotes, loops in pairs)
    print(
        json.dumps(
            {
                "bench": "quotes_per_second",
                "value": round(value),
                "denominator": round(median(loops for _, loops in pairs)),
                "denominator_is": "bare loops of 12 Decimal multiply + quantize",
                "ratio": round(ratio, 3),
                "target": TARGET,
                "met": value >= TARGET,
            }
        )
    )


if __name__ == "__main__":
    main()
