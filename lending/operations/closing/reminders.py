"""Reminders before and after due dates; whether and how one is sent is decided where messages are."""

from datetime import date, datetime, timedelta

from django.db import connection

from core import parameters
from core.outbox import publish_many
from lending.events import ReminderDue

_REMIND = """
SELECT i.loan_id, l.borrower_id, i.id, i.due_date - %(on)s::date,
       i.fee - i.fee_waived - i.fee_paid + i.penalty - i.penalty_paid
       + i.interest - i.interest_waived - i.interest_paid + i.principal - i.principal_paid, i.due_date
FROM lending_instalment i JOIN lending_loan l ON l.id = i.loan_id AND l.state = 'ACTIVE'
WHERE i.loan_id >= %(low)s AND i.loan_id < %(high)s AND i.paid_at IS NULL AND i.due_date = ANY(%(dates)s::date[])
ORDER BY i.loan_id, i.n
"""


def remind(business_date: date, from_id: int, to_id: int, now: datetime) -> int:
    """Raise the reminders of the day that begins: by default three and one day before, on the date, then when late."""
    today = business_date + timedelta(days=1)
    ladder = parameters.get_value("lending.reminder_days", on=today)
    with connection.cursor() as cursor:
        dates = [today + timedelta(days=days) for days in ladder]
        cursor.execute(_REMIND, {"on": today, "low": from_id, "high": to_id, "dates": dates})
        rows = cursor.fetchall()
    publish_many(
        [
            ReminderDue(
                loan_id=loan_id,
                customer_id=borrower_id,
                instalment_id=instalment_id,
                days=days,
                amount=amount,
                due_date=due_date,
            )
            for loan_id, borrower_id, instalment_id, days, amount, due_date in rows
        ],
        now=now,
    )
    return len(rows)
