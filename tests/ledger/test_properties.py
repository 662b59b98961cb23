"""Random lives of money: whatever is asked for in whatever order, the books hold and agree with a model of twenty lines."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.models import User
from ledger.models import TransferType
from ledger.operations import (
    AlreadyReversed,
    InsufficientFunds,
    TransferDraft,
    post_transfer,
    post_transfers_bulk,
    reverse_transfer,
    take_checkpoints,
)
from ledger.queries import balance_of, list_lines
from ledger.rules.accounts import CUSTODY, PLATFORM_FEES, RESERVE, SUSPENSE, available_account, frozen_account
from tests.ledger.conftest import DAY, check_books

ACCOUNTS = range(8)
amounts = st.decimals("0.01", "60.00", places=2)
pairs = st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS)).filter(lambda pair: pair[0] != pair[1])
moves = st.tuples(st.just("move"), pairs, amounts)
splits = st.tuples(
    st.just("split"), st.sampled_from(ACCOUNTS), st.lists(st.sampled_from(ACCOUNTS), min_size=1), amounts
)
bulks = st.tuples(st.just("bulk"), st.lists(st.tuples(pairs, amounts), min_size=1, max_size=6))
reversals = st.tuples(st.just("reverse"), st.integers(0, 30))
checkpoints = st.tuples(st.just("checkpoint"))
repeats = st.tuples(st.just("repeat"), st.integers(0, 30))
actions = st.lists(st.one_of(moves, splits, bulks, reversals, checkpoints, repeats), max_size=15)


class Model:
    """The balances as plain numbers; customers, fees and reserve never fall below zero."""

    def __init__(self, accounts: list[int]) -> None:
        self.balances = dict.fromkeys(accounts, Decimal("0.00"))

    def take(self, lines: list[tuple[int, Decimal]]) -> bool:
        after = dict(self.balances)
        for account, amount in lines:
            after[account] += amount
        # A platform account is asked only when a posting takes from it, and then by its balance after the whole.
        if any(after[account] < 0 for account, _amount in lines if account not in (CUSTODY, SUSPENSE)):
            return False
        self.balances = after
        return True


class World:
    """The real books beside the model."""

    def __init__(self, customer_ids: list[int], now: datetime, actor: User) -> None:
        first, second = customer_ids
        self.accounts = [
            CUSTODY,
            PLATFORM_FEES,
            RESERVE,
            SUSPENSE,
            available_account(first),
            frozen_account(first),
            available_account(second),
            frozen_account(second),
        ]
        self.model = Model(self.accounts)
        self.now, self.actor, self.count = now, actor, 0
        self.posted: list[tuple[int, str, list[tuple[int, Decimal]], str]] = []

    def key(self) -> str:
        self.count += 1
        return f"h{self.count}"

    def post(
        self, lines: list[tuple[int, Decimal]], key: str | None = None, type_: str = TransferType.REPAYMENT
    ) -> None:
        name = key or self.key()
        try:
            with transaction.atomic():
                posted = post_transfer(
                    type=TransferType(type_),
                    lines=lines,
                    idempotency_key=name,
                    business_date=DAY,
                    now=self.now,
                    actor=None,
                )
        except InsufficientFunds:
            assert not self.model.take(lines)
            return
        if posted.is_new:
            assert self.model.take(lines)
            self.posted.append((posted.id, name, lines, type_))

    def act(self, action: tuple) -> None:
        match action:
            case ("move", (source, target), amount):
                self.post([(self.accounts[source], -amount), (self.accounts[target], amount)])
            case ("split", source, targets, amount):
                lines = [(self.accounts[target], amount) for target in targets]
                self.post([(self.accounts[source], -amount * len(lines)), *lines])
            case ("bulk", rows):
                self.post_bulk(rows)
            case ("reverse", n) if self.posted:
                self.reverse(self.posted[n % len(self.posted)][0])
            case ("repeat", n) if self.posted:
                _id, name, lines, type_ = self.posted[n % len(self.posted)]
                self.post(lines, name, type_)
            case ("checkpoint",):
                take_checkpoints(now=self.now)

    def post_bulk(self, rows: list) -> None:
        drafts = [
            TransferDraft(TransferType.FEE, [(self.accounts[a], -amount), (self.accounts[b], amount)], self.key())
            for (a, b), amount in rows
        ]
        lines = [line for draft in drafts for line in draft.lines]
        try:
            with transaction.atomic():
                posted = post_transfers_bulk(drafts=drafts, business_date=DAY, now=self.now, actor=None)
        except InsufficientFunds:
            assert not self.model.take(lines)
            return
        assert self.model.take(lines)
        self.posted += [
            (row.id, draft.idempotency_key, list(draft.lines), draft.type)
            for row, draft in zip(posted, drafts, strict=True)
        ]

    def reverse(self, transfer_id: int) -> None:
        lines = [(account, -amount) for account, amount in list_lines(transfer_id)]
        try:
            with transaction.atomic():
                reverse_transfer(
                    transfer_id=transfer_id, reason="test", business_date=DAY, now=self.now, actor=self.actor
                )
        except InsufficientFunds:
            assert not self.model.take(lines)
        except AlreadyReversed:
            return
        else:
            assert self.model.take(lines)


@pytest.mark.django_db
@given(actions)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_the_books_hold_and_agree_with_the_model(make_customers, actions):
    with transaction.atomic():
        now = clock.at(DAY, 10)
        actor = User.objects.create(username="prop", kind=User.Kind.STAFF)
        world = World(make_customers(2), now, actor)
        for account in world.accounts[4:]:
            world.post([(CUSTODY, Decimal("-100.00")), (account, Decimal("100.00"))])
        for action in actions:
            world.act(action)
        for account, balance in world.model.balances.items():
            assert balance_of(account) == balance
        check_books()
        transaction.set_rollback(True)
