"""The penalty of one business date: set-based, once a loan and date, under the legal cap (民间借贷解释 art. 29)."""

from datetime import date, datetime

from django.db import connection

# The same arithmetic as lending.rules.arrears.add_penalty_days, whole partition at once; a test compares the two.
_ACCRUE = """
WITH locked AS (
    SELECT s.loan_id, s.penalty_yuan_days, s.penalty_charged_total, s.penalty_cut_total
    FROM lending_loanstate s
    WHERE s.loan_id >= %(low)s AND s.loan_id < %(high)s AND s.oldest_unpaid_due_date < %(on)s
    ORDER BY s.loan_id FOR UPDATE
), late AS (
    SELECT k.loan_id, sum(i.principal - i.principal_paid) AS base,
           (array_agg(i.id ORDER BY i.n))[1] AS instalment_id
    FROM locked k JOIN lending_instalment i ON i.loan_id = k.loan_id
    WHERE i.paid_at IS NULL AND i.due_date < %(on)s
    GROUP BY k.loan_id HAVING sum(i.principal - i.principal_paid) > 0
), totals AS (
    SELECT late.*, k.penalty_yuan_days + late.base AS yuan_days, k.penalty_charged_total, k.penalty_cut_total,
           round((k.penalty_yuan_days + late.base) * l.penalty_daily_rate, 2) AS agreed,
           trunc((k.penalty_yuan_days + late.base) * l.cap_rate / 365, 2) AS ceiling,
           -- The cut is rounded by itself: agreed and ceiling are rounded in different directions.
           round((k.penalty_yuan_days + late.base) * (l.penalty_daily_rate - l.cap_rate / 365), 2) AS beyond
    FROM late JOIN locked k ON k.loan_id = late.loan_id
    JOIN lending_loan l ON l.id = late.loan_id AND l.state = 'ACTIVE'
), charged AS (
    SELECT totals.*, greatest(least(agreed, ceiling), penalty_charged_total) AS charged_total,
           greatest(beyond, penalty_cut_total) AS cut_total
    FROM totals
), written AS (
    INSERT INTO lending_chargeaccrual (loan_id, business_date, instalment_id, base, charged, cut)
    SELECT loan_id, %(on)s, instalment_id, base, charged_total - penalty_charged_total,
           cut_total - penalty_cut_total
    FROM charged
    ON CONFLICT (loan_id, business_date) DO NOTHING
    RETURNING loan_id, instalment_id, charged
), instalments AS (
    UPDATE lending_instalment i SET penalty = i.penalty + w.charged
    FROM written w WHERE i.id = w.instalment_id AND w.charged > 0
)
UPDATE lending_loanstate s
SET penalty_yuan_days = c.yuan_days, penalty_charged_total = c.charged_total,
    penalty_cut_total = c.cut_total, penalty_outstanding = s.penalty_outstanding + w.charged
FROM written w JOIN charged c ON c.loan_id = w.loan_id
WHERE s.loan_id = w.loan_id
"""


def accrue(business_date: date, from_id: int, to_id: int, _now: datetime) -> int:
    """Charge every loan that was late on the date; running it again charges nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCRUE, {"on": business_date, "low": from_id, "high": to_id})
        return cursor.rowcount
