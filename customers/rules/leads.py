"""Leads: what each of the thirteen methods asks for, how promising a lead is, until when it is to be answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Intake:
    """What the intake of a method asks for: fields of the origin and whether somebody who introduced is named.

    `needs_phone`: without a phone the lead is of no use. `is_consent_needed`: the method reaches people by messages,
    which only those who agreed may get.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    needs_introducer: bool = False
    needs_phone: bool = True
    is_consent_needed: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields of the origin."""
        return self.required + self.optional


INTAKES: Final[Mapping[str, Intake]] = {
    "ACQUAINTANCE": Intake(required=("relation",), optional=("occasion",)),
    "INTRODUCTION": Intake(required=("introduced_how",), needs_introducer=True),
    "CONSULTATION": Intake(required=("enquiry",), optional=("enquiry_channel",)),
    "DIRECT_VISIT": Intake(required=("place",), optional=("visited_date", "impression"), needs_phone=False),
    "CANVASSING": Intake(required=("place",), optional=("impression",), needs_phone=False),
    "PHONE": Intake(required=("call_list",), optional=("call_result",)),
    "ADVERTISING": Intake(required=("medium",), optional=("advertisement", "cost")),
    "EXHIBITION": Intake(required=("event",), optional=("stand", "event_date"), needs_phone=False),
    "ONLINE": Intake(required=("utm_source",), optional=("utm_medium", "utm_campaign", "utm_content", "landing_page")),
    "SMS": Intake(required=("campaign",), optional=("message_id",), is_consent_needed=True),
    "EMAIL": Intake(required=("campaign",), optional=("message_id",), is_consent_needed=True),
    "CHAIN": Intake(required=("referral_code",), optional=("reward",), needs_introducer=True),
    "DATA": Intake(required=("query_name",), optional=("trait", "run_date"), needs_phone=False),
}


def find_gaps(
    method: str, origin: Mapping[str, Any], *, has_phone: bool, has_introducer: bool, has_consent: bool
) -> dict[str, str]:
    """Return what the method's intake lacks: field -> `required`, `not_asked` or `consent`; empty when it is complete."""
    intake = INTAKES[method]
    gaps = {name: "required" for name in intake.required if not str(origin.get(name, "")).strip()}
    gaps |= {name: "not_asked" for name in origin if name not in intake.fields}
    if intake.needs_phone and not has_phone:
        gaps["phone"] = "required"
    if intake.needs_introducer and not has_introducer:
        gaps["introducer"] = "required"
    if intake.is_consent_needed and not has_consent:
        gaps["has_marketing_consent"] = "consent"
    return gaps


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What the score is made of; shares from 0 to 1, None where there are too few leads to say."""

    has_phone: bool
    has_consent: bool
    has_name: bool
    has_need: bool
    amount: Decimal | None
    method_share: float | None = None
    introducer_deals: int = 0
    introducer_share: float | None = None
    minutes_to_answer: int | None = None
    minutes_allowed: int = 120


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: its code, its points, the most it can give, and the value behind it."""

    code: str
    points: int
    most: int
    value: str


_AMOUNT_STEPS: Final = ((Decimal(100_000), 20), (Decimal(50_000), 16), (Decimal(20_000), 12), (Decimal(5_000), 8))


def score_lead(facts: LeadFacts) -> list[Part]:
    """Return the parts of a lead's score; their points add up to 0 to 100.

    Reachable 25 (phone 15, agreed to be contacted 5, name 5), need stated 15, amount 20 by steps, what became of earlier
    leads of the method 15 (half of it where too few are known), quality of the introducer 15, answered in time 10.
    A lead with phone, name and a need over ¥50,000.00 without history has 15 + 5 + 15 + 16 + 8 = 59.
    """
    reachable = 15 * facts.has_phone + 5 * facts.has_consent + 5 * facts.has_name
    amount = next((points for least, points in _AMOUNT_STEPS if (facts.amount or 0) >= least), 4 if facts.amount else 0)
    method = 8 if facts.method_share is None else round(15 * min(facts.method_share / 0.3, 1))
    share = facts.introducer_share if facts.introducer_share is not None else 0.0
    introducer = min(facts.introducer_deals, 5) + round(10 * min(share / 0.5, 1))
    return [
        Part("reachable", reachable, 25, f"{int(facts.has_phone)}{int(facts.has_consent)}{int(facts.has_name)}"),
        Part("need", 15 * facts.has_need, 15, str(int(facts.has_need))),
        Part("amount", amount, 20, "" if facts.amount is None else f"{facts.amount:.2f}"),
        Part("method", method, 15, "" if facts.method_share is None else f"{facts.method_share:.4f}"),
        Part("introducer", introducer, 15, str(facts.introducer_deals)),
        Part(
            "answer", _answer_points(facts), 10, "" if facts.minutes_to_answer is None else str(facts.minutes_to_answer)
        ),
    ]


def _answer_points(facts: LeadFacts) -> int:
    if facts.minutes_to_answer is None:
        return 0
    if facts.minutes_to_answer <= facts.minutes_allowed // 4:
        return 10
    return 6 if facts.minutes_to_answer <= facts.minutes_allowed else 0


def add_working_minutes(
    moment: datetime, minutes: int, *, opens: int, closes: int, is_workday: Callable[[date], bool]
) -> datetime:
    """Return the instant so many working minutes later, in the zone of `moment`.

    With hours from 9 to 18, 120 minutes from a Friday 17:00 end on the next working day at 10:00.
    """
    zone = moment.tzinfo
    day, left = moment.date(), timedelta(minutes=minutes)
    start = moment
    while True:
        opening = datetime.combine(day, time(opens), tzinfo=zone)
        closing = opening + timedelta(hours=closes - opens)
        begin = max(start, opening)
        if is_workday(day) and begin < closing:
            if closing - begin >= left:
                return begin + left
            left -= closing - begin
        day += timedelta(days=1)


def count_working_minutes(
    start: datetime, end: datetime, *, opens: int, closes: int, is_workday: Callable[[date], bool]
) -> int:
    """Return the working minutes between two instants of one zone; 0 when the end is not later."""
    zone, day, total = start.tzinfo, start.date(), timedelta(0)
    while day <= end.date():
        if is_workday(day):
            opening = datetime.combine(day, time(opens), tzinfo=zone)
            closing = opening + timedelta(hours=closes - opens)
            total += max(min(end, closing) - max(start, opening), timedelta(0))
        day += timedelta(days=1)
    return int(total.total_seconds() // 60)


def looks_self_referred(phone_index: str, introducer_phone_index: str) -> bool:
    """Tell whether the introducer introduced himself."""
    return bool(phone_index) and phone_index == introducer_phone_index
