"""The rows of each repayment method in whole units: principal and interest by period."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from lending.rules.level import level_ratio, round_ratio, row_charge
from lending.rules.terms import (
    InvalidTerms,
    LastInstalment,
    PaymentRounding,
    RowRounding,
    refuse,
)

_STEPS_TRIED_MAX = 8
_RESPREADS_MAX = 3


class Loan(NamedTuple):
    """A loan in whole units (fen, or far smaller ones when rows are not rounded).

    Period k charges `balance x numerators[k] / denominator`, rounded by `mode`.
    """

    principal: int
    numerators: Sequence[int]
    denominator: int
    mode: str


class Rows(NamedTuple):
    """Principal and interest by period, and the payment that repeats."""

    principals: list[int]
    interests: list[int]
    payment: int


class LevelRule(NamedTuple):
    """How the level instalment is found: step and rounding of the payment, shares it is computed from."""

    step: int
    rounding: str
    numerators: Sequence[int]
    denominator: int
    is_own_basis: bool
    last: str
    respread: bool


def nearest_mode(mode: str) -> str:
    """Return how `nearest` breaks ties: to even where the rows do, away from zero otherwise."""
    return RowRounding.HALF_EVEN if mode == RowRounding.HALF_EVEN else RowRounding.HALF_UP


def _interest_not_covered() -> InvalidTerms:
    return refuse(
        "periods",
        "interest_not_covered",
        "a level payment would not cover a period's interest: "
        "choose fewer periods, an earlier first due date or a finer payment step",
    )


def _payment_mode(rounding: str, mode: str) -> str:
    if rounding == PaymentRounding.NEAREST:
        return nearest_mode(mode)
    return RowRounding.DOWN if rounding == PaymentRounding.DOWN else RowRounding.UP


def pay_level(
    loan: Loan,
    payment: int,
    grace: int,
    last: str = LastInstalment.ABSORBS,
    first_interest: int | None = None,
) -> Rows:
    """Lay out rows that pay one amount each period after `grace` periods of interest alone.

    The last row takes what is left. Ends early when the balance is repaid. Raises InvalidTerms when the payment
    does not cover a period's interest: the balance would grow. `first_interest` replaces the first row's, where the
    principal was paid out in the middle of the period.
    """
    double, offset, ties_to_even = charge = row_charge(loan.mode, loan.denominator)
    balance = loan.principal
    final = len(loan.numerators) - 1
    principals: list[int] = []
    interests: list[int] = []
    for k, numerator in enumerate(loan.numerators):
        product = balance * numerator
        # The charge written out: this loop is what a quote's speed hangs on.
        interest = charge(product) if ties_to_even else (2 * product + offset) // double
        if k == 0 and first_interest is not None:
            interest = first_interest
        if k == final:
            principal = balance
            if last == LastInstalment.LEVEL and grace < final:
                interest = payment - balance
                if interest < 0:
                    raise refuse("last_instalment", "below_balance", "the level payment does not repay the balance")
        elif k < grace:
            principal = 0
        else:
            principal = payment - interest
            if principal < 0:
                raise _interest_not_covered()
            if principal > balance:
                principal = balance
        balance -= principal
        principals.append(principal)
        interests.append(interest)
        if not balance:
            break
    return Rows(principals, interests, payment)


def _last_gap(loan: Loan, payment: int, grace: int, first_interest: int | None) -> int:
    """Return last minus level payment; a payment that does not cover the interest leaves the largest gap."""
    try:
        rows = pay_level(loan, payment, grace, first_interest=first_interest)
    except InvalidTerms:
        return loan.principal
    return rows.principals[-1] + rows.interests[-1] - payment


def _solve_on_rows(loan: Loan, payment: int, step: int, grace: int, first_interest: int | None) -> int:
    """Return the least multiple of the step, near a first guess, whose last instalment is not higher.

    3 473.64 at 9.95 % in eleven fortnights, interest rounded down: the annuity is 322.536, 322.53 suffices.
    """
    for _ in range(_STEPS_TRIED_MAX):
        if _last_gap(loan, payment, grace, first_interest) <= 0:
            break
        payment += step
    for _ in range(_STEPS_TRIED_MAX):
        if payment <= step or _last_gap(loan, payment - step, grace, first_interest) > 0:
            break
        payment -= step
    return payment


def _respread(loan: Loan, rows: Rows, step: int, grace: int, first_interest: int | None) -> Rows:
    """Spread the residue of the last instalment over all level ones while that makes it smaller.

    Done when it exceeds half a fen a period, at most three times (progressive EMI): 51.34 and a last 51.29 become
    51.33 and 51.34.
    """
    count = len(loan.numerators) - grace
    for _ in range(_RESPREADS_MAX):
        gap = rows.principals[-1] + rows.interests[-1] - rows.payment
        if count < 2 or len(rows.principals) < len(loan.numerators) or abs(gap) <= count // 2:
            break
        change = round_ratio(abs(gap), count * step, nearest_mode(loan.mode)) * step
        payment = rows.payment + (change if gap > 0 else -change)
        if not change or payment <= 0:
            break
        try:
            tried = pay_level(loan, payment, grace, first_interest=first_interest)
        except InvalidTerms:
            break
        tried_gap = tried.principals[-1] + tried.interests[-1] - payment
        if abs(tried_gap) >= abs(gap) or len(tried.principals) < len(loan.numerators):
            break
        rows = tried
    return rows


def level_rows(loan: Loan, rule: LevelRule, grace: int, first_interest: int | None = None) -> Rows:
    """Lay out equal instalments 等额本息: 10 000 at 12 % for 12 months pays 888.49."""
    exact, share = level_ratio(loan.principal, rule.numerators[grace:], rule.denominator)
    step = rule.step
    payment = round_ratio(exact, share * step, _payment_mode(rule.rounding, loan.mode)) * step
    is_one_sided = loan.mode in (RowRounding.DOWN, RowRounding.UP)
    is_solved = rule.rounding == PaymentRounding.LAST_NOT_HIGHER or (
        rule.rounding == PaymentRounding.UP and is_one_sided and rule.is_own_basis
    )
    if is_solved and len(loan.numerators) - grace > 1:
        payment = _solve_on_rows(loan, payment, step, grace, first_interest)
    rows = pay_level(loan, payment, grace, rule.last, first_interest)
    return _respread(loan, rows, step, grace, first_interest) if rule.respread else rows


def fixed_rows(loan: Loan, amount: int, grace: int, is_open_ended: bool) -> Rows:
    """Lay out rows of a given amount until the loan is repaid; with a fixed term the last row takes the rest.

    280 000 at 8.4 % by actual/365 and 14 000 a month takes 22 rows and 22 707.63 of interest.
    """
    try:
        rows = pay_level(loan, amount, grace)
    except InvalidTerms:
        raise refuse("amount_per_period", "interest_not_covered", "does not cover a period's interest") from None
    if is_open_ended and rows.principals[-1] + rows.interests[-1] > amount:
        raise refuse("amount_per_period", "never_repaid", "would not repay the loan in the longest term allowed")
    return rows


def equal_principal_rows(loan: Loan, grace: int) -> Rows:
    """Lay out equal parts of principal 等额本金 with interest on what is left: 5 000 in 18 parts of 277.78."""
    charge = row_charge(loan.mode, loan.denominator)
    count = len(loan.numerators)
    share = round_ratio(loan.principal, count - grace, loan.mode)
    balance = loan.principal
    principals: list[int] = []
    interests: list[int] = []
    for k, numerator in enumerate(loan.numerators):
        principal = 0 if k < grace else min(share, balance)
        if k == count - 1:
            principal = balance
        principals.append(principal)
        interests.append(charge(balance * numerator))
        balance -= principal
        if not balance:
            break
    first = min(grace, len(principals) - 1)
    return Rows(principals, interests, principals[first] + interests[first])


def interest_only_rows(loan: Loan) -> Rows:
    """Lay out interest each period and the principal with the last one 先息后本."""
    charge = row_charge(loan.mode, loan.denominator)
    interests = [charge(loan.principal * numerator) for numerator in loan.numerators]
    principals = [0] * (len(interests) - 1) + [loan.principal]
    return Rows(principals, interests, interests[0] if len(interests) > 1 else interests[0] + loan.principal)


def bullet_rows(loan: Loan) -> Rows:
    """Lay out one payment of principal and simple interest at the end 一次性还本付息."""
    interest = round_ratio(loan.principal * sum(loan.numerators), loan.denominator, loan.mode)
    return Rows([loan.principal], [interest], loan.principal + interest)


def flat_rows(loan: Loan, step: int, rounding: str, grace: int) -> Rows:
    """Lay out interest on the original principal; the last row brings its total to the exact one, rounded once.

    With a step of one fen principal and interest are each divided evenly; with a coarser one the instalment is
    rounded and the interest taken out of it: 1 250 at 15 % in four months pays 328 and a last 328.50.
    """
    charge = row_charge(loan.mode, loan.denominator)
    count = len(loan.numerators)
    left = round_ratio(loan.principal * sum(loan.numerators), loan.denominator, loan.mode)
    interests: list[int] = []
    for numerator in loan.numerators[:-1]:
        interest = min(charge(loan.principal * numerator), left)
        interests.append(interest)
        left -= interest
    interests.append(left)
    if step == 1 and rounding == PaymentRounding.NEAREST:
        share = round_ratio(loan.principal, count - grace, loan.mode)
        parts: Callable[[int], int] = lambda interest: share  # noqa: E731
    else:
        due = loan.principal * (loan.denominator + sum(loan.numerators[grace:]))
        mode = _payment_mode(rounding, loan.mode)
        payment = round_ratio(due, loan.denominator * (count - grace) * step, mode) * step
        parts = lambda interest: payment - interest  # noqa: E731
    balance = loan.principal
    principals: list[int] = []
    for k, interest in enumerate(interests):
        principal = 0 if k < grace else min(parts(interest), balance)
        if k == count - 1:
            principal = balance
        if principal < 0:
            raise _interest_not_covered()
        principals.append(principal)
        balance -= principal
    return Rows(principals, interests, principals[grace] + interests[grace])


def defer_interest(rows: Rows, grace: int) -> Rows:
    """Bill the interest of the first periods with the one after them: 50 + 50 + 50 and 50 become 0, 0, 0 and 200."""
    last = min(grace, len(rows.interests) - 1)
    interests = [0] * last + [sum(rows.interests[: last + 1])] + rows.interests[last + 1 :]
    return Rows(rows.principals, interests, rows.payment)
