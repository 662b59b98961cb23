"""Days past due, buckets and classes as they stand on the morning after."""

from datetime import date, datetime, timedelta

from django.db import connection

from core.outbox import publish_many
from lending.events import BucketChanged
from lending.rules.arrears import BUCKETS, GRADES

# Only loans that are late, or whose next due date has passed, have anything to age.
_AGE = """
WITH locked AS (
    SELECT s.loan_id, s.bucket AS old_bucket, s.oldest_unpaid_due_date AS oldest
    FROM lending_loanstate s
    WHERE s.loan_id >= %(low)s AND s.loan_id < %(high)s
      AND (s.oldest_unpaid_due_date < %(on)s OR s.next_due_date < %(on)s OR s.dpd > 0)
    ORDER BY s.loan_id FOR UPDATE
), figures AS (
    SELECT k.loan_id, k.old_bucket, greatest(%(on)s::date - k.oldest, 0) AS dpd,
           COALESCE(sum(u.scheduled) FILTER (WHERE i.due_date < %(on)s), 0) AS overdue,
           min(i.due_date) FILTER (WHERE i.due_date >= %(on)s) AS next_due,
           COALESCE((array_agg(u.scheduled + u.penalty ORDER BY i.n) FILTER (WHERE i.due_date >= %(on)s))[1], 0)
               AS next_amount
    FROM locked k JOIN lending_instalment i ON i.loan_id = k.loan_id AND i.paid_at IS NULL
    CROSS JOIN LATERAL (SELECT i.fee - i.fee_waived - i.fee_paid + i.interest - i.interest_waived - i.interest_paid
                               + i.principal - i.principal_paid AS scheduled, i.penalty - i.penalty_paid AS penalty) u
    GROUP BY k.loan_id, k.old_bucket, k.oldest
), graded AS (
    SELECT f.*,
           (SELECT name FROM unnest(%(bucket_floors)s::int[], %(bucket_names)s::text[]) AS b(floor, name)
            WHERE f.dpd >= b.floor ORDER BY b.floor DESC LIMIT 1) AS bucket,
           (SELECT name FROM unnest(%(class_floors)s::int[], %(class_names)s::text[]) AS c(floor, name)
            WHERE f.dpd >= c.floor ORDER BY c.floor DESC LIMIT 1) AS loan_class
    FROM figures f
), aged AS (
    UPDATE lending_loanstate s
    SET dpd = g.dpd, bucket = g.bucket, loan_class = g.loan_class, overdue_amount = g.overdue,
        next_due_date = g.next_due, next_due_amount = g.next_amount, as_of_date = %(on)s
    FROM graded g WHERE s.loan_id = g.loan_id
    RETURNING s.loan_id
)
SELECT g.loan_id, l.borrower_id, g.old_bucket, g.bucket, g.dpd, g.overdue, (SELECT count(*) FROM aged)
FROM graded g JOIN lending_loan l ON l.id = g.loan_id
WHERE g.bucket <> g.old_bucket OR g.loan_id = (SELECT min(loan_id) FROM graded)
ORDER BY g.loan_id
"""


def age(business_date: date, from_id: int, to_id: int, now: datetime) -> int:
    """Set each loan's standing for the day after the business date and tell of every change of bucket."""
    with connection.cursor() as cursor:
        cursor.execute(
            _AGE,
            {
                "on": business_date + timedelta(days=1),
                "low": from_id,
                "high": to_id,
                "bucket_floors": [floor for floor, _name in BUCKETS],
                "bucket_names": [name for _floor, name in BUCKETS],
                "class_floors": [floor for floor, _name in GRADES],
                "class_names": [name for _floor, name in GRADES],
            },
        )
        rows = cursor.fetchall()
    publish_many(
        [
            BucketChanged(
                loan_id=loan_id,
                customer_id=borrower_id,
                from_bucket=old,
                to_bucket=new,
                dpd=dpd,
                overdue_amount=overdue,
            )
            for loan_id, borrower_id, old, new, dpd, overdue, _count in rows
            if old != new
        ],
        now=now,
    )
    return rows[0][6] if rows else 0
