"""Stage and value tier by rule, with the reason beside them."""

from datetime import timedelta

import pytest

from customers.models import Customer, TimelineEntry
from lending.models import Loan
from segmentation.operations import label_customers
from tests.web.conftest import NOW, TODAY, Book, book, make_customer, make_loan

__all__ = ["book"]


def label(days: int = 0) -> int:
    return label_customers(TODAY + timedelta(days=days), 0, 0, NOW)


def test_labels_say_rule_version_time_and_reason(book: Book) -> None:
    label()
    borrower = Customer.objects.get(pk=book.borrower.pk)
    entry = borrower.labels["stage"]
    assert (borrower.stage, borrower.value_tier) == ("NEW", "LOW")
    assert (entry["rule"], entry["version"], entry["at"]) == ("segmentation.stage", "2026-1", NOW.isoformat())
    assert entry["reason"]["deals"] == 1
    assert TimelineEntry.objects.filter(customer=borrower, text_code="customers.stage.NEW").count() == 1


def test_a_second_run_writes_nothing(book: Book) -> None:
    assert label() > 0
    assert label() == 0


@pytest.mark.parametrize(("deals", "days", "settled", "stage"), [
    (0, 0, False, "POTENTIAL"),
    (1, 30, False, "NEW"),
    (1, 120, False, "ACTIVE"),
    (3, 120, False, "MATURE"),
    (3, 500, False, "MATURE"),
    (3, 500, True, "LOST"),
])  # fmt: skip
def test_the_stage_follows_from_deals_and_time(book: Book, deals: int, days: int, settled: bool, stage: str) -> None:
    customer = make_customer(50, "李雷", book.rm, is_borrower=True)
    for number in range(deals):
        make_loan(50 + number, customer, book.investor)
    if settled:
        Loan.objects.filter(borrower=customer).update(state="SETTLED", settled_at=NOW)
    label(days)
    assert Customer.objects.get(pk=customer.pk).stage == stage
