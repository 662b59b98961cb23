"""What must hold in the books at every moment, as questions whose right answer is no row.

Each is one statement over its own snapshot, so that it may run while money moves. Higher apps add theirs.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.registries import Registry


@dataclass(frozen=True)
class Invariant:
    """A rule and the statement that finds what breaks it: one row a violation, its first column names the record."""

    definition: Text
    sql: str


@dataclass(frozen=True)
class Finding:
    """The answer for one rule; `samples` are the first broken records."""

    name: str
    definition: str
    violation_count: int
    samples: tuple[str, ...]
    duration_ms: int

    @property
    def holds(self) -> bool:
        """Tell whether nothing breaks the rule."""
        return self.violation_count == 0


invariants: Registry[Invariant] = Registry("invariants")

_TRIGGERS: Final = (
    "('ledger_accountbalance', 'ledger_guard_balances'), ('ledger_account', 'ledger_open_balances'), "
    "('ledger_entry', 'ledger_post_entries'), ('ledger_transfer', 'ledger_check_transfers'), "
    "('ledger_account', 'ledger_immutable'), ('ledger_transfer', 'ledger_immutable'), "
    "('ledger_entry', 'ledger_immutable'), ('ledger_balancecheckpoint', 'ledger_immutable'), "
    "('ledger_custodyposting', 'ledger_immutable')"
)

_OWN: Final = {
    "transfers_sum_to_zero": Invariant(
        _("The entries of each transfer sum to zero."),
        "SELECT transfer_id FROM ledger_entry GROUP BY transfer_id HAVING sum(amount) <> 0",
    ),
    "total_is_zero": Invariant(
        _("All entries together sum to zero."), "SELECT sum(amount) FROM ledger_entry HAVING sum(amount) <> 0"
    ),
    "transfers_are_whole": Invariant(
        _("Each transfer has entries and stands in the custodian's queue, and no entry stands without a transfer."),
        """SELECT coalesce(t.id, e.transfer_id, c.transfer_id) FROM ledger_transfer t
        FULL JOIN (SELECT DISTINCT transfer_id FROM ledger_entry) e ON e.transfer_id = t.id
        FULL JOIN ledger_custodyposting c ON c.transfer_id = coalesce(t.id, e.transfer_id)
        WHERE t.id IS NULL OR e.transfer_id IS NULL OR c.transfer_id IS NULL""",
    ),
    "balances_are_sums": Invariant(
        _("Each customer's balance is the sum of its entries."),
        """SELECT coalesce(b.account_id, e.account_id) FROM ledger_accountbalance b
        FULL JOIN (SELECT account_id, sum(amount) AS total FROM ledger_entry WHERE account_id >= 10 GROUP BY 1) e
            ON e.account_id = b.account_id
        WHERE b.account_id IS NULL OR b.balance <> coalesce(e.total, 0)""",
    ),
    "nobody_below_zero": Invariant(
        _("No customer's balance is negative, nor the platform's fees, own money or reserve."),
        """SELECT account_id FROM ledger_accountbalance WHERE balance < 0
        UNION ALL SELECT id FROM ledger_account
        WHERE customer_id IS NULL AND allowed_sign * ledger_balance(id) < 0""",
    ),
    "checkpoints_are_sums": Invariant(
        _("Each checkpoint is the sum of its account's entries up to it."),
        """SELECT c.id FROM ledger_balancecheckpoint c
        WHERE c.balance <> (SELECT coalesce(sum(e.amount), 0) FROM ledger_entry e
            WHERE e.account_id = c.account_id AND e.id <= c.through_entry_id)
        AND c.through_entry_id = (SELECT max(m.through_entry_id) FROM ledger_balancecheckpoint m
            WHERE m.account_id = c.account_id)""",
    ),
    "keys_have_one_effect": Invariant(
        _("No idempotency key and no instruction of the custodian has two transfers."),
        """SELECT min(id) FROM ledger_transfer GROUP BY idempotency_key HAVING count(*) > 1
        UNION ALL SELECT min(id) FROM ledger_transfer WHERE custody_reference <> ''
        GROUP BY custody_reference HAVING count(*) > 1""",
    ),
    "reversals_undo_their_originals": Invariant(
        _("A reversal and its original together move nothing."),
        """SELECT r.id FROM ledger_transfer r
        JOIN ledger_entry e ON e.transfer_id IN (r.id, r.reversal_of_id)
        WHERE r.reversal_of_id IS NOT NULL GROUP BY r.id, e.account_id HAVING sum(e.amount) <> 0""",
    ),
    "orders_match_transfers": Invariant(
        _("Each payment that succeeded has its transfer and no other one has."),
        """SELECT o.number FROM ledger_paymentorder o LEFT JOIN ledger_transfer t
            ON t.idempotency_key = CASE WHEN o.kind = 'WITHDRAWAL' THEN 'withdrawal:' ELSE 'deposit:' END || o.number
            AND t.type <> 'UNMATCHED_PAYMENT'
        WHERE (o.status = 'SUCCEEDED') <> (t.id IS NOT NULL)""",
    ),
    "statements_agree": Invariant(
        _("Every difference with the custodian's statements is cleared up."),
        "SELECT id FROM ledger_reconciliationdifference WHERE resolved_at IS NULL",
    ),
    "no_blocking_case": Invariant(
        _("No case that holds money is open."),
        "SELECT number FROM ledger_ledgercase WHERE status = 'OPEN' AND is_blocking",
    ),
    "database_enforces": Invariant(
        _("The triggers that enforce all this are in place and enabled."),
        f"""SELECT wanted.name FROM (VALUES {_TRIGGERS}) AS wanted(relation, name)
        WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = wanted.relation::regclass
            AND g.tgname = wanted.name AND g.tgenabled IN ('O', 'A'))""",  # noqa: S608 - constants
    ),
}
for _name, _invariant in _OWN.items():
    invariants.register(_name, _invariant)


def check_invariants(*, sample_size: int = 5) -> Iterator[Finding]:
    """Ask every question, one after the other, and yield the answers."""
    for name, invariant in invariants.items():
        started = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            # Sums over millions of entries stay in memory instead of going through files.
            cursor.execute("SET LOCAL work_mem = '256MB'")
            cursor.execute(
                f"SELECT count(*), (array_agg(v.name))[1:{sample_size:d}] FROM ({invariant.sql}) AS v(name)"  # noqa: S608
            )
            count, samples = cursor.fetchone()
        yield Finding(
            name=name,
            definition=str(invariant.definition),
            violation_count=count,
            samples=tuple(str(sample) for sample in samples or ()),
            duration_ms=round((time.monotonic() - started) * 1000),
        )
