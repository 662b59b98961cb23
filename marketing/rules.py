"""The arithmetic of an interest subsidy: what a coupon may cost, and what one payment earns.

A borrower pays the interest of his contract; of what he has paid on time the platform pays back the share by which the
coupon lowers the rate. 100.00 yuan of interest at 12 % a year with a discount of 3 points earn 25.00 yuan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Final

from core.money import FEN, ZERO
from lending.rules.periods import add_months

# Why a coupon cannot be used, in the order in which the reasons are told.
NOT_HIS_STATE: Final = "COUPON_NOT_OPEN"
EXPIRED: Final = "COUPON_EXPIRED"
OFFER_NOT_OPEN: Final = "OFFER_NOT_OPEN"
NO_OPEN_OFFER: Final = "NO_OPEN_OFFER"
HAS_COUPON: Final = "HAS_COUPON"
WRONG_PRODUCT: Final = "WRONG_PRODUCT"
NOT_FIRST_DEAL: Final = "NOT_FIRST_DEAL"
NOTHING_TO_SAVE: Final = "NOTHING_TO_SAVE"
BUDGET_USED_UP: Final = "BUDGET_USED_UP"


@dataclass(frozen=True, slots=True)
class InterestPart:
    """Interest of one instalment; `nominal_date` is its due date before the shift to a working day."""

    interest: Decimal
    nominal_date: date


@dataclass(frozen=True, slots=True)
class PaidInterest:
    """What of an instalment's interest was paid by its due date, less what was given back; `is_whole`: all there is."""

    instalment_id: int
    on_time: Decimal
    nominal_date: date
    due_date: date
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Earned:
    """The subsidy of one instalment and the interest that counted."""

    instalment_id: int
    interest: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SubsidyTerms:
    """By how much a coupon lowers which rate, for interest that falls due up to `covered_until` (None: all of it)."""

    discount_rate: Decimal
    annual_rate: Decimal
    covered_until: date | None


@dataclass(frozen=True, slots=True)
class CouponFacts:
    """What decides whether a coupon can be used for an application."""

    is_open: bool
    is_expired: bool
    is_offer_open: bool
    has_open_offer: bool
    has_coupon: bool
    is_product_allowed: bool
    is_first_deal: bool
    first_deal_only: bool
    saving: Decimal
    budget_left: Decimal


def find_last_covered(start: date, months: int | None) -> date | None:
    """Return the last due date that a coupon covers: 2026-01-31 and 1 month is 2026-02-28; None covers all."""
    return None if months is None else add_months(start, months, start.day)


def subsidise(interest: Decimal, terms: SubsidyTerms) -> Decimal:
    """Return the discounted part of some interest, rounded down to the fen; never more than the interest itself."""
    if interest <= 0 or terms.annual_rate <= 0:
        return ZERO
    discount = min(terms.discount_rate, terms.annual_rate)
    return (interest * discount / terms.annual_rate).quantize(FEN, rounding=ROUND_DOWN)


def plan_subsidy(parts: Sequence[InterestPart], terms: SubsidyTerms, *, most: Decimal) -> Decimal:
    """Return what a loan repaid on time can earn at most: what is set aside for it.

    Reckoned on the whole, so that no way to divide the payments, each rounded down, earns more.
    """
    covered = sum((part.interest for part in parts if _is_covered(part.nominal_date, terms)), ZERO)
    return min(subsidise(covered, terms), most)


def earn_subsidies(
    rows: Sequence[PaidInterest], terms: SubsidyTerms, *, today: date, is_over: bool, left: Decimal
) -> list[Earned]:
    """Return what instalments earn that nothing was paid for yet; those that can still change earn nothing yet.

    What is paid ahead may be given back by an early settlement, so that an instalment earns on its due date or, when the
    loan is over before, what was kept of it: never a fen on interest that the borrower did not pay in the end.
    """
    earned = []
    for row in rows:
        if not (_is_covered(row.nominal_date, terms) and _is_final(row, today, is_over=is_over)):
            continue
        amount = min(subsidise(row.on_time, terms), left)
        if amount > 0:
            earned.append(Earned(row.instalment_id, row.on_time, amount))
            left -= amount
    return earned


def can_earn_more(rows: Sequence[PaidInterest], terms: SubsidyTerms, *, today: date, is_over: bool) -> bool:
    """Tell whether any covered instalment can still earn something."""
    return any(_is_covered(row.nominal_date, terms) and not _is_final(row, today, is_over=is_over) for row in rows)


def _is_covered(nominal_date: date, terms: SubsidyTerms) -> bool:
    return terms.covered_until is None or nominal_date <= terms.covered_until


def _is_final(row: PaidInterest, today: date, *, is_over: bool) -> bool:
    return is_over or row.due_date < today or (row.due_date == today and row.is_whole)


def list_refusals(facts: CouponFacts) -> list[str]:
    """Return every reason why a coupon cannot be used for an application; none when it can."""
    judged = {
        NOT_HIS_STATE: not facts.is_open,
        EXPIRED: facts.is_expired,
        OFFER_NOT_OPEN: not facts.is_offer_open,
        NO_OPEN_OFFER: not facts.has_open_offer,
        HAS_COUPON: facts.has_coupon,
        WRONG_PRODUCT: not facts.is_product_allowed,
        NOT_FIRST_DEAL: facts.first_deal_only and not facts.is_first_deal,
        NOTHING_TO_SAVE: facts.has_open_offer and facts.saving <= 0,
        BUDGET_USED_UP: facts.saving > facts.budget_left,
    }
    return [code for code, stops in judged.items() if stops]
