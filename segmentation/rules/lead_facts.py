"""Which facts of a lead are compared with those of a segment's members as they once came, as a closed list.

Left out on purpose: name, phone, company, consents, what a need says in free words (purposes may be medical), places (they
stand for regions), and the score, which is a judgement of ours. What is not known is compared with nothing: it has no band.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from segmentation.rules.comparable import UNKNOWN, Banded, Kind, band_of

# What somebody wants, and how he came; of each family three traits at most are kept.
_WISH: Final = "lead.wish"
_WAY: Final = "lead.way"
LEAD_FACTS: Final[Mapping[str, tuple[Kind, str]]] = {
    "lead_role": (Kind.TEXT, _WISH),
    "lead_amount": (Kind.NUMBER, _WISH),
    "lead_months": (Kind.NUMBER, _WISH),
    "lead_rate": (Kind.NUMBER, _WISH),
    "lead_method": (Kind.TEXT, _WAY),
    "lead_channel": (Kind.TEXT, _WAY),
    "lead_partner": (Kind.TEXT, _WAY),
    "lead_introducer": (Kind.TEXT, _WAY),
}
# Who brought a lead along: a member of the segment, or another customer.
MEMBER: Final = "MEMBER"
OTHER: Final = "OTHER"
# A fact that a segment's own rule asks for, and the fact of leads that would find the rule again.
SAME_AS: Final[Mapping[str, str]] = {
    "borrower": "lead_role",
    "investor": "lead_role",
    "source": "lead_method",
}
# Where the origin names the channel, by the methods' intakes.
CHANNEL_KEYS: Final = ("utm_source", "enquiry_channel", "medium", "event", "campaign", "call_list", "query_name")


def list_lead_facts(asked: list[str]) -> dict[str, Kind]:
    """Return the facts to compare by, without those that a segment's own rule asks for."""
    without = {SAME_AS[key] for key in asked if key in SAME_AS}
    return {key: kind for key, (kind, _family) in LEAD_FACTS.items() if key not in without}


def band_known(fact: Banded, value: Any) -> str:
    """Return the band of a fact of a lead; nothing where it is not known, which no member shares.

    `segmentation.queries.lookalike_leads.write_known_band` tells the same in SQL.
    """
    if value is None:
        return UNKNOWN
    # Neither kind looks at the day.
    return band_of(fact, value, date.min)
