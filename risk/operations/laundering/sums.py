"""Sums of money by day and window: whoever is large or splits gets a case."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from core import parameters
from core.outbox import system_user
from risk.operations.laundering.cases import open_case
from risk.queries.laundering import CustomerSums, list_sums
from risk.rules.laundering import AmountLimits, judge_sums

STEP: Final = "risk.laundering"
STEP_ORDER: Final = 715


def watch_money(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Run as a step of the close: open a case for each customer whose day is large or split."""
    return open_sum_cases(business_date=business_date, now=now)


@transaction.atomic
def open_sum_cases(*, business_date: date, now: datetime) -> int:
    """Judge the sums of a business date; return how many cases were opened. Run twice it opens nothing more."""
    window_days = parameters.get_int("risk.aml_window_days", on=business_date)
    limits = AmountLimits(
        parameters.get_decimal("risk.aml_daily_transfer", on=business_date),
        parameters.get_decimal("risk.aml_split_share", on=business_date),
        parameters.get_int("risk.aml_split_count", on=business_date),
    )
    opened = 0
    for sums in list_sums(business_date=business_date, window_days=window_days, least=limits.daily):
        kind = judge_sums(sums.today, sums.window, limits)
        if not kind:
            continue
        key = f"sum:{sums.customer_id}:{sums.direction}:{kind}:{business_date}"
        case = open_case(
            customer_id=sums.customer_id,
            kind=kind,
            key=key,
            amount=sum((day.amount for day in sums.window), Decimal(0)) if kind == "SPLIT" else sums.today.amount,
            evidence=_evidence(sums),
            actor=system_user(),
            business_date=business_date,
            now=now,
        )
        opened += case is not None
    return opened


def _evidence(sums: CustomerSums) -> list[dict[str, Any]]:
    return [
        {"date": day.isoformat(), "direction": sums.direction, "amount": str(total.amount), "count": total.count}
        for day, total in zip(sums.dates, sums.window, strict=True)
    ]
