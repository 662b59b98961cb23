"""What it costs to pay a loan back before its time: interest for the days really used (民法典 677), and no more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from core.money import Rounding
from lending.rules.allocation import Component, UnpaidPart
from lending.rules.amounts import charge_fen, round_fen
from lending.rules.periods import share_units, year_units_of
from lending.rules.terms import DayCount


class InterestUntil(StrEnum):
    """How far a settlement pays interest: to its own day, or to the end of the running period if so agreed."""

    DAY = "DAY"
    PERIOD_END = "PERIOD_END"


@dataclass(frozen=True, slots=True)
class SettlementTerms:
    """What the contract says about paying back early; a fee that was not disclosed is not owed."""

    annual_rate: Decimal
    day_count: DayCount
    rounding: Rounding = Rounding.HALF_UP
    interest_until: InterestUntil = InterestUntil.DAY
    fee_rate: Decimal = Decimal(0)
    is_fee_disclosed: bool = False


@dataclass(frozen=True, slots=True)
class RunningPeriod:
    """The period in which the settlement falls: after the last due date (or the payout), up to the next one.

    `principal_fen` is the principal that the period's interest runs on, `interest_fen` what the whole period costs
    (also where it is payable later), `deferred_fen` interest of earlier periods that was put off.
    """

    start_date: date
    due_date: date
    principal_fen: int
    interest_fen: int
    deferred_fen: int = 0


class Waiver(NamedTuple):
    """What a settlement takes off an instalment that is not due: interest not earned and fees not yet due."""

    n: int
    interest_fen: int
    fee_fen: int


class PaidAhead(NamedTuple):
    """Interest of an instalment that is not due, as far as it was paid (or is given back)."""

    n: int
    interest_fen: int


@dataclass(frozen=True, slots=True)
class SettlementQuote:
    """What is owed on one day to end the loan, in fen; `credits` is interest that was paid and is not earned."""

    on: date
    due_fen: dict[Component, int]
    principal_not_due_fen: int
    interest_used_fen: int
    days_used: int
    settlement_fee_fen: int
    waivers: tuple[Waiver, ...]
    credits: tuple[PaidAhead, ...] = ()

    @property
    def credit_fen(self) -> int:
        """Return the interest that is given back, taken off what the borrower pays."""
        return sum(credit.interest_fen for credit in self.credits)

    @property
    def total_fen(self) -> int:
        """Return what the borrower pays."""
        return sum(self.by_component().values())

    @property
    def saved_fen(self) -> int:
        """Return what the borrower saves against paying on to the end, before the settlement fee."""
        return sum(waiver.interest_fen + waiver.fee_fen for waiver in self.waivers) + self.credit_fen

    def by_component(self) -> dict[Component, int]:
        """Return the total by what it is owed for; the settlement fee counts as a fee, a credit as interest below 0."""
        return {
            Component.FEE: self.due_fen[Component.FEE] + self.settlement_fee_fen,
            Component.PENALTY: self.due_fen[Component.PENALTY],
            Component.INTEREST: self.due_fen[Component.INTEREST] + self.interest_used_fen - self.credit_fen,
            Component.PRINCIPAL: self.due_fen[Component.PRINCIPAL] + self.principal_not_due_fen,
        }


def accrue_interest_fen(
    principal_fen: int,
    annual_rate: Decimal,
    day_count: DayCount,
    start: date,
    end: date,
    mode: Rounding | str = Rounding.HALF_UP,
) -> int:
    """Return the simple interest of a stretch of days, the first day not counted and the last one counted.

    10 000 yuan at 2 % for 30 days by actual/365 is 16.43, rounded down.
    """
    units = share_units(day_count, start, end)
    return round_fen(principal_fen * annual_rate * units / year_units_of(day_count), mode)


def use_interest_fen(period: RunningPeriod, terms: SettlementTerms, on: date) -> int:
    """Return the part of a period's interest that is earned on a day; never more than the whole.

    By `30/360` a month costs the same whatever its length, so its days share it equally: after 14 of February's 29
    days, 14/29 of it. By actual days the days used are counted as in the schedule.
    """
    if terms.interest_until is InterestUntil.PERIOD_END or on >= period.due_date:
        return period.interest_fen
    if on <= period.start_date:
        return 0
    if terms.day_count is DayCount.THIRTY_360:
        used_days, all_days = (on - period.start_date).days, (period.due_date - period.start_date).days
        used_fen = round_fen(Decimal(period.interest_fen * used_days) / all_days, terms.rounding)
    else:
        used_fen = accrue_interest_fen(
            period.principal_fen, terms.annual_rate, terms.day_count, period.start_date, on, terms.rounding
        )
    return min(used_fen, period.interest_fen)


def quote_settlement(
    *,
    on: date,
    unpaid: Sequence[UnpaidPart],
    running: RunningPeriod | None,
    terms: SettlementTerms,
    paid_ahead: Sequence[PaidAhead] = (),
) -> SettlementQuote:
    """Quote the full settlement of a loan on a day from all its unpaid parts.

    What is due is paid as it stands, penalties always. Of the rest all principal is paid, interest up to the day, and
    no fees. `paid_ahead` is the interest that was paid of instalments not yet due: it counts, and what the days used
    have not earned of it is given back. `running` is None when every instalment is due. 83.57 yuan at 7 % by 30/360,
    14 days into February 2024, are settled with 83.57 + 0.24; with February's 0.49 paid ahead, with 83.57 - 0.25.
    """
    due_fen = dict.fromkeys(Component, 0)
    future = []
    for part in unpaid:
        if part.due_date <= on or part.component is Component.PENALTY:
            due_fen[part.component] += part.unpaid_fen
        else:
            future.append(part)
    principal_fen = sum(part.unpaid_fen for part in future if part.component is Component.PRINCIPAL)
    interest_fen = 0
    credits: tuple[PaidAhead, ...] = ()
    if running is not None:
        earned_fen = use_interest_fen(running, terms, on) + running.deferred_fen
        future_fen = sum(part.unpaid_fen for part in future if part.component is Component.INTEREST)
        paid_fen = sum(paid.interest_fen for paid in paid_ahead)
        interest_fen = min(max(earned_fen - paid_fen, 0), future_fen)
        credits = tuple(_list_credits(paid_ahead, earned_fen))
    return SettlementQuote(
        on=on,
        due_fen=due_fen,
        principal_not_due_fen=principal_fen,
        interest_used_fen=interest_fen,
        days_used=max((on - running.start_date).days, 0) if running else 0,
        settlement_fee_fen=charge_fen(principal_fen, terms.fee_rate, terms.rounding) if terms.is_fee_disclosed else 0,
        waivers=tuple(_list_waivers(future, interest_fen)),
        credits=credits,
    )


def _list_credits(paid_ahead: Iterable[PaidAhead], earned_fen: int) -> Iterable[PaidAhead]:
    """Give back the paid interest that is not earned, keeping what is earned in the earliest instalments."""
    for paid in sorted(paid_ahead):
        kept_fen = min(paid.interest_fen, earned_fen)
        earned_fen -= kept_fen
        if paid.interest_fen > kept_fen:
            yield PaidAhead(paid.n, paid.interest_fen - kept_fen)


def _list_waivers(future: Iterable[UnpaidPart], earned_fen: int) -> Iterable[Waiver]:
    """Take the interest that is not earned off the instalments, keeping what is earned in the earliest ones."""
    interest: dict[int, int] = {}
    fees: dict[int, int] = {}
    for part in future:
        if part.component is Component.INTEREST:
            interest[part.n] = interest.get(part.n, 0) + part.unpaid_fen
        elif part.component is Component.FEE:
            fees[part.n] = fees.get(part.n, 0) + part.unpaid_fen
    for n in sorted(interest.keys() | fees.keys()):
        kept_fen = min(interest.get(n, 0), earned_fen)
        earned_fen -= kept_fen
        waiver = Waiver(n, interest.get(n, 0) - kept_fen, fees.get(n, 0))
        if waiver.interest_fen or waiver.fee_fen:
            yield waiver
