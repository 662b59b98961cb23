"""Who may borrow or lend how much, for what, at which price and for how long. Every figure is passed in.

A check returns findings; none means that the thing is allowed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from customers.rules.identity import age_on

INVESTOR_TIERS = ("C1", "C2", "C3", "C4", "C5")
RISK_GRADES = ("R1", "R2", "R3", "R4", "R5")
# 办法 art. 10(11) and art. 12: what a loan may not be taken for.
BANNED_PURPOSES = frozenset({"STOCKS", "MARGIN_FUNDING", "FUTURES", "STRUCTURED_PRODUCTS", "DERIVATIVES", "RELENDING"})
# Why a price keeps an approval from an offer: it breaks the cap, or nobody can say it.
PRICE_ABOVE_CAP = "PRICE_ABOVE_CAP"
PRICE_MISSING = "PRICE_MISSING"
# Rates are disclosed and judged to 0.01 %: rounding instalments to whole fen moves an APR below that.
_APR_STEP = Decimal("0.0001")


class Finding(NamedTuple):
    """One rule that is not met, with the figures that say how far."""

    code: str
    limit: Decimal | int | str | date | None = None
    actual: Decimal | int | str | date | None = None


@dataclass(frozen=True, slots=True)
class ExposureCaps:
    """The most that one borrower may owe, in yuan (办法 art. 17: 200 000 and 1 000 000 for a person)."""

    one_platform: Decimal
    all_platforms: Decimal


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a borrower owes or is about to owe, in yuan; other platforms as declared or queried, with a dated record."""

    outstanding: Decimal
    approved_not_paid: Decimal
    raising: Decimal
    other_platforms: Decimal

    @property
    def here(self) -> Decimal:
        """Return what counts against the cap of one platform."""
        return self.outstanding + self.approved_not_paid + self.raising


def check_exposure(exposure: Exposure, new_amount: Decimal, caps: ExposureCaps) -> list[Finding]:
    """Check a further loan against both caps; reaching a cap exactly is allowed.

    With 150 000 outstanding a person may take 50 000.00 more and not 50 000.01.
    """
    here = exposure.here + new_amount
    everywhere = here + exposure.other_platforms
    findings = []
    if here > caps.one_platform:
        findings.append(Finding("exposure_one_platform", caps.one_platform, here))
    if everywhere > caps.all_platforms:
        findings.append(Finding("exposure_all_platforms", caps.all_platforms, everywhere))
    return findings


@dataclass(frozen=True, slots=True)
class Suitability:
    """The outcome of an investor's assessment: tier, last day of validity, and the tier's limits in yuan."""

    tier: str
    valid_until: date
    single_limit: Decimal
    total_limit: Decimal


def is_within_tier(risk_grade: str, tier: str) -> bool:
    """Tell whether a tier takes a risk grade: grades up to its own number. C3 takes R1 to R3."""
    return RISK_GRADES.index(risk_grade) <= INVESTOR_TIERS.index(tier)


def check_suitability(
    suitability: Suitability | None, risk_grade: str, amount: Decimal, total_after: Decimal, on: date
) -> list[Finding]:
    """Check a bid against the investor's assessment (办法 art. 26: no assessment, no service)."""
    if suitability is None:
        return [Finding("assessment_missing")]
    findings = []
    if on > suitability.valid_until:
        findings.append(Finding("assessment_expired", suitability.valid_until, on))
    if not is_within_tier(risk_grade, suitability.tier):
        findings.append(Finding("risk_above_tier", suitability.tier, risk_grade))
    if amount > suitability.single_limit:
        findings.append(Finding("single_limit", suitability.single_limit, amount))
    if total_after > suitability.total_limit:
        findings.append(Finding("total_limit", suitability.total_limit, total_after))
    return findings


@dataclass(frozen=True, slots=True)
class BorrowerFacts:
    """What the gate asks about a natural person who wants to borrow."""

    birth_date: date
    is_full_time_student: bool
    purpose_code: str
    purpose_text: str


def check_borrower(
    facts: BorrowerFacts,
    on: date,
    *,
    min_age: int = 18,
    max_age: int | None = None,
    banned_purposes: Collection[str] = BANNED_PURPOSES,
) -> list[Finding]:
    """Check age, studies and purpose (银监发〔2017〕26号, 整治办函〔2017〕141号, 办法 art. 10(11))."""
    findings = []
    age = age_on(facts.birth_date, on)
    if age < min_age:
        findings.append(Finding("under_age", min_age, age))
    if max_age is not None and age > max_age:
        findings.append(Finding("over_age", max_age, age))
    if facts.is_full_time_student:
        findings.append(Finding("student"))
    if not facts.purpose_code or not facts.purpose_text.strip():
        findings.append(Finding("purpose_missing"))
    if facts.purpose_code in banned_purposes:
        findings.append(Finding("purpose_banned", None, facts.purpose_code))
    return findings


class PriceVerdict(NamedTuple):
    """Whether a price is lawful (`stop` is None), and whether it must be looked at (`warning`)."""

    stop: Finding | None
    warning: Finding | None


def judge_price(apr_nominal: Decimal, apr_effective: Decimal, cap: Decimal) -> PriceVerdict:
    """Judge the all-in price against the cap of the contract date (4 x LPR, 民间借贷解释 art. 25).

    The law does not say which rate it means: the nominal one (monthly IRR x 12) stops, the effective one warns. Rates
    are compared to 0.01 %. At a cap of 12 %, 12.00 nominal and 12.68 effective pass with a warning.
    """
    nominal = apr_nominal.quantize(_APR_STEP, ROUND_HALF_UP)
    effective = apr_effective.quantize(_APR_STEP, ROUND_HALF_UP)
    stop = Finding("price_above_cap", cap, nominal) if nominal > cap else None
    warning = Finding("effective_price_above_cap", cap, effective) if effective > cap else None
    return PriceVerdict(stop, warning)
