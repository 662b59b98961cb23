"""Posting through the operations."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import transaction

from core.errors import NotFound
from core.models import AuditEntry
from ledger.models import Transfer, TransferType
from ledger.operations import (
    AlreadyReversed,
    IdempotencyConflict,
    InsufficientFunds,
    TransferDraft,
    open_accounts,
    post_transfer,
    post_transfers_bulk,
    reverse_transfer,
)
from ledger.queries import (
    balance_of,
    balance_of_customer,
    balances_of_customers,
    list_lines,
    list_statement,
    lock_balances,
)
from ledger.rules.accounts import CUSTODY, PLATFORM_FEES, available_account, frozen_account
from ledger.rules.lines import InvalidLines
from tests.ledger.conftest import DAY, check_books, count_rows

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def post(now: datetime):
    def post_lines(*lines, key="k", type=TransferType.REPAYMENT, **extra):
        # A refusal spoils the transaction around a posting; here that is the test's own.
        with transaction.atomic():
            return post_transfer(
                type=type, lines=list(lines), idempotency_key=key, business_date=DAY, now=now, actor=None, **extra
            )

    return post_lines


def test_a_transfer_moves_money_and_keeps_what_it_was_for(make_customers, post):
    payer, lender = make_customers(2, balance="100.00")
    posted = post(
        (available_account(payer), D("-50.00")),
        (available_account(lender), D("49.00")),
        (PLATFORM_FEES, D("1.00")),
        reference=("lending.loan", 7),
        memo="first",
    )
    transfer = Transfer.objects.get(pk=posted.id)
    assert (transfer.number, transfer.reference_type, transfer.reference_id) == (posted.number, "lending.loan", "7")
    assert posted.is_new
    assert balance_of(available_account(payer)) == D("50.00")
    assert balance_of(available_account(lender)) == D("149.00")
    assert balance_of(PLATFORM_FEES) == D("1.00")
    assert balance_of(CUSTODY) == D("-200.00")
    check_books()


def test_a_posting_is_one_statement(make_customers, now, django_assert_num_queries):
    payer, lender = make_customers(2, balance="100.00")
    with django_assert_num_queries(1):
        post_transfer(
            type=TransferType.REPAYMENT,
            lines=[(available_account(payer), D("-5.00")), (available_account(lender), D("5.00"))],
            idempotency_key="one",
            business_date=DAY,
            now=now,
            actor=None,
        )


def test_the_same_key_with_the_same_lines_posts_once(make_customers, post):
    payer, lender = make_customers(2, balance="100.00")
    lines = (available_account(payer), D("-5.00")), (available_account(lender), D("5.00"))
    first = post(*lines)
    again = post(*reversed(lines))
    assert (again.id, again.number, again.is_new) == (first.id, first.number, False)
    assert balance_of(available_account(payer)) == D("95.00")
    check_books()


@pytest.mark.parametrize("change", ["amount", "account", "type"])
def test_the_same_key_for_something_else_is_refused(make_customers, post, change):
    payer, lender, other = make_customers(3, balance="100.00")
    post((available_account(payer), D("-5.00")), (available_account(lender), D("5.00")))
    before = count_rows()
    amount = D("6.00") if change == "amount" else D("5.00")
    receiver = other if change == "account" else lender
    kind = TransferType.FEE if change == "type" else TransferType.REPAYMENT
    with pytest.raises(IdempotencyConflict):
        post((available_account(payer), -amount), (available_account(receiver), amount), type=kind)
    assert count_rows() == before
    check_books()


def test_one_instruction_of_the_custodian_is_posted_under_one_key(make_customers, post):
    payer, lender = make_customers(2, balance="100.00")
    lines = (available_account(payer), D("-5.00")), (available_account(lender), D("5.00"))
    post(*lines, key="one", custody_reference="PI-1")
    with pytest.raises(IdempotencyConflict):
        post(*lines, key="two", custody_reference="PI-1")
    assert balance_of(available_account(payer)) == D("95.00")


def test_too_little_money_is_refused_and_changes_nothing(make_customers, post):
    payer, lender = make_customers(2, balance="100.00")
    before = count_rows()
    with pytest.raises(InsufficientFunds):
        post((available_account(payer), D("-100.01")), (available_account(lender), D("100.01")))
    assert count_rows() == before
    assert balance_of(available_account(payer)) == D("100.00")
    check_books()


def test_lines_that_do_not_balance_never_reach_the_database(make_customers, post):
    (payer,) = make_customers(balance="100.00")
    before = count_rows()
    with pytest.raises(InvalidLines):
        post((available_account(payer), D("-1.00")), (PLATFORM_FEES, D("0.99")))
    assert count_rows() == before


def test_a_bulk_posting_is_one_statement_in_the_order_of_the_drafts(make_customers, now, django_assert_num_queries):
    ids = make_customers(30, balance="10.00")
    drafts = [
        TransferDraft(
            TransferType.FREEZE, [(available_account(pk), D("-1.00")), (frozen_account(pk), D("1.00"))], f"bulk:{pk}"
        )
        for pk in ids
    ]
    with django_assert_num_queries(1):
        posted = post_transfers_bulk(drafts=drafts, business_date=DAY, now=now, actor=None)
    keys = Transfer.objects.in_bulk([row.id for row in posted])
    assert [keys[row.id].idempotency_key for row in posted] == [draft.idempotency_key for draft in drafts]
    assert {balance.frozen for balance in balances_of_customers(ids).values()} == {D("1.00")}
    check_books()


def test_a_large_bulk_posting_takes_the_other_plan(make_customers, now):
    ids = make_customers(600, balance="10.00")
    posted = post_transfers_bulk(
        drafts=[
            TransferDraft(
                TransferType.FEE, [(available_account(pk), D("-0.10")), (PLATFORM_FEES, D("0.10"))], f"fee:{pk}"
            )
            for pk in ids
        ],
        business_date=DAY,
        now=now,
        actor=None,
    )
    assert len(posted) == 600
    assert balance_of(PLATFORM_FEES) == D("60.00")
    check_books()


def test_a_bulk_posting_passes_over_what_is_posted(make_customers, now):
    ids = make_customers(5, balance="10.00")
    drafts = [
        TransferDraft(
            TransferType.FREEZE, [(available_account(pk), D("-1.00")), (frozen_account(pk), D("1.00"))], f"bulk:{pk}"
        )
        for pk in ids
    ]
    first = post_transfers_bulk(drafts=drafts[:3], business_date=DAY, now=now, actor=None)
    all_ = post_transfers_bulk(drafts=drafts, business_date=DAY, now=now, actor=None)
    assert [row.id for row in all_[:3]] == [row.id for row in first]
    assert [row.is_new for row in all_] == [False] * 3 + [True] * 2
    assert balance_of_customer(ids[0]).frozen == D("1.00")
    check_books()


def test_one_bad_draft_refuses_the_whole_bulk(make_customers, now):
    rich, poor = *make_customers(balance="10.00"), *make_customers(balance="0.50")
    before = count_rows()
    drafts = [
        TransferDraft(
            TransferType.FREEZE, [(available_account(pk), D("-1.00")), (frozen_account(pk), D("1.00"))], f"bulk:{pk}"
        )
        for pk in (rich, poor)
    ]
    with pytest.raises(InsufficientFunds), transaction.atomic():
        post_transfers_bulk(drafts=drafts, business_date=DAY, now=now, actor=None)
    assert count_rows() == before
    with pytest.raises(ValueError, match="one idempotency key"), transaction.atomic():
        post_transfers_bulk(drafts=[drafts[0], drafts[0]], business_date=DAY, now=now, actor=None)
    assert post_transfers_bulk(drafts=[], business_date=DAY, now=now, actor=None) == []
    check_books()


def test_a_reversal_restores_the_balances_and_names_its_original(make_customers, post, now, clerk):
    payer, lender = make_customers(2, balance="100.00")
    posted = post((available_account(payer), D("-5.00")), (available_account(lender), D("5.00")))
    reversal = reverse_transfer(transfer_id=posted.id, reason="wrong loan", business_date=DAY, now=now, actor=clerk)
    assert balance_of(available_account(payer)) == D("100.00")
    assert balance_of(available_account(lender)) == D("100.00")
    assert Transfer.objects.get(pk=reversal.id).reversal_of_id == posted.id
    assert AuditEntry.objects.get(action="ledger.transfer_reversed").reason == "wrong loan"
    before = count_rows()
    for transfer_id in (posted.id, reversal.id):
        with pytest.raises(AlreadyReversed):
            reverse_transfer(transfer_id=transfer_id, reason="again", business_date=DAY, now=now, actor=clerk)
    with pytest.raises(NotFound):
        reverse_transfer(transfer_id=0, reason="none", business_date=DAY, now=now, actor=clerk)
    assert count_rows() == before
    check_books()


def test_a_reversal_cannot_take_what_is_spent(make_customers, post, now, clerk):
    payer, lender = make_customers(2, balance="5.00")
    posted = post((available_account(payer), D("-5.00")), (available_account(lender), D("5.00")))
    post((available_account(lender), D("-8.00")), (PLATFORM_FEES, D("8.00")), key="spent")
    before = count_rows()
    with pytest.raises(InsufficientFunds):
        reverse_transfer(transfer_id=posted.id, reason="late", business_date=DAY, now=now, actor=clerk)
    assert count_rows() == before
    check_books()


def test_opening_accounts_twice_changes_nothing(make_customers, now):
    (pk,) = make_customers(balance="10.00")
    open_accounts(customer_ids=[pk], now=now)
    assert balance_of_customer(pk).available == D("10.00")


def test_balances_of_many_customers_take_one_query(make_customers, django_assert_num_queries):
    ids = make_customers(20, balance="10.00")
    with django_assert_num_queries(1):
        rows = balances_of_customers([*ids, 987_654_321])
    assert set(rows) == set(ids)
    assert {row.total for row in rows.values()} == {D("10.00")}
    assert balance_of_customer(987_654_321).total == D("0.00")


def test_locked_balances_come_back(make_customers):
    ids = make_customers(2, balance="10.00")
    wanted = [available_account(pk) for pk in reversed(ids)]
    assert lock_balances(wanted) == {account: D("10.00") for account in wanted}


def test_a_statement_runs_backwards_with_the_balance_after_each_entry(make_customers, post):
    (pk,) = make_customers(balance="10.00")
    account = available_account(pk)
    for n in range(1, 8):
        post((account, D("-1.00")), (PLATFORM_FEES, D("1.00")), key=f"s{n}", memo=str(n))
    first = list_statement(account, size=3)
    assert [(row.memo, row.amount, row.balance) for row in first] == [
        ("7", D("-1.00"), D("3.00")),
        ("6", D("-1.00"), D("4.00")),
        ("5", D("-1.00"), D("5.00")),
    ]
    second = list_statement(account, before_entry_id=first[-1].entry_id, size=10)
    assert [row.balance for row in second] == [D("6.00"), D("7.00"), D("8.00"), D("9.00"), D("10.00")]
    assert list_statement(account, before_entry_id=second[-1].entry_id) == []


def test_lines_come_back_as_posted(make_customers, post):
    payer, lender = make_customers(2, balance="100.00")
    lines = [(available_account(payer), D("-5.00")), (available_account(lender), D("5.00"))]
    assert list_lines(post(*lines).id) == lines
