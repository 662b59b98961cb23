"""Reading the book, and what the law would make of it."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from risk.rules.inputs import HOUSING
from simulation.lendingclub import BookLoan, read_book
from simulation.replay import BOOK_CAP_RATE, Case, count_periods, plan_arrivals
from simulation.replay_report import as_text, judge_book


@pytest.fixture(scope="module")
def book() -> list[BookLoan]:
    return read_book(10_000)


def test_every_loan_of_the_book_can_apply(book: list[BookLoan]) -> None:
    assert len(book) == 10_000
    assert all(loan.amount % 25 == 0 and Decimal(1000) <= loan.amount <= Decimal(40_000) for loan in book)
    assert {loan.periods for loan in book} == {36, 60}
    assert max(loan.annual_rate for loan in book) == Decimal("0.3094") < BOOK_CAP_RATE
    assert {loan.housing for loan in book} <= HOUSING
    assert all(loan.monthly_income >= 0 and loan.monthly_debt >= 0 for loan in book)
    assert all(0 <= Decimal(loan.bureau["card_utilisation"]) <= 1 for loan in book)


def test_the_first_loan_is_read_as_published(book: list[BookLoan]) -> None:
    loan = book[0]
    assert (loan.amount, loan.periods, loan.sub_grade) == (Decimal("28000.00"), 60, "C3")
    assert (loan.annual_rate, loan.instalment) == (Decimal("0.140700"), Decimal("652.53"))
    assert (loan.monthly_income, loan.monthly_debt) == (Decimal("7500.00"), Decimal("1350.75"))
    assert loan.bureau["score"] == 830 - 9 * 12


def test_arrears_of_the_book_become_days_of_a_report(book: list[BookLoan]) -> None:
    days = Counter(loan.bureau["max_days_past_due_24_months"] for loan in book)
    assert set(days) == {0, 45, 120}
    assert days[120] == 424


@pytest.mark.django_db
def test_arrivals_keep_the_months_in_order(book: list[BookLoan]) -> None:
    cases = [Case(loan) for loan in book[:200]]
    planned = plan_arrivals(cases, date(2026, 3, 2), date(2026, 12, 31))
    assert sum(map(len, planned.values())) == 200
    months = [case.book.month for day in sorted(planned) for case in planned[day]]
    assert months == sorted(months)
    assert max(planned) < date(2026, 6, 1)
    assert all(day.weekday() < 5 for day in planned)
    assert min(plan_arrivals(cases[:1], date(2026, 3, 7), date(2026, 3, 8))) == date(2026, 3, 7)


def test_a_paid_sum_covers_whole_instalments() -> None:
    parts = [Decimal(488), Decimal("494.50"), Decimal(500)]
    assert [count_periods(parts, Decimal(paid)) for paid in ("0", "400", "488", "982", "2000")] == [0, 0, 1, 2, 3]


@pytest.mark.django_db
def test_the_cap_would_refuse_the_dear_grades(book: list[BookLoan]) -> None:
    from core import clock
    from lending.operations.seed import seed_parameters

    day = date(2026, 3, 2)
    seed_parameters(day, clock.at(day, 9))
    judged = judge_book(book[:500], on=day)
    assert judged["cap"] == "0.1200"
    assert judged["by_book_grade"]["A"].startswith("0/")
    refused, seen = judged["by_book_grade"]["D"].split("/")
    assert refused == seen
    assert judged["would_refuse"] == sum(loan.annual_rate > Decimal("0.12005") for loan in book[:500])


def test_the_text_shows_every_part() -> None:
    text = as_text({"book": {"loans": 2}, "decisions": {"by": {"A": {"x": 1}}}, "check_ledger": [], "seconds": 3})
    assert text.splitlines()[0] == "BOOK"
    assert "SECONDS  3" in text and "all hold" in text
