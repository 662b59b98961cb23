"""A worker killed outright while it handles an event, and at the two worst instants of a payout."""

from datetime import timedelta

import pytest

from core import clock, outbox
from core.models import EventDelivery
from ledger.models import LedgerCase, Transfer, TransferType
from lending.models import Contract, Loan
from tests.chaos.stage import (
    Stage,
    count_lock_waiters,
    kill,
    make_filled_listing,
    make_signed_loan,
    wait_until,
)
from tests.invariants import check_invariants

pytestmark = pytest.mark.slow


def find_delivery(handler: str) -> EventDelivery:
    return EventDelivery.objects.get(handler=handler, state=EventDelivery.State.PENDING)


def is_leased() -> bool:
    """Tell whether a worker has taken the payout and now talks to the custodian."""
    soon = clock.now() + timedelta(seconds=60)
    return EventDelivery.objects.filter(handler="lending.pay_out", next_attempt_at__gt=soon).exists()


def test_a_worker_killed_inside_a_handler_loses_and_doubles_nothing(stage: Stage) -> None:
    stage.start_valkey()
    listing = make_filled_listing(stage)
    holder = stage.connect()
    with holder.cursor() as cursor:
        cursor.execute("SELECT FROM lending_listing WHERE id = %s FOR UPDATE", [listing.pk])
    worker = stage.start_worker()
    wait_until(count_lock_waiters, "the worker to reach the held listing")
    kill(worker)
    holder.rollback()
    assert not Loan.objects.exists()
    assert find_delivery("lending.make_contract").attempts == 0
    check_invariants()
    stage.start_worker()
    wait_until(lambda: outbox.pending_count() == 0, "the next worker to finish everything")
    loan = Loan.objects.get(listing=listing)
    assert loan.state == Loan.State.SIGNING
    assert Contract.objects.filter(loan=loan).count() == 1
    check_invariants()


@pytest.mark.parametrize("instant", ["while the custodian is silent", "after the custodian has paid"])
def test_a_worker_killed_in_a_payout_pays_once(stage: Stage, instant: str) -> None:
    stage.start_valkey()
    loan = make_signed_loan(stage)
    holder = stage.connect()
    if instant == "after the custodian has paid":
        with holder.cursor() as cursor:
            cursor.execute("SELECT FROM customers_customer WHERE id = %s FOR UPDATE", [loan.borrower_id])
        worker = stage.start_worker()
        wait_until(lambda: is_leased() and count_lock_waiters(), "the payout to be recorded")
    else:
        stage.world.sandbox.behave("custody", delay_ms=60_000)
        worker = stage.start_worker()
        wait_until(is_leased, "the payout to be taken")
    kill(worker)
    holder.rollback()
    stage.world.sandbox.behave("custody", delay_ms=0)
    loan.refresh_from_db()
    assert loan.state == Loan.State.PAYING_OUT
    assert not Transfer.objects.filter(type=TransferType.LOAN_PAYOUT).exists()
    check_invariants()
    # The dead worker's lease would run out by itself within two minutes.
    outbox.make_due([find_delivery("lending.pay_out").pk], actor=outbox.system_user(), now=stage.world.now)
    worker = stage.start_worker()
    wait_until(lambda: outbox.pending_count() == 0, "the next worker to finish everything")
    loan.refresh_from_db()
    assert loan.state == Loan.State.ACTIVE
    assert Transfer.objects.filter(type=TransferType.LOAN_PAYOUT).count() == 1
    check_invariants()
    kill(worker)
    # The custodian's own books know one payout too: the day's comparison finds no difference.
    stage.world.close_day()
    assert not LedgerCase.objects.exists()
    check_invariants()
