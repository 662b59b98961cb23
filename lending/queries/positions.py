"""What a repayment reads: unpaid instalments and lenders' positions of many loans, one statement each."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from core.arrays import array_literal
from core.prepared import Prepared
from lending.rules.repayment import OpenInstalment
from lending.rules.split import LenderPosition, Parts


@dataclass(frozen=True, slots=True)
class LockedLoan:
    """The facts of a loan whose standing is locked until the end of the transaction."""

    id: int
    number: str
    public_id: str
    borrower_id: int
    state: str
    allocation_order: tuple[str, ...]
    bucket: str
    as_of_date: date


_LOCK = """
SELECT l.id, l.number, l.public_id, l.borrower_id, l.state, l.allocation_order, s.bucket, s.as_of_date
FROM lending_loanstate s JOIN lending_loan l ON l.id = s.loan_id
WHERE s.loan_id = ANY(%s::bigint[]) ORDER BY s.loan_id FOR UPDATE OF s
"""


def lock_loans(loan_ids: Sequence[int]) -> dict[int, LockedLoan]:
    """Lock the standings of loans in order of their ids; loans never paid out have none and are missing."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [array_literal(loan_ids)])
        return {
            pk: LockedLoan(pk, number, public_id, borrower_id, state, tuple(order), bucket, as_of_date)
            for pk, number, public_id, borrower_id, state, order, bucket, as_of_date in cursor.fetchall()
        }


# The fields of OpenInstalment, and of a lender's position with its investor in front.
_OPEN_COLUMNS = (
    "id",
    "n",
    "due_date",
    "((fee - fee_waived - fee_paid) * 100)::bigint",
    "((penalty - penalty_paid) * 100)::bigint",
    "((interest - interest_waived - interest_paid) * 100)::bigint",
    "((principal - principal_paid) * 100)::bigint",
)
_SHARE_COLUMNS = (
    "id",
    "investor_id",
    "(principal * 100)::bigint",
    "(principal_received * 100)::bigint",
    "(interest_received * 100)::bigint",
    "(penalty_received * 100)::bigint",
)
_INSTALMENTS = f"""
SELECT loan_id, {", ".join(_OPEN_COLUMNS)}
FROM lending_instalment WHERE loan_id = ANY(%s::bigint[]) AND paid_at IS NULL ORDER BY loan_id, n
"""  # noqa: S608 - constants


def list_open_instalments(loan_ids: Sequence[int]) -> dict[int, list[OpenInstalment]]:
    """Return the unpaid instalments of each loan, oldest first."""
    found: dict[int, list[OpenInstalment]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_INSTALMENTS, [array_literal(loan_ids)])
        for loan_id, *values in cursor.fetchall():
            found[loan_id].append(OpenInstalment(*values))
    return found


_SHARES = f"""
SELECT loan_id, {", ".join(_SHARE_COLUMNS)}
FROM lending_lendershare WHERE loan_id = ANY(%s::bigint[]) ORDER BY loan_id, id
"""  # noqa: S608 - constants


def list_positions(loan_ids: Sequence[int]) -> tuple[dict[int, list[LenderPosition]], dict[int, int]]:
    """Return each loan's lenders in order of their shares, and the investor behind each share."""
    positions: dict[int, list[LenderPosition]] = defaultdict(list)
    investors: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SHARES, [array_literal(loan_ids)])
        for loan_id, share_id, investor_id, lent, principal, interest, penalty in cursor.fetchall():
            positions[loan_id].append(LenderPosition(share_id, lent, Parts(principal, interest, penalty)))
            investors[share_id] = investor_id
    return positions, investors


@dataclass(frozen=True, slots=True)
class RepaymentFacts:
    """Everything that repayments of some loans need to know; the loans' standings are locked."""

    loans: dict[int, LockedLoan]
    instalments: dict[int, list[OpenInstalment]]
    positions: dict[int, list[LenderPosition]]
    investors: dict[int, int]
    posted_keys: frozenset[str]


# The arrays go through `unnest`, because the database keeps planning anew for arrays whose length it may look at.
_LOCK_STANDINGS = Prepared(
    "SELECT FROM lending_loanstate WHERE loan_id = ANY(ARRAY(SELECT unnest(%(loans)s::bigint[]))) "
    "ORDER BY loan_id FOR UPDATE"
)
_READ = Prepared(f"""
SELECT ARRAY(SELECT idempotency_key FROM lending_repayment
             WHERE idempotency_key = ANY(ARRAY(SELECT unnest(%(keys)s::text[])))),
       l.id, l.number, l.public_id, l.borrower_id, l.state, l.allocation_order, s.bucket, s.as_of_date, open.*, held.*
FROM lending_loanstate s JOIN lending_loan l ON l.id = s.loan_id
CROSS JOIN LATERAL (
    SELECT {", ".join(f"array_agg({column} ORDER BY n)" for column in _OPEN_COLUMNS)}
    FROM lending_instalment WHERE loan_id = s.loan_id AND paid_at IS NULL
) open
CROSS JOIN LATERAL (
    SELECT {", ".join(f"array_agg({column} ORDER BY id)" for column in _SHARE_COLUMNS)}
    FROM lending_lendershare WHERE loan_id = s.loan_id
) held
WHERE s.loan_id = ANY(ARRAY(SELECT unnest(%(loans)s::bigint[])))
""")  # noqa: S608 - constants
# Two statements in one round trip: the second one sees what was committed while the first one waited for the locks.
_LOCK_AND_READ = f"{_LOCK_STANDINGS.call}; {_READ.call}"


def lock_for_repayments(loan_ids: Sequence[int], keys: Sequence[str]) -> RepaymentFacts:
    """Lock the standings of loans in order of their ids, then read what their repayments need."""
    with connection.cursor() as cursor:
        _LOCK_STANDINGS.prepare(cursor)
        _READ.prepare(cursor)
        cursor.execute(_LOCK_AND_READ, {"loans": array_literal(loan_ids), "keys": list(keys)})
        rows = cursor.fetchall()
    facts = RepaymentFacts({}, {}, {}, {}, frozenset(rows[0][0] if rows else ()))
    for _posted_keys, pk, number, public_id, borrower_id, state, order, bucket, as_of_date, *columns in rows:
        facts.loans[pk] = LockedLoan(pk, number, public_id, borrower_id, state, tuple(order), bucket, as_of_date)
        open_columns, share_columns = columns[: len(_OPEN_COLUMNS)], columns[len(_OPEN_COLUMNS) :]
        # A loan without an unpaid instalment has NULL in each of its columns.
        rows_of_loan = zip(*open_columns, strict=True) if open_columns[0] else ()
        facts.instalments[pk] = [OpenInstalment(*row) for row in rows_of_loan]
        shares = list(zip(*share_columns, strict=True))
        facts.positions[pk] = [
            LenderPosition(share_id, lent, Parts(*received)) for share_id, _investor_id, lent, *received in shares
        ]
        facts.investors.update((share_id, investor_id) for share_id, investor_id, *_amounts in shares)
    return facts
