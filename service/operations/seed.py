"""What a new installation starts with."""

from datetime import date
from typing import Final

from core.models import Parameter

_SOURCE: Final = "互联网金融逾期债务催收自律公约 (2018); GB/T 45251-2025"
_PARAMETERS: Final = (
    ("service.contact_from_hour", "8"),
    ("service.contact_to_hour", "22"),
    ("service.contact_daily_limit", "3"),
)


def ensure_standard_parameters() -> None:
    """Enter the limits on contacts with debtors where they are not there yet."""
    for rule_code, value in _PARAMETERS:
        Parameter.objects.get_or_create(
            rule_code=rule_code,
            valid_from=date(2018, 3, 28),
            defaults={"value": value, "source": _SOURCE},
        )
