"""The cases of golden/lending_cases.json that these rules settle.

Covered here: repayment_allocation (all), early_settlement (all), penalty_and_fees (all; of the two platform cases the
borrower's amount), lender_split (conservation instead of the published loss), delinquency (days and amounts of all;
classes where they are not frozen between two nightly runs). apr_xirr_irr is tested beside the cost rules. Settled
otherwise, with reasons in docs/algorithms/conventions.md: late_interest_recalculation, prepayment, secondary_market.
"""

import json
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest

from core.money import Rounding, to_fen
from lending.rules import arrears
from lending.rules.allocation import AllocationRule, Component, UnpaidPart, allocate, list_parts
from lending.rules.amounts import charge_fen, round_fen
from lending.rules.arrears import PenaltyTerms, PenaltyTotals, add_penalty_days, count_days_past_due
from lending.rules.settlement import (
    InterestUntil,
    RunningPeriod,
    SettlementTerms,
    accrue_interest_fen,
    quote_settlement,
)
from lending.rules.split import LenderPosition, Parts, split_payment
from lending.rules.terms import DayCount

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "lending_cases.json").read_text())
COVERED = {
    "repayment_allocation",
    "early_settlement",
    "penalty_and_fees",
    "lender_split",
    "delinquency",
    "apr_xirr_irr",
}
SETTLED_OTHERWISE = {"late_interest_recalculation", "prepayment", "secondary_market"}
NO_CAP = D("10")
FEE, PENALTY, INTEREST, PRINCIPAL = Component.FEE, Component.PENALTY, Component.INTEREST, Component.PRINCIPAL
WORDS = {"fee": FEE, "penalty": PENALTY, "interest": INTEREST, "principal": PRINCIPAL}


def cases(category, *prefixes):
    chosen = [case for case in GOLDEN[category] if case["id"].startswith(prefixes or ("",))]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case["id"])


def case_of(category, case_id):
    return next(case for case in GOLDEN[category] if case["id"] == case_id)


def day(text):
    return date.fromisoformat(text)


def fen(amount):
    return to_fen(D(str(amount)))


def test_every_category_is_covered_or_settled_otherwise():
    assert {category for category, found in GOLDEN.items() if found} == COVERED | SETTLED_OTHERWISE


# Allocation


def read_rule(strategy):
    """Read `due: a>b>c>d; in advance: …; oldest instalment first` and `due and in advance: …`."""
    orders = dict(part.strip().split(": ") for part in strategy.split(";") if ": " in part)
    both = orders.get("due and in advance")
    due, advance = (tuple(WORDS[word] for word in (both or orders[when]).split(">")) for when in ("due", "in advance"))
    return AllocationRule(due_order=due, advance_order=advance)


