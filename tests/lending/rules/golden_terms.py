"""The published cases of tests/golden/schedules.json as schedule terms.

Each case states its convention in prose; `CONVENTIONS` says the same in the engine's words. Nothing here is computed
from an expected figure.
"""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from lending.rules.terms import Fee, FeeBasis, FeeWhen, ScheduleTerms, Tranche

GOLDEN = Path(__file__).parents[2] / "golden" / "schedules.json"
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in json.loads(GOLDEN.read_text(encoding="utf-8"))}

METHODS = {
    "equal_instalment_with_grace": "equal_instalment",
    "equal_instalment_multi_tranche": "equal_instalment",
    "equal_instalment_in_advance": "equal_instalment",
}
# Fineract's cumulative engine: instalments to the whole unit, ties to even.
FINERACT = {"rounding": "HALF_EVEN", "payment_step": Decimal(1)}
# Fineract's progressive engine: ties to even, residue spread again.
PROGRESSIVE = {"rounding": "HALF_EVEN", "respread_residue": True, "disbursed_on": date(2024, 1, 1)}
# Frappe: the instalment is always rounded up to the whole unit.
FRAPPE = {"payment_step": Decimal(1), "payment_rounding": "up"}
# Spreadsheet functions and their like: nothing is rounded but what is shown.
UNROUNDED = {"rounding": "NONE"}
# TTSD: whole fen always rounded down, the day of the payout counts, lenders earn from the day they invested.
TTSD = {
    "rounding": "DOWN",
    "period_unit": "30_days",
    "day_count": "actual/365",
    "first_day_counts": True,
    "round_tranche_interest_once": True,
    "disbursed_on": date(2015, 2, 1),
}
FSP_MONTHLY = {"day_count": "actual/365", "disbursed_on": date(2023, 12, 7)}
FSP_BIWEEKLY = {
    "day_count": "actual/365",
    "period_unit": "two_weeks",
    "rounding": "DOWN",
    "payment_rounding": "up",
    "disbursed_on": date(2023, 11, 15),
}

CONVENTIONS: dict[str, dict[str, Any]] = {
    "FIN-RS05-grace-principal-3": {**FINERACT, "principal_grace": 3, "disbursed_on": date(2022, 11, 1)},
    "FIN-RS07-grace-6-interest-deferred-3": {
        **FINERACT,
        "principal_grace": 6,
        "interest_grace": 3,
        "disbursed_on": date(2022, 11, 1),
    },
    "FIN-round-flat-4": {**FINERACT, "disbursed_on": date(2023, 9, 1)},
    "FIN-flat-3000-3": {**FINERACT, "disbursed_on": date(2023, 7, 1)},
    # No whole-unit instalment here: the published principal is 333.33.
    "FIN-flat-1000-3": {"rounding": "HALF_EVEN"},
    "FIN-PROG-act-act-m": {**PROGRESSIVE, "day_count": "actual/actual", "disbursed_on": date(2023, 12, 12)},
    "FIN-PROG-364-2week": {**PROGRESSIVE, "day_count": "actual/364", "period_unit": "two_weeks"},
    "FIN-PROG-zero-rate": PROGRESSIVE,
    "FIN-PROG-tranche-100+200": PROGRESSIVE,
    "FIN-PROG-tranche-backdated-175": PROGRESSIVE,
    "FIN-PROG-tranche-2nd-on-due-date": PROGRESSIVE,
    "FRA-280000-fixed14000-act365": {
        "day_count": "actual/365",
        "disbursed_on": date(2020, 10, 1),
        "amount_per_period": Decimal(14000),
        "periods": None,
    },
    "FRA-EMI-1M-13.5-12": FRAPPE,
    "FRA-EMI-500k-25-2": FRAPPE,
    "FRA-issue31-100k-9.99-36": {},
    "NPF-2500-8.24-12": UNROUNDED,
    "XLS-PMT-10000-8-10-begin": {**UNROUNDED, "in_advance": True},
    "LC-1077430": {"payment_rounding": "up"},
    "P2P-10000-12-12": UNROUNDED,
    # The total is the rounded payment times n: the last payment is level too.
    "CN-DEBX-1M-20y": {"last_instalment": "LEVEL"},
    "CN-DEBX-300k-30y": UNROUNDED,
    "CN-DEBJ-630k-30y": UNROUNDED,
    # A periodic rate is an annual one over twelve months.
    "XRPL-10-0.0178-10": {
        **UNROUNDED,
        "payment_step": Decimal("0.00000001"),
        "period_unit": "month",
        "annual_rate": Decimal("0.0178") * 12,
    },
    "OCA-annuity-10000-1-24": {},
    "OCA-annuity-begin-10000-1-24": {"in_advance": True},
    "OCA-fixed-principal-24000-24": {},
    "TTSD-30d": {**TTSD, "first_due_on": date(2015, 3, 2)},
    "TTSD-29d": {**TTSD, "first_due_on": date(2015, 3, 1)},
    "TTSD-90d": {**TTSD, "first_due_on": date(2015, 3, 2)},
    "FSP-Monthly_0500_fp16_r4": {**FSP_MONTHLY, "payment_rounding": "down"},
    "FSP-Monthly_0700_fp24_r4": {**FSP_MONTHLY, "payment_rounding": "nearest"},
    "FSP-Monthly_1100_fp12_r6": {**FSP_MONTHLY, "payment_rounding": "last_not_higher"},
    "FSP-Monthly_1500_fp32_r5": {**FSP_MONTHLY, "payment_rounding": "nearest"},
    "FSP-Biweekly_1200_fp08_r11": FSP_BIWEEKLY,
    "FSP-Biweekly_1200_fp14_r11": FSP_BIWEEKLY,
}

LENDER_DAYS_BEFORE = {1000: 10, 2000: 5, 7000: 0}


def yuan_of_fen(fen: int | str) -> Decimal:
    """Return fen as yuan: the TTSD cases state whole fen."""
    return Decimal(fen).scaleb(-2)


def terms_of(case: dict[str, Any]) -> ScheduleTerms:
    """Return the terms of a case under its stated convention."""
    convention = dict(CONVENTIONS[case["id"]])
    start = convention.setdefault("disbursed_on", date(2024, 1, 1))
    convention.setdefault("periods", case["periods"])
    if "annual_rate" not in convention:
        convention["annual_rate"] = Decimal(case["annual_rate"])
    rows = case["expected"].get("rows") or [{}]
    if "day" in rows[0]:
        convention["first_due_on"] = start + timedelta(days=rows[0]["day"])
    if case["id"].startswith("TTSD"):
        convention["tranches"] = tuple(
            Tranche(start - timedelta(days=days), yuan_of_fen(amount)) for amount, days in LENDER_DAYS_BEFORE.items()
        )
        convention["principal"] = yuan_of_fen(case["principal"])
    elif "tranches" in case:
        convention["tranches"] = tuple(
            Tranche(date.fromisoformat(day), Decimal(amount)) for day, amount in case["tranches"]
        )
    convention.setdefault("principal", Decimal(case["principal"]))
    return ScheduleTerms(method=METHODS.get(case["method"], case["method"]), **convention)


PLATFORM_FEE = Fee(Decimal("0.1"), FeeWhen.PER_PERIOD, FeeBasis.INTEREST_RATE, "DOWN")
