"""What ends by the passing of time."""

from datetime import date, datetime

from core import parameters
from lending.operations import listings, loans, offers


def end_offers(_business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """End offers that nobody accepted in time."""
    return offers.expire_offers(now=now, limit=100_000)


def fail_listings(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Fail listings that are not full on their deadline; every bid is released the same day."""
    return listings.fail_due_listings(now=now, business_date=business_date)


def cancel_unsigned(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Cancel loans whose borrower did not sign in time."""
    days = parameters.get_int("lending.signing_days", on=business_date)
    return loans.cancel_unsigned_loans(now=now, business_date=business_date, signing_days=days)
