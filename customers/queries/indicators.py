"""What risk watches of the customers: how many leave."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.registries import Indicator, indicators
from core.rules.ratios import Row, share_row

_LEFT = """
SELECT count(*) FILTER (WHERE c.stage = 'LOST' AND left(c.labels #>> '{stage,at}', 10) > %(since)s),
       count(*) FILTER (WHERE c.stage IN ('NEW', 'ACTIVE', 'MATURE')
                        OR c.stage = 'LOST' AND left(c.labels #>> '{stage,at}', 10) > %(since)s)
FROM customers_customer c WHERE c.merged_into_id IS NULL
"""


def compute_leavers(business_date: date) -> Sequence[Row]:
    """Return the share of the customers of 30 days ago who were lost since."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"since": (business_date - timedelta(days=30)).isoformat()})
        lost, had = cursor.fetchone()
    return [share_row("", lost, had)] if had else []


def register_indicators() -> None:
    """Register the indicator of this app."""
    indicators.register(
        "leavers",
        Indicator(
            _("Customers lost"),
            compute_leavers,
            definition=_("Of the customers with dealings within 30 days, the share that is lost since."),
            records=lambda _dimension: f"{reverse('customers:list')}?where=stage:is:LOST",
        ),
    )
