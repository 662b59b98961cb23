"""How states of offers and coupons look."""

from typing import Final

STATE_TONES: Final = {
    "ISSUED": "info",
    "RESERVED": "info",
    "USED": "good",
    "EXPIRED": "plain",
    "RELEASED": "plain",
    "CANCELLED": "plain",
}
OFFER_TONES: Final = {"DRAFT": "plain", "APPROVED": "good", "PAUSED": "warn", "ENDED": "plain"}
