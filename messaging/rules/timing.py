"""When a message may go out."""

from datetime import datetime, timedelta

# 催收自律: no contact with a debtor between 22:00 and 08:00.
COLLECTION_FROM_HOUR, COLLECTION_TO_HOUR = 8, 22
COLLECTIONS_A_DAY = 3


def next_allowed(now: datetime, *, from_hour: int, to_hour: int) -> datetime:
    """Return the first instant from now on whose hour lies in [from_hour, to_hour).

    At 21:30 with 8 to 21 that is 08:00 of the next morning; equal hours allow the whole day.
    """
    if from_hour == to_hour or from_hour <= now.hour < to_hour:
        return now
    opening = now.replace(hour=from_hour, minute=0, second=0, microsecond=0)
    return opening if now.hour < from_hour else opening + timedelta(days=1)


def send_after(kind: str, now: datetime, *, quiet_from_hour: int, quiet_to_hour: int) -> datetime:
    """Return when a message of a kind may go: codes at once, collections 08–22, everything else outside quiet hours."""
    if kind == "VERIFICATION":
        return now
    if kind == "COLLECTION":
        from_hour = max(COLLECTION_FROM_HOUR, quiet_to_hour)
        return next_allowed(now, from_hour=from_hour, to_hour=min(COLLECTION_TO_HOUR, quiet_from_hour))
    return next_allowed(now, from_hour=quiet_to_hour, to_hour=quiet_from_hour)
