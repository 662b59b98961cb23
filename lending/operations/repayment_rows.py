"""The rows of posted repayments, written in one statement however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from core.arrays import array_literal
from core.ids import public_id
from core.prepared import Prepared
from lending.models import Repayment
from lending.rules.allocation import Component

if TYPE_CHECKING:
    from lending.operations.repayments import PlannedRepayment

_WRITE = """
WITH paid AS (
    INSERT INTO lending_repayment (public_id, loan_id, kind, amount, fee, penalty, interest, principal, business_date,
                                   received_at, transfer_id, idempotency_key)
    SELECT p.public_id, p.loan_id, p.kind, p.amount / 100.0, p.fee / 100.0, p.penalty / 100.0, p.interest / 100.0,
           p.principal / 100.0, %(business_date)s::date, %(now)s::timestamptz, p.transfer_id, p.key
    FROM unnest(%(public_ids)s::text[], %(loans)s::bigint[], %(kinds)s::text[], %(amounts)s::bigint[],
                %(fees)s::bigint[], %(penalties)s::bigint[], %(interests)s::bigint[], %(principals)s::bigint[],
                %(transfers)s::bigint[], %(keys)s::text[])
         AS p(public_id, loan_id, kind, amount, fee, penalty, interest, principal, transfer_id, key)
    RETURNING *
), allocated AS (
    INSERT INTO lending_allocation (repayment_id, instalment_id, component, amount)
    SELECT paid.id, a.instalment_id, a.component, a.amount / 100.0
    FROM unnest(%(a_loans)s::bigint[], %(a_instalments)s::bigint[], %(a_components)s::text[], %(a_amounts)s::bigint[])
         AS a(loan_id, instalment_id, component, amount) JOIN paid ON paid.loan_id = a.loan_id
), instalments AS (
    UPDATE lending_instalment i
    SET fee_paid = i.fee_paid + c.fee / 100.0, penalty_paid = i.penalty_paid + c.penalty / 100.0,
        interest_paid = i.interest_paid + c.interest / 100.0, principal_paid = i.principal_paid + c.principal / 100.0,
        interest_waived = i.interest_waived + c.interest_waived / 100.0,
        fee_waived = i.fee_waived + c.fee_waived / 100.0, fee = i.fee + c.fee_added / 100.0,
        paid_at = CASE WHEN c.is_paid THEN %(now)s::timestamptz ELSE i.paid_at END
    FROM unnest(%(i_ids)s::bigint[], %(i_fees)s::bigint[], %(i_penalties)s::bigint[], %(i_interests)s::bigint[],
                %(i_principals)s::bigint[], %(i_interest_waived)s::bigint[], %(i_fee_waived)s::bigint[],
                %(i_fee_added)s::bigint[], %(i_paid)s::boolean[])
         AS c(id, fee, penalty, interest, principal, interest_waived, fee_waived, fee_added, is_paid)
    WHERE i.id = c.id
), distributed AS (
    INSERT INTO lending_distribution (repayment_id, share_id, principal, interest, penalty)
    SELECT paid.id, d.share_id, d.principal / 100.0, d.interest / 100.0, d.penalty / 100.0
    FROM unnest(%(d_loans)s::bigint[], %(d_shares)s::bigint[], %(d_principals)s::bigint[], %(d_interests)s::bigint[],
                %(d_penalties)s::bigint[]) AS d(loan_id, share_id, principal, interest, penalty)
    JOIN paid ON paid.loan_id = d.loan_id
), shares AS (
    UPDATE lending_lendershare s
    SET principal_received = s.principal_received + d.principal / 100.0,
        interest_received = s.interest_received + d.interest / 100.0,
        penalty_received = s.penalty_received + d.penalty / 100.0
    FROM unnest(%(d_shares)s::bigint[], %(d_principals)s::bigint[], %(d_interests)s::bigint[],
                %(d_penalties)s::bigint[]) AS d(share_id, principal, interest, penalty)
    WHERE s.id = d.share_id
), standings AS (
    UPDATE lending_loanstate s
    SET principal_outstanding = n.principal / 100.0, interest_outstanding = n.interest / 100.0,
        fees_outstanding = n.fees / 100.0, penalty_outstanding = n.penalty / 100.0, overdue_amount = n.overdue / 100.0,
        oldest_unpaid_due_date = n.oldest, next_due_date = n.next_due, next_due_amount = n.next_amount / 100.0,
        dpd = n.dpd, bucket = n.bucket, loan_class = n.loan_class
    FROM unnest(%(loans)s::bigint[], %(s_principals)s::bigint[], %(s_interests)s::bigint[], %(s_fees)s::bigint[],
                %(s_penalties)s::bigint[], %(s_overdue)s::bigint[], %(s_oldest)s::date[], %(s_next)s::date[],
                %(s_next_amounts)s::bigint[], %(s_dpd)s::int[], %(s_buckets)s::text[], %(s_classes)s::text[])
         AS n(loan_id, principal, interest, fees, penalty, overdue, oldest, next_due, next_amount, dpd, bucket,
              loan_class)
    WHERE s.loan_id = n.loan_id
), settled AS (
    UPDATE lending_loan l
    SET state = 'SETTLED', settled_at = %(now)s::timestamptz, settled_early = n.is_early
    FROM unnest(%(settled)s::bigint[], %(settled_early)s::boolean[]) AS n(loan_id, is_early) WHERE l.id = n.loan_id
)
SELECT {columns} FROM paid
"""
_COLUMNS = [str(field.column) for field in Repayment._meta.concrete_fields]
_WRITE_ROWS = Prepared(_WRITE.replace("{columns}", ", ".join(_COLUMNS)))
_NOTHING_CHANGED = (0, 0, 0, 0, 0, 0, 0)


def write_repayments(
    planned: Sequence[PlannedRepayment], transfer_ids: Sequence[int], *, business_date: date, now: datetime
) -> list[Repayment]:
    """Write repayments, allocations, distributions and all they change; return them in the order of the plans."""
    columns: dict[str, Iterable[object]] = {
        "transfers": transfer_ids,
        **_payments(planned),
        **_allocations(planned),
        **_instalments(planned),
        **_distributions(planned),
        **_standings(planned),
    }
    parameters: dict[str, Any] = {name: array_literal(values) for name, values in columns.items()}
    # Keys are the callers' own text; the driver quotes them.
    parameters |= {
        "keys": [item.draft.idempotency_key for item in planned],
        "business_date": business_date,
        "now": now,
    }
    with connection.cursor() as cursor:
        if len(planned) == 1:
            _WRITE_ROWS.execute(cursor, parameters)
        else:
            cursor.execute(_WRITE_ROWS.text, parameters)
        rows = [Repayment.from_db(connection.alias, _COLUMNS, row) for row in cursor.fetchall()]
    by_loan = {row.loan_id: row for row in rows}
    return [by_loan[item.loan.id] for item in planned]


def _payments(planned: Sequence[PlannedRepayment]) -> dict[str, list[object]]:
    return {
        "public_ids": [public_id() for _item in planned],
        "loans": [item.loan.id for item in planned],
        "kinds": [str(item.draft.kind) for item in planned],
        "amounts": [item.plan.amount_fen for item in planned],
        "fees": [item.plan.totals.fee_fen for item in planned],
        "penalties": [item.plan.totals.penalty_fen for item in planned],
        "interests": [item.plan.totals.interest_fen for item in planned],
        "principals": [item.plan.totals.principal_fen for item in planned],
        "settled": [item.loan.id for item in planned if item.plan.is_settled],
        "settled_early": [item.draft.kind == Repayment.Kind.SETTLEMENT for item in planned if item.plan.is_settled],
    }


def _allocations(planned: Sequence[PlannedRepayment]) -> dict[str, list[object]]:
    rows = [(item.loan.id, *allocation) for item in planned for allocation in item.plan.allocations]
    return {
        "a_loans": [row[0] for row in rows],
        "a_instalments": [row[1] for row in rows],
        "a_components": [row[2].value for row in rows],
        "a_amounts": [row[3] for row in rows],
    }


def _instalments(planned: Sequence[PlannedRepayment]) -> dict[str, list[object]]:
    """Merge what each instalment was paid, what was taken off it and what was added to it into one row each."""
    columns = {
        component: place
        for place, component in enumerate((Component.FEE, Component.PENALTY, Component.INTEREST, Component.PRINCIPAL))
    }
    changes: dict[int, list[int]] = {}
    paid: set[int] = set()
    for item in planned:
        for pk, component, fen in item.plan.allocations:
            changes.setdefault(pk, list(_NOTHING_CHANGED))[columns[component]] += fen
        for pk, interest, fee in item.plan.waived:
            row = changes.setdefault(pk, list(_NOTHING_CHANGED))
            row[4] += interest
            row[5] += fee
        for pk, interest in item.plan.credited:
            changes[pk][4] += interest
        if item.draft.added_fee is not None:
            changes.setdefault(item.draft.added_fee[0], list(_NOTHING_CHANGED))[6] += item.draft.added_fee[1]
        paid.update(item.plan.paid_instalment_ids)
    ids = sorted(changes)
    names = ("i_fees", "i_penalties", "i_interests", "i_principals", "i_interest_waived", "i_fee_waived", "i_fee_added")
    result: dict[str, list[object]] = {name: [changes[pk][place] for pk in ids] for place, name in enumerate(names)}
    result["i_ids"] = list(ids)
    result["i_paid"] = [pk in paid for pk in ids]
    return result


def _distributions(planned: Sequence[PlannedRepayment]) -> dict[str, list[object]]:
    rows = [
        (item.loan.id, share_id, parts)
        for item in planned
        for share_id, parts in item.plan.lender_parts
        if parts.total_fen
    ]
    return {
        "d_loans": [row[0] for row in rows],
        "d_shares": [row[1] for row in rows],
        "d_principals": [row[2].principal_fen for row in rows],
        "d_interests": [row[2].interest_fen for row in rows],
        "d_penalties": [row[2].penalty_fen for row in rows],
    }


def _standings(planned: Sequence[PlannedRepayment]) -> dict[str, list[object]]:
    rows = [item.plan.standing for item in planned]
    return {
        "s_principals": [row.principal_fen for row in rows],
        "s_interests": [row.interest_fen for row in rows],
        "s_fees": [row.fees_fen for row in rows],
        "s_penalties": [row.penalty_fen for row in rows],
        "s_overdue": [row.overdue_fen for row in rows],
        "s_oldest": [row.oldest_unpaid_due_date for row in rows],
        "s_next": [row.next_due_date for row in rows],
        "s_next_amounts": [row.next_due_fen for row in rows],
        "s_dpd": [row.dpd for row in rows],
        "s_buckets": [row.bucket for row in rows],
        "s_classes": [row.loan_class for row in rows],
    }
