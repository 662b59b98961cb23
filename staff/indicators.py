"""What risk watches of the doors: log-ins that failed."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from axes.models import AccessFailureLog, AccessLog
from django.utils.translation import gettext_lazy as _

from core.clock import SHANGHAI
from core.registries import Indicator, indicators
from core.rules.ratios import Row, share_row


def compute_failed_logins(business_date: date) -> Sequence[Row]:
    """Return the share of a day's attempts to log in that failed."""
    begin = datetime.combine(business_date, time(), SHANGHAI)
    day = (begin, begin + timedelta(days=1))
    failed = AccessFailureLog.objects.filter(attempt_time__range=day).count()
    passed = AccessLog.objects.filter(attempt_time__range=day).count()
    return [share_row("", failed, failed + passed)] if failed + passed else []


def register_indicators() -> None:
    """Register the indicator of this app."""
    indicators.register(
        "failed_logins",
        Indicator(
            _("Failed log-ins"),
            compute_failed_logins,
            definition=_("Of the attempts to log in of one day, the share that failed."),
        ),
    )
