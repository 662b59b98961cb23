"""A few real loans through the whole main job, against a real sandbox."""

import json
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core import clock, seeding
from core.models import BusinessDate
from customers.models import Customer
from integrations.sandbox.client import SandboxControl
from lending.models import Loan
from simulation.lendingclub import BookLoan, read_book
from simulation.replay import Case, Replay, run
from simulation.replay_report import build_report
from simulation.world import World

FIRST_DAY, LAST_DAY = date(2026, 3, 2), date(2026, 5, 8)


def choose(book: list[BookLoan]) -> list[BookLoan]:
    """Take a loan of every fate: current, paid off early, late for some days, late for good, refused for arrears."""
    clean = [loan for loan in book if loan.is_clean]
    current, grace, late = (
        next(loan for loan in clean if loan.status == status)
        for status in ("Current", "In Grace Period", "Late (31-120 days)")
    )
    early = min((loan for loan in clean if loan.status == "Fully Paid"), key=lambda loan: loan.paid_interest)
    refused = next(loan for loan in book if loan.bureau["max_days_past_due_24_months"] == 120)
    # Both stop at their first instalment, so that a few weeks show what comes of it.
    stopping = [replace(loan, paid_principal=Decimal(0)) for loan in (grace, late)]
    return [current, early, *stopping, refused]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_loans_of_every_fate_go_their_way(sandbox: SandboxControl) -> None:
    BusinessDate.objects.all().delete()
    world = World(sandbox, clock.at(FIRST_DAY, 8), random.Random(7))
    world.move_to(world.now)
    seeding.run_seeds(business_date=FIRST_DAY, now=world.now)
    cases = [Case(loan) for loan in choose(read_book(10_000))]
    story = Replay(world, cases)
    told: list[int] = []
    run(story, first_day=FIRST_DAY, last_day=LAST_DAY, report=lambda done, _total, _what: told.append(done))
    report = build_report(story, first_day=FIRST_DAY, last_day=LAST_DAY, verified_most=2)

    assert told[-1] == (LAST_DAY - FIRST_DAY).days + 1
    assert clock.business_date() > LAST_DAY
    assert report["decisions"]["reasons"]["DECLINE"]["SERIOUS_ARREARS"] >= 1
    assert report["funding"]["funded_share"] == "1.0000"
    assert report["contracts"] == {"signed": report["loans"]["paid_out"], "verified": 2, "valid": 2}
    assert report["repaid"]["settled_early"] == 1
    assert report["loans"]["overdue"] == 1
    assert Decimal(report["repaid"]["penalty"]) > 0
    assert Decimal(report["loans"]["penalty_outstanding"]) > 0
    assert report["checks"]["payments_not_split_to_the_fen"] == 0
    assert report["checks"]["loans_whose_shares_do_not_sum"] == 0
    same, compared = report["checks"]["instalments_as_published"].split("/")
    assert same == compared
    assert all(row["holds"] for row in report["check_ledger"])
    assert json.loads(json.dumps(report))["book"] == report["book"]
    stopped = next(case for case in cases if case.book.status == "Late (31-120 days)")
    assert Loan.objects.get(pk=stopped.loan_id).standing.dpd > 0


@pytest.mark.django_db
def test_the_command_refuses_what_it_cannot_do(now, set_business_date) -> None:
    with pytest.raises(CommandError, match="above zero"):
        call_command("replay_book", "lendingclub", "--limit", "0", stdout=StringIO())
    Customer.objects.create(number="C-1", registered_at=now)
    with pytest.raises(CommandError, match="customers in this database"):
        call_command("replay_book", "lendingclub", "--limit", "1", "--here", stdout=StringIO())
    assert Customer.objects.count() == 1
