"""Drive a running sandbox from a test, a demonstration or a simulation."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx


@dataclass(frozen=True)
class HeldCallback:
    """A callback that the sandbox holds back, signed now; `path` is where it would have gone."""

    gateway: str
    path: str
    headers: dict[str, str]
    body: bytes


class SandboxControl:
    """The control interface as methods."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=30)

    def reset(self) -> None:
        """Let everybody behave, return to the wall clock, forget what was said about cards."""
        self._send("POST", "/control/reset")

    def behave(self, service: str, **values: Any) -> None:
        """Set a partner's manners; the names are the fields of `behaviour.Behaviour`."""
        self._send("POST", "/control/behaviour", {"service": service, **values})

    def set_clock(self, instant: datetime | None) -> None:
        """Let the partners' clock go on from an instant; None returns to the wall clock."""
        self._send("POST", "/control/clock", {"now": instant.isoformat() if instant else None})

    def pay(self, gateway: str, order_number: str, amount: Decimal | None = None) -> dict[str, Any]:
        """Pay a deposit, or another amount than was asked for."""
        content = {"amount": str(amount)} if amount is not None else {}
        return dict(self._send("POST", f"/control/payments/{gateway}/{order_number}/pay", content))

    def settle(self, order_number: str) -> dict[str, Any]:
        """Bring a pending card order to its end."""
        return dict(self._send("POST", f"/control/payments/bank/{order_number}/settle"))

    def read_payment(self, gateway: str, order_number: str) -> dict[str, Any]:
        """Return the partner's view of an order."""
        return dict(self._send("GET", f"/control/payments/{gateway}/{order_number}"))

    def set_cards(self, cards: Mapping[str, Mapping[str, Any]]) -> None:
        """Say what cards do: `{"6222…": {"outcome": "CARD_CLOSED"}}` or `{"6222…": {"balance": "100.00"}}`."""
        self._send("PUT", "/control/cards", {number: dict(card) for number, card in cards.items()})

    def set_profiles(self, profiles: Mapping[str, Mapping[str, Any]]) -> None:
        """Set parts of credit reports by identity number; also `holder_name` and `identity_result`."""
        self._send("PUT", "/control/bureau/profiles", {number: dict(item) for number, item in profiles.items()})

    def book_unknown_line(self, account_number: str, amount: Decimal, business_date: date) -> str:
        """Book a movement at the custodian that nobody ordered; return its key."""
        content = {
            "account_number": account_number,
            "amount": str(amount),
            "business_date": business_date.isoformat(),
        }
        return str(self._send("POST", "/control/custody/lines", content)["key"])

    def hide_line(self, key: str) -> None:
        """Leave an instruction out of the custodian's statement lines."""
        self._send("POST", "/control/custody/hide", {"key": key})

    def list_messages(self, channel: str, address: str) -> list[dict[str, Any]]:
        """Return the latest messages to a phone ("sms") or mailbox ("mail"), newest first."""
        return list(self._send("GET", f"/control/messages/{channel}?address={address}"))

    def read_code(self, phone: str) -> str:
        """Return the code in the newest message that holds one. Raises LookupError."""
        response = self._http.get(f"/control/codes/{phone}")
        if response.status_code == 404:
            raise LookupError("no code was sent to this phone")
        return str(response.json()["code"])

    def reply(self, phone: str, text: str) -> None:
        """Answer the latest message as the owner of the phone."""
        self._send("POST", "/control/sms/replies", {"phone": phone, "text": text})

    def list_callbacks(self, service: str = "%") -> list[dict[str, Any]]:
        """Return callbacks with their state and attempts, newest first."""
        return list(self._send("GET", f"/control/callbacks?service={service}"))

    def send_callbacks(self, state: str | None = None) -> int:
        """Send callbacks of one state (or all of them) again and return how many."""
        content = {"state": state} if state else {}
        return int(self._send("POST", "/control/callbacks/send", content)["count"])

    def take_callbacks(self) -> list[HeldCallback]:
        """Take the held callbacks, to hand them to `integrations.inbound.receive` without a web server."""
        return [
            HeldCallback(
                gateway=urlsplit(item["url"]).path.rstrip("/").rsplit("/", 1)[-1],
                path=urlsplit(item["url"]).path,
                headers=item["headers"],
                body=base64.b64decode(item["body"]),
            )
            for item in self._send("POST", "/control/callbacks/take")
        ]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _send(self, method: str, path: str, content: Any = None) -> Any:
        response = self._http.request(method, path, json=content if content is not None else {})
        response.raise_for_status()
        return response.json()