def flat_parts(given):
    """List the parts of a flat loan: even principal, interest of the whole principal each month, dated charges."""
    principal_fen, periods = fen(given["principal"]), given["instalments"]
    start = day(given["disbursed"])
    dues = [start.replace(month=start.month + n) for n in range(1, periods + 1)]
    interest_fen = round_fen(principal_fen * D(given["flat_annual_rate"]) / 12)
    parts = []
    for n, due in enumerate(dues, start=1):
        parts.extend(list_parts(n, due, interest_fen=interest_fen, principal_fen=principal_fen // periods))
    for charge in given["charges"]:
        due = day(charge["due"])
        n = next(n for n, last_day in enumerate(dues, start=1) if due <= last_day)
        parts.append(UnpaidPart(n, WORDS[charge["kind"]], due, fen(charge["amount"])))
    return parts


def pay(parts, allocation):
    """Take an allocation off the parts, the earlier charge first."""
    left = {(part.n, part.component): part.fen for part in allocation.parts}
    for part in sorted(parts, key=lambda part: part.due_date):
        paid = min(left.get((part.n, part.component), 0), part.unpaid_fen)
        left[part.n, part.component] = left.get((part.n, part.component), 0) - paid
        yield part._replace(unpaid_fen=part.unpaid_fen - paid)


ALLOCATION = [case for case in GOLDEN["repayment_allocation"] if "strategy" in case["input"]]


@pytest.mark.parametrize("case", ALLOCATION, ids=lambda case: case["id"])
def test_allocation(case):
    given = case["input"]
    rule = read_rule(given["strategy"])
    parts = flat_parts(given)
    for payment, expected in zip(given["payments"], case["expected"], strict=True):
        allocation = allocate(fen(payment["amount"]), parts, on=day(payment["date"]), rule=rule)
        assert allocation.by_component() == {WORDS[word]: fen(amount) for word, amount in expected.items()}
        assert allocation.remainder_fen == 0
        parts = list(pay(parts, allocation))


def test_allocation_of_a_level_instalment():
    case = case_of("repayment_allocation", "ALLOC-frappe-first-EMI")
    assert len(ALLOCATION) + 1 == len(GOLDEN["repayment_allocation"])
    given, expected = case["input"], case["expected"]
    due = day(given["first_due"])
    principal_fen = fen(given["principal"])
    interest_fen = accrue_interest_fen(
        principal_fen, D(given["annual_rate"]), DayCount.ACTUAL_365, day(given["disbursed"]), due
    )
    parts = list_parts(1, due, interest_fen=interest_fen, principal_fen=principal_fen)
    paid = allocate(fen(given["payment"]), parts, on=due).by_component()
    assert (paid[INTEREST], paid[PRINCIPAL]) == (fen(expected["interest"]), fen(expected["principal"]))


# Early settlement


def test_settlement_to_the_end_of_the_period_and_to_the_day():
    case = case_of("early_settlement", "SETTLE-till-rest-frequency")
    given, expected = case["input"], case["expected"]
    start, on, due = date(2024, 2, 1), day(given["settle_on"]), date(2024, 3, 1)
    rate = D(given["annual_rate"])
    principal_fen = fen(given["principal"])
    principal_fen -= fen(given["emi"]) - round_fen(principal_fen * rate / 12)
    interest_fen = round_fen(principal_fen * rate / 12)
    unpaid = list(list_parts(2, due, interest_fen=interest_fen, principal_fen=principal_fen))
    period = RunningPeriod(start, due, principal_fen, interest_fen)
    whole = SettlementTerms(rate, DayCount.THIRTY_360, interest_until=InterestUntil.PERIOD_END)
    quote = quote_settlement(on=on, unpaid=unpaid, running=period, terms=whole)
    assert quote.principal_not_due_fen == fen(expected["principal"])
    assert quote.interest_used_fen == fen(expected["interest"])
    assert quote.total_fen == fen(expected["total"])
    # The same source settles to the day for 83.81; that is this house's default.
    by_day = SettlementTerms(rate, DayCount.THIRTY_360)
    assert quote_settlement(on=on, unpaid=unpaid, running=period, terms=by_day).total_fen == 8381


@cases("early_settlement", "SETTLE-FS")
def test_settlement_at_daily_interest(case):
    given, expected = case["input"], case["expected"]
    annual_rate = D(given["rate"].split("%")[0]) / 100 * 365
    start = day(given["start"])
    principal_fen, last_day = fen(given["principal"]), 0

    def interest_until(new_day):
        begin, end = start + timedelta(last_day), start + timedelta(new_day)
        return accrue_interest_fen(principal_fen, annual_rate, DayCount.ACTUAL_365, begin, end, Rounding.DOWN)

    for paid_on, amount in given["payments"]:
        principal_fen -= fen(amount) - interest_until(paid_on)
        last_day = paid_on
    interest_fen = interest_until(given["settle_day"])
    assert principal_fen == fen(expected["principal"])
    assert interest_fen == fen(expected["interest"])
    assert principal_fen + interest_fen == fen(expected["total"])


def test_settlement_with_both_days_counted():
    """23 fen for 7 inclusive days of 100.00 at 12 %, rounded down (named in the notes beside the cases)."""
    start = date(2026, 3, 2)
    interest_fen = accrue_interest_fen(
        10_000, D("0.12"), DayCount.ACTUAL_365, start - timedelta(1), start + timedelta(6), Rounding.DOWN
    )
    assert interest_fen == 23


# Penalty and fees


@cases("penalty_and_fees", "PENALTY-TTSD")
def test_penalty_on_the_whole_loan_with_both_days_counted(case):
    given, expected = case["input"], case["expected"]
    terms = PenaltyTerms(D(given["daily_rate"]), NO_CAP, rounding=Rounding.DOWN)
    days = int(given["days"].split()[0])
    charged_fen = add_penalty_days(PenaltyTotals(), given["loan_fen"], terms, days=days).charged_fen
    assert charged_fen == expected["borrower_fen"]
    # The source floors each lender and keeps a fen; here the lenders receive all of it.
    positions = [LenderPosition(key, lent_fen) for key, lent_fen in enumerate(given["lenders_fen"])]
    parts = [part.parts.penalty_fen for part in split_payment(Parts(penalty_fen=charged_fen), positions)]
    assert sum(parts) == charged_fen
    floors = [charged_fen * lent_fen // given["loan_fen"] for lent_fen in given["lenders_fen"]]
    assert all(0 <= part - floor <= 1 for part, floor in zip(parts, floors, strict=True))


def test_penalty_on_whole_instalments_with_both_days_counted():
    case = case_of("penalty_and_fees", "PENALTY-FRAPPE-3157.35")
    given = case["input"]
    on = day(given["as_of"])
    days = [count_days_past_due(on, day(due), first_day=1) for due in given["unpaid_instalments_due"]]
    assert days == [63, 32, 2]
    terms = PenaltyTerms(D(given["penalty_annual_rate"]) / 365, NO_CAP)
    totals = add_penalty_days(PenaltyTotals(), fen(given["instalment"]), terms, days=sum(days))
    assert totals.charged_fen == fen(case["expected"]["penalty"])


def test_fees_as_rates_of_an_amount():
    instalment = case_of("penalty_and_fees", "FEE-instalment-1.5pct")["expected"]
    fee_fen = charge_fen(fen("1030"), D("0.015"))
    assert fee_fen == fen(instalment["fee_per_instalment"])
    assert 3 * fee_fen == fen(instalment["total_fees"])
    assert 3 * (fen("1030") + fee_fen) == fen(instalment["total_due"])
    overdue = case_of("penalty_and_fees", "FEE-overdue-on-principal")["expected"]
    late_fen = charge_fen(fen("1000"), D("0.015"))
    assert late_fen == fen(overdue["penalty_per_instalment"])
    assert 3 * (fen("1030") + late_fen) == fen(overdue["total"])


@cases("penalty_and_fees", "COUPON")
def test_extra_interest_of_a_coupon(case):
    given = case["input"]
    start = date(2026, 1, 1)
    extra_fen = accrue_interest_fen(
        given["invest_fen"],
        D(given["coupon_rate"]),
        DayCount.ACTUAL_365,
        start,
        start + timedelta(given["days"]),
        Rounding.DOWN,
    )
    assert extra_fen == case["expected"]["extra_interest_fen"]


# Split


@cases("lender_split")
def test_a_split_has_no_residue(case):
    """The source floors each lender by his own start date; the residue it publishes is what must not happen."""
    given = case["input"]
    positions = [LenderPosition(key, lent_fen) for key, lent_fen in enumerate(given["lenders_fen"])]
    parts = [
        part.parts.interest_fen for part in split_payment(Parts(interest_fen=given["loan_interest_fen"]), positions)
    ]
    assert sum(parts) == given["loan_interest_fen"]
    published = sum(case["expected"]["lender_interest_fen"]) + case["expected"]["residual_fen"]
    assert published == given["loan_interest_fen"]


# Delinquency

# Fineract's own ranges: by the days past due after grace and pauses.
FINERACT_RANGES = ((0, "NO_DELINQUENCY"), (1, "RANGE_1"), (4, "RANGE_3"), (31, "RANGE_30"), (61, "RANGE_60"))


@cases("delinquency", "DLQ-0", "DLQ-1", "DLQ-2", "DLQ-3")
def test_days_past_due_with_grace_and_pauses(case):
    given, expected = case["input"], case["expected"]
    on = day(given["as_of"])
    instalments = [(day(due), fen(given["each"])) for due in given["instalments"]]
    oldest = arrears.find_oldest_unpaid_due_date(instalments, on)
    pauses = [(day(start), day(end)) for start, end in given["pauses"]]
    delinquent = count_days_past_due(on, oldest, grace_days=given["grace_days_on_arrears_ageing"], pauses=pauses)
    assert count_days_past_due(on, oldest) == expected["past_due_days"]
    assert delinquent == expected["delinquent_days"]
    assert arrears.count_overdue_fen(instalments, on) == fen(expected["delinquent_amount"])
    if "frozen" not in case.get("note", ""):
        assert arrears.find_step(delinquent, FINERACT_RANGES) == expected["class"]


@cases("delinquency", "DLQ-INST-16nov")
def test_each_instalment_in_its_own_range(case):
    given = case["input"]
    on = day(given["as_of"])
    amounts = {}
    for due in given["instalments"]:
        step = arrears.find_step(count_days_past_due(on, day(due)), FINERACT_RANGES)
        amounts[step] = amounts.get(step, 0) + int(given["each"])
    assert amounts == case["expected"]


@cases("delinquency", "DLQ-INST-pause-artefact")
def test_a_pause_before_the_due_date_changes_nothing(case):
    """The case records a fault of its source ("do not copy"): the true days are ours."""
    given = case["input"]
    days = count_days_past_due(
        day(given["as_of"]), day(given["instalment_due"]), pauses=[tuple(map(day, given["pause"]))]
    )
    assert days == case["expected"]["true_days_overdue"]
    assert arrears.find_step(days, FINERACT_RANGES) == "RANGE_3"


@cases("delinquency", "CLASS-FRAPPE")
def test_a_house_that_counts_the_due_date_as_day_one(case):
    given, expected = case["input"], case["expected"]
    days = count_days_past_due(day(given["as_of"]), day(given["oldest_unpaid_demand"]), first_day=1)
    ladder = [(floor, name) for name, floor, _last in given["ranges"]]
    assert days == expected["dpd"]
    assert arrears.find_step(days, ladder) == expected["class"]
    assert (days > given["npa_threshold_dpd"]) is expected["is_npa"]
