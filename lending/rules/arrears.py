"""How late a loan is, which class that is, and what the lateness costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from core.money import Rounding
from lending.rules.amounts import round_fen

Ladder = Sequence[tuple[int, str]]

# Lower bound of the days past due of each step. "M1+" has two meanings in the trade: print the days beside it.
BUCKETS: Ladder = ((0, "M0"), (1, "M1"), (31, "M2"), (61, "M3"), (91, "M4"), (121, "M5"), (151, "M6"), (181, "M7"))
# Floors of 商业银行金融资产风险分类办法 (令〔2023〕第1号): 90 days is still 关注, 91 is 次级.
GRADES: Ladder = ((0, "NORMAL"), (1, "SPECIAL_MENTION"), (91, "SUBSTANDARD"), (271, "DOUBTFUL"), (361, "LOSS"))


def find_oldest_unpaid_due_date(instalments: Iterable[tuple[date, int]], business_date: date) -> date | None:
    """Return the earliest past or present due date with anything unpaid, from pairs of due date and unpaid fen.

    A part payment does not cure: one fen unpaid keeps the date.
    """
    return min((due for due, unpaid_fen in instalments if unpaid_fen > 0 and due <= business_date), default=None)


def count_overdue_fen(instalments: Iterable[tuple[date, int]], business_date: date) -> int:
    """Return what is overdue: unpaid and due before the day. The due date itself ends at 24:00 (民法典 203)."""
    return sum(unpaid_fen for due, unpaid_fen in instalments if due < business_date)


def count_days_past_due(
    business_date: date,
    oldest_unpaid_due_date: date | None,
    *,
    first_day: int = 0,
    grace_days: int = 0,
    pauses: Iterable[tuple[date, date]] = (),
) -> int:
    """Return the days past due; 0 on the due date itself, and 0 with nothing unpaid.

    Other houses count the due date as day one (`first_day=1`), forgive the first days (`grace_days`) or stop the
    clock in agreed pauses (pairs of first and last day; the days from the first to the last do not count). Only the
    part of a pause that lies after the due date stops the clock.
    """
    if oldest_unpaid_due_date is None or business_date < oldest_unpaid_due_date:
        return 0
    paused_days = sum(
        max((min(business_date, end) - max(start, oldest_unpaid_due_date)).days, 0) for start, end in pauses
    )
    days = (business_date - oldest_unpaid_due_date).days + first_day - grace_days - paused_days
    return max(days, 0)


def find_step(days_past_due: int, ladder: Ladder) -> str:
    """Return the step of a ladder of floors that a number of days stands on: 30 days is `M1`, 31 is `M2`."""
    return max((floor, name) for floor, name in ladder if days_past_due >= floor)[1]


def find_bucket(days_past_due: int) -> str:
    """Return the bucket M0 to M7."""
    return find_step(days_past_due, BUCKETS)


def find_grade(days_past_due: int, *, technical_delay_days: int = 0) -> str:
    """Return the five-class grade by the floor of days past due.

    A delay of up to `technical_delay_days` (seven by the rule's own allowance) may stay `NORMAL`.
    """
    return find_step(0 if days_past_due <= technical_delay_days else days_past_due, GRADES)


@dataclass(frozen=True, slots=True)
class PenaltyTerms:
    """What lateness costs by the contract, and the most that it may cost by the cap in force at the contract date."""

    daily_rate: Decimal
    cap_annual_rate: Decimal
    days_in_year: int = 365
    rounding: Rounding = Rounding.HALF_UP


@dataclass(frozen=True, slots=True)
class PenaltyTotals:
    """What one instalment's lateness has come to: overdue principal x days, what was charged and what the cap cut."""

    fen_days: int = 0
    charged_fen: int = 0
    cut_fen: int = 0

    @property
    def is_capped(self) -> bool:
        """Tell whether the cap of 民间借贷解释 art. 29 has cut anything."""
        return self.cut_fen > 0


def add_penalty_days(
    totals: PenaltyTotals,
    overdue_principal_fen: int,
    terms: PenaltyTerms,
    *,
    days: int = 1,
    other_charges_fen: int = 0,
) -> PenaltyTotals:
    """Return the totals after further days with the same overdue principal; today's penalty is the difference.

    Both sides are rounded from the start, not day by day: small debts are charged neither nothing nor a fen each day,
    and k days at once come to the same as k single days. Penalty and `other_charges_fen` (overdue interest and late
    fees so far) stay together under `cap x overdue principal x days / days_in_year`, rounded down (art. 29).
    100 yuan at 0.0002 a day come to 12 fen in six days; under a cap of 0.0365 a year, to 6, and 6 are cut.
    """
    fen_days = totals.fen_days + overdue_principal_fen * days
    agreed = fen_days * terms.daily_rate
    ceiling = fen_days * terms.cap_annual_rate / terms.days_in_year - other_charges_fen
    charged_fen = min(round_fen(agreed, terms.rounding), int(ceiling.to_integral_value(ROUND_FLOOR)))
    cut_fen = round_fen(max(agreed - ceiling, Decimal(0)), terms.rounding)
    return PenaltyTotals(fen_days, max(charged_fen, totals.charged_fen), max(cut_fen, totals.cut_fen))
