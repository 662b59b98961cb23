"""What risk watches of the money: how much of it leaves."""

from collections.abc import Sequence
from datetime import date

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.registries import Indicator, indicators
from core.rules.ratios import Row, share_row

# What investors lent to borrowers is not theirs to withdraw: money on their accounts, and what has just left them.
_OUTFLOW = """
SELECT coalesce(sum(o.amount), 0)
FROM ledger_paymentorder o JOIN customers_customer c ON c.id = o.customer_id
WHERE o.kind = 'WITHDRAWAL' AND o.status IN ('CREATED', 'PENDING', 'SUCCEEDED') AND c.is_investor
  AND o.business_date > %(on)s::date - 7 AND o.business_date <= %(on)s
"""
_HELD = """
SELECT coalesce(sum(b.balance), 0)
FROM ledger_accountbalance b JOIN ledger_account a ON a.id = b.account_id
JOIN customers_customer c ON c.id = a.customer_id WHERE c.is_investor
"""


def compute_investor_outflow(business_date: date) -> Sequence[Row]:
    """Return what investors withdrew in seven days, as a share of that and what they still hold here."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTFLOW, {"on": business_date})
        (gone,) = cursor.fetchone()
        cursor.execute(_HELD)
        (held,) = cursor.fetchone()
    return [share_row("", gone, gone + held)] if gone + held else []


def register_indicators() -> None:
    """Register the indicator of this app."""
    indicators.register(
        "investor_outflow",
        Indicator(
            _("Outflow of investors"),
            compute_investor_outflow,
            definition=_("Withdrawn by investors within 7 days, divided by that and what they still hold on account."),
        ),
    )
