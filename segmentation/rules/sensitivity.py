"""What a customer is sensitive to decides which offers he is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any, Final

# The grades that are shown to who minds safety.
SAFE_GRADE: Final = 2


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer by its price: the rate that an investor earns or a borrower pays, and the listing's risk grade."""

    annual_rate: Decimal
    risk_grade: int


def choose_offers(sensitivity: str, offers: Sequence[Offer], *, is_lent: bool) -> dict[int, list[dict[str, Any]]]:
    """Return by place the offers that fit what moves a customer, each with its reason; empty where all of them do.

    Who minds the price is shown listings that pay at least the middle of their risk grade, products at most the middle of
    all; who minds safety listings of R1 and R2. Of rates .08, .09 and .12 in one grade .09 and .12 are shown. Where nothing
    fits, everything stays.
    """
    if sensitivity == "SAFETY" and is_lent:
        return {
            place: [{"code": "safety", "grade": offer.risk_grade}]
            for place, offer in enumerate(offers)
            if offer.risk_grade <= SAFE_GRADE
        }
    if sensitivity != "PRICE":
        return {}
    by_grade: dict[int, list[Decimal]] = {}
    for offer in offers:
        by_grade.setdefault(offer.risk_grade, []).append(offer.annual_rate)
    middle = {grade: median(rates) for grade, rates in by_grade.items()}
    sign = 1 if is_lent else -1
    return {
        place: [{"code": "price", "rate": str(offer.annual_rate)}]
        for place, offer in enumerate(offers)
        if sign * (offer.annual_rate - middle[offer.risk_grade]) >= 0
    }
