"""The nightly step that keeps the figures of work about overdue loans those of today."""

from datetime import date, datetime
from typing import Final

from django.db import connection, transaction

STEP: Final = "risk.refresh_arrears"
STEP_ORDER: Final = 450
WORK: Final = "risk.overdue"
# From the open items, which are few, to their loans: the key ends in the loan's id.
_REFRESH: Final = """
UPDATE customers_workitem w
SET params = w.params || jsonb_build_object('amount', s.overdue_amount::text, 'dpd', s.dpd, 'bucket', s.bucket)
FROM lending_loanstate s
WHERE w.state = 'OPEN' AND w.kind = %(kind)s AND s.loan_id = split_part(w.key, ':', 2)::bigint AND s.dpd > 0
  AND (w.params ->> 'amount', w.params ->> 'dpd') IS DISTINCT FROM (s.overdue_amount::text, s.dpd::text)
"""


@transaction.atomic
def refresh_arrears(_business_date: date, _from_id: int, _to_id: int, _now: datetime) -> int:
    """Write the arrears of today into the open items that tell RMs of overdue loans; return how many changed."""
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, {"kind": WORK})
        return cursor.rowcount
