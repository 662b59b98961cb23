"""The nightly close in several processes, and in one that is killed."""

import pytest
from django.db import connection

from core.models import CloseProgress, CloseRun
from lending.models import ChargeAccrual, Loan, LoanState
from simulation import people as acts
from tests.chaos.stage import Stage, count_lock_waiters, kill, make_filled_listing, wait_for_end, wait_until
from tests.invariants import check_invariants

LOANS = 3
STANDING = ("loan_id", "penalty_outstanding", "penalty_charged_total", "overdue_amount", "dpd", "bucket", "as_of_date")
# Three days late, without having lived through the days.
_MAKE_LATE = """
UPDATE lending_instalment i SET due_date = %(today)s::date - 3 FROM lending_loan l
WHERE l.id = i.loan_id AND i.n = 1;
UPDATE lending_loanstate SET oldest_unpaid_due_date = %(today)s::date - 3, next_due_date = %(today)s::date - 3
"""


def make_late_loans(stage: Stage) -> list[int]:
    """Return running loans, each overdue and without money for the debit."""
    for _number in range(LOANS):
        acts.sign(stage.world, make_filled_listing(stage))
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_LATE, {"today": stage.world.today})
    return list(Loan.objects.filter(state="ACTIVE").order_by("pk").values_list("pk", flat=True))


def standing() -> list[tuple[object, ...]]:
    """Return what the close says about each loan."""
    return list(LoanState.objects.order_by("pk").values_list(*STANDING))


def check_closed(day: object, loans: list[int]) -> None:
    """Check that the date was closed once and whole."""
    assert CloseRun.objects.get(pk=day).finished_at is not None
    progress = CloseProgress.objects.filter(run=day)
    assert not progress.exclude(state="DONE").exists()
    assert progress.filter(step="lending.accrue_penalty").count() == len(loans)
    assert sorted(ChargeAccrual.objects.values_list("loan_id", "business_date")) == [(loan, day) for loan in loans]
    assert all(row[1] > 0 and row[4] >= 3 for row in standing())
    check_invariants()


@pytest.mark.slow
def test_two_processes_close_a_date_once_as_one_would(stage: Stage) -> None:
    loans, day = make_late_loans(stage), stage.world.today
    assert len(loans) == LOANS
    alone = stage.copy_database()
    wait_for_end(stage.start_close(DATABASE_URL=alone, P2PCRM_CLOSE_PARTITION_SIZE="1000"))
    expected = stage.read_copy(f"SELECT {', '.join(STANDING)} FROM lending_loanstate ORDER BY loan_id")
    both = [stage.start_close(P2PCRM_CLOSE_PARTITION_SIZE="1") for _process in range(2)]
    for process in both:
        wait_for_end(process)
    assert standing() == expected
    check_closed(day, loans)


@pytest.mark.slow
def test_a_close_killed_in_the_middle_of_a_step_is_finished_by_the_next(stage: Stage) -> None:
    loans, day = make_late_loans(stage), stage.world.today
    # Row locks that let a reader pass and stop the writer of a step: at the last loan, and at the very end.
    last_loan = f"lending_instalment WHERE loan_id = {loans[-1]}"
    for held, step in ((last_loan, "lending.accrue_penalty"), ("core_businessdate", "advance_date")):
        holder = stage.connect()
        with holder.cursor() as cursor:
            cursor.execute(f"SELECT FROM {held} FOR UPDATE")
        process = stage.start_close(P2PCRM_CLOSE_PARTITION_SIZE="1")
        wait_until(count_lock_waiters, "the close to reach the held row")
        running = CloseProgress.objects.filter(run=day, state="PENDING").order_by("pk").first()
        assert running is not None and running.step == step
        kill(process)
        holder.rollback()
        check_invariants()
    wait_for_end(stage.start_close(P2PCRM_CLOSE_PARTITION_SIZE="1"))
    check_closed(day, loans)
