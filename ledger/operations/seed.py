"""Reference data of the ledger."""

from datetime import date, datetime

from core.seeding import ensure_parameters


def seed_parameters(_business_date: date, _now: datetime) -> None:
    """Create the parameters that are missing."""
    ensure_parameters([("ledger.deposit_max", "1000000", date(2016, 8, 17), "house rule")])
