"""The credit bureau: a synthetic report that depends on nothing but the identity number, unless a test sets it."""

import hashlib
import json
import random
from datetime import timedelta
from typing import Any

from aiohttp import web

from integrations.sandbox.signed import endpoint
from integrations.sandbox.world import MAX_KEY_LENGTH, Refusal, World, text_of, yuan_of

NAME = "bureau"
REPORT_PRICE = "2.00"
REPORT_VALID_DAYS = 30
_PURPOSES = {"LOAN_APPROVAL", "LOAN_MONITORING", "IDENTITY_CHECK"}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class BureauPartner:
    """Serves signed queries; each needs a consent and an agreed purpose."""

    def __init__(self, world: World) -> None:
        self._signer = world.keys.signer(NAME)

    def add_routes(self, app: web.Application) -> None:
        """Answer below /bureau."""
        app.router.add_post("/bureau/reports", endpoint(NAME, self._signer, self._report))
        app.router.add_post("/bureau/identities/check", endpoint(NAME, self._signer, self._check_identity))

    def _report(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        return self._answer_once(world, payload, _make_report)

    def _check_identity(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        return self._answer_once(world, payload, _compare_identity)

    @staticmethod
    def _answer_once(world: World, payload: dict[str, Any], make: Any) -> dict[str, Any]:
        key = text_of(payload, "query_id", MAX_KEY_LENGTH)
        if not payload.get("consent_id"):
            raise Refusal("CONSENT_MISSING")
        if payload.get("purpose") not in _PURPOSES:
            raise Refusal("PURPOSE_NOT_AGREED")
        known = world.store.find_answer(NAME, key, payload)
        if known is not None:
            return known
        answer: dict[str, Any] = make(world, payload)
        world.store.keep_answer(NAME, key, payload, answer)
        return answer


def read_profile(world: World, identity_number: str) -> dict[str, Any]:
    """Return what a test or simulation has set about a person."""
    row = world.store.one("SELECT content FROM profiles WHERE identity_number = ?", identity_number)
    profile: dict[str, Any] = json.loads(row["content"]) if row else {}
    return profile


def _make_report(world: World, payload: dict[str, Any]) -> dict[str, Any]:
    identity = text_of(payload, "identity_number", 30)
    now = world.clock.now()
    number = f"CR{now:%Y%m%d}{world.store.next_number(NAME):08d}"
    profile = read_profile(world, identity)
    overrides = {name: value for name, value in profile.items() if name not in ("holder_name", "identity_result")}
    return {
        "report_number": number,
        "reported_at": now.isoformat(timespec="seconds"),
        "valid_until": (now.date() + timedelta(days=REPORT_VALID_DAYS)).isoformat(),
        "cost": REPORT_PRICE,
        **synthesize(identity),
        **overrides,
    }


def synthesize(identity_number: str) -> dict[str, Any]:
    """Draw a person's credit history from a generator seeded by the identity number.

    Roughly one in eight has none; the rest has a score about 660 (spread 70), and bad marks go with low scores.
    """
    seed = int.from_bytes(hashlib.sha256(f"bureau:{identity_number}".encode()).digest()[:8], "big")
    draw = random.Random(seed)
    if draw.random() < 0.12:
        return _EMPTY_HISTORY | {"query_count_3_months": draw.randrange(3)}
    score = int(min(850, max(350, draw.gauss(660, 70))))
    badness = (700 - score) / 350
    overdue_count = max(0, int(draw.gauss(badness * 4, 1.2)))
    loan_count = max(0, int(draw.gauss(1.6, 1.3)))
    balance_fen = loan_count * draw.randrange(500_000, 6_000_000, 1000)
    limit_fen = draw.randrange(0, 8_000_000, 100_000)
    worst = 0 if overdue_count == 0 else max(1, int(draw.expovariate(1 / (8 + max(0.0, badness) * 60))))
    other_fen = draw.randrange(0, 5_000_000, 10_000) if draw.random() < 0.25 else 0
    return {
        "has_history": True,
        "score": score,
        "overdue_count_24_months": overdue_count,
        "max_days_past_due_24_months": worst,
        "is_overdue_now": overdue_count > 2 and draw.random() < 0.3,
        "query_count_3_months": max(0, int(draw.gauss(1.5 + max(0.0, badness) * 3, 1.5))),
        "open_loan_count": loan_count,
        "open_loan_balance": yuan_of(balance_fen),
        "other_platform_balance": yuan_of(other_fen),
        "monthly_payment": yuan_of(balance_fen // 24 + other_fen // 12),
        "card_limit": yuan_of(limit_fen),
        "card_utilisation": f"{min(1.0, max(0.0, draw.gauss(0.35 + badness * 0.3, 0.2))) if limit_fen else 0.0:.4f}",
        "oldest_account_months": draw.randrange(3, 200),
        "is_blacklisted": score < 480 and draw.random() < 0.25,
    }


_EMPTY_HISTORY = {
    "has_history": False,
    "score": None,
    "overdue_count_24_months": 0,
    "max_days_past_due_24_months": 0,
    "is_overdue_now": False,
    "query_count_3_months": 0,
    "open_loan_count": 0,
    "open_loan_balance": "0.00",
    "other_platform_balance": "0.00",
    "monthly_payment": "0.00",
    "card_limit": "0.00",
    "card_utilisation": "0.0000",
    "oldest_account_months": 0,
    "is_blacklisted": False,
}
REPORT_FIELDS = frozenset(_EMPTY_HISTORY)


def _compare_identity(world: World, payload: dict[str, Any]) -> dict[str, Any]:
    identity = text_of(payload, "identity_number", 30)
    profile = read_profile(world, identity)
    if "identity_result" in profile:
        return {"result": profile["identity_result"]}
    if "holder_name" in profile:
        return {"result": "MATCH" if profile["holder_name"] == payload.get("holder_name") else "MISMATCH"}
    return {"result": "MATCH" if _has_check_digit(identity) else "NO_RECORD"}


def _has_check_digit(number: str) -> bool:
    if len(number) != 18 or not (number[:17].isascii() and number[:17].isdecimal()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17]
