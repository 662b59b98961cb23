"""Figures by day: sums by part of the book, ratios, and the snapshot that is the same when taken twice."""

from datetime import timedelta
from decimal import Decimal

from analytics.models import MetricSnapshot
from analytics.operations import take_snapshot
from analytics.queries.metrics import compute_ratio, compute_sum
from analytics.queries.series import Reach, get_reach, read_present, read_series
from staff import rights
from staff.queries import get_access
from tests.web.conftest import TODAY, Book, _kept_book, book, make_customer, make_loan

__all__ = ["_kept_book", "book"]


def test_sums_are_kept_by_product_manager_and_both(book: Book) -> None:
    other = make_customer(7, "李雷", book.other_rm, is_borrower=True)
    make_loan(7, other, book.investor)
    rm, other_rm = book.rm.staff_member.pk, book.other_rm.staff_member.pk
    assert dict(compute_sum("loan_balance", TODAY)) == {
        "": Decimal("6000.00"),
        "product:xinyong-debx": Decimal("6000.00"),
        f"rm:{rm}": Decimal("3000.00"),
        f"rm:{other_rm}": Decimal("3000.00"),
        f"product:xinyong-debx/rm:{rm}": Decimal("3000.00"),
        f"product:xinyong-debx/rm:{other_rm}": Decimal("3000.00"),
    }


def test_ratios_are_sums_over_sums(book: Book) -> None:
    other = make_customer(7, "李雷", book.other_rm, is_borrower=True)
    make_loan(7, other, book.investor)
    # One loan of two has an instalment of 1 020.00 overdue; the other's first falls due today, late after the close.
    assert dict(compute_ratio("project_overdue_ratio", TODAY))[""] == Decimal("1.000000")
    assert dict(compute_ratio("project_overdue_ratio", TODAY - timedelta(days=1)))[""] == Decimal("0.500000")
    assert dict(compute_ratio("overdue_ratio", TODAY - timedelta(days=1)))[""] == Decimal("0.166667")
    assert dict(compute_ratio("par30", TODAY))[""] == Decimal("0.000000")


def test_a_snapshot_taken_twice_is_one_snapshot(book: Book) -> None:
    take_snapshot(TODAY)
    first = list(MetricSnapshot.objects.order_by("code", "dimension").values_list("code", "dimension", "value"))
    take_snapshot(TODAY)
    again = list(MetricSnapshot.objects.order_by("code", "dimension").values_list("code", "dimension", "value"))
    assert first == again and ("loan_balance", "", Decimal("3000.000000")) in first


def test_a_reader_adds_up_his_own_part(book: Book) -> None:
    other = make_customer(7, "李雷", book.other_rm, is_borrower=True)
    make_loan(7, other, book.investor)
    take_snapshot(TODAY)
    mine = get_reach(get_access(book.rm), rights.VIEW_ANALYTICS)  # type: ignore[arg-type]
    assert read_series(mine, "loan_balance", TODAY, TODAY) == [(TODAY, Decimal("3000.000000"))]
    assert read_series(Reach(None), "loan_balance", TODAY, TODAY) == [(TODAY, Decimal("6000.000000"))]
    # Before tonight what is due today is not late.
    assert read_present(mine, ["overdue_amount"], TODAY) == {"overdue_amount": Decimal("1020.00")}
    assert read_present(Reach(None), ["overdue_count"], TODAY) == {"overdue_count": Decimal(1)}


def test_a_figure_of_nobody_is_nothing(book: Book) -> None:
    theirs = get_reach(get_access(book.other_rm), rights.VIEW_ANALYTICS)  # type: ignore[arg-type]
    assert read_present(theirs, ["loan_balance", "overdue_ratio"], TODAY) == {
        "loan_balance": Decimal(0),
        "overdue_ratio": None,
    }
