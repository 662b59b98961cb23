"""What the customers of a leaver's book do with their money and with us, beside what is usual."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.db import connection

from customers.models import LeaverWatch
from risk.rules.leavers import scale_usual

_DAYS_BEFORE: Final = 90
_FIGURES = """
WITH book AS (SELECT unnest(%(customers)s::bigint[]) AS id),
flow AS (
    SELECT sum(o.amount) FILTER (WHERE o.business_date >= %(from)s AND o.business_date <= %(day)s) AS outflow,
           sum(o.amount) FILTER (WHERE o.business_date < %(from)s) AS before
    FROM ledger_paymentorder o JOIN book ON book.id = o.customer_id
    WHERE o.kind = 'WITHDRAWAL' AND o.status IN ('CREATED', 'PENDING', 'SUCCEEDED')
      AND o.business_date >= %(from)s::date - %(before)s AND o.business_date <= %(day)s
),
gone AS (
    SELECT c.id FROM customers_customer c
    WHERE c.stage = 'LOST' AND left(c.labels #>> '{stage,at}', 10) >= %(from_text)s
)
SELECT coalesce(flow.outflow, 0), coalesce(flow.before, 0),
       (SELECT count(*) FROM gone JOIN book USING (id)),
       (SELECT count(*) FROM gone WHERE id <> ALL (%(customers)s::bigint[])),
       (SELECT count(*) FROM customers_customer WHERE merged_into_id IS NULL AND id <> ALL (%(customers)s::bigint[]))
FROM flow
"""


@dataclass(frozen=True)
class LeaverFigures:
    """Outflow and exits of a book since it was handed over, each with the usual in as many days."""

    outflow: Decimal
    usual_outflow: Decimal
    exits: int
    usual_exits: Decimal


def read_leaver_figures(watch: LeaverWatch, business_date: date) -> LeaverFigures:
    """Return a book's figures up to a business date.

    Usual outflow: the same customers' over the 90 days before, by the day. Usual exits: the share of all other
    customers who were lost in the same days.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _FIGURES,
            {
                "customers": watch.customers,
                "from": watch.from_date,
                "from_text": watch.from_date.isoformat(),
                "day": business_date,
                "before": _DAYS_BEFORE,
            },
        )
        outflow, before, exits, other_exits, others = cursor.fetchone()
    days = (business_date - watch.from_date) // timedelta(days=1) + 1
    usual_exits = Decimal(other_exits) * len(watch.customers) / others if others else Decimal(0)
    return LeaverFigures(Decimal(outflow), scale_usual(Decimal(before), _DAYS_BEFORE, days), exits, usual_exits)
