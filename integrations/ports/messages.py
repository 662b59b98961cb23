"""Short messages and mail. The consent gate stands before these ports, in messaging."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class DeliveryStatus(StrEnum):
    """What the operator reports back about a short message."""

    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    REPLIED = "REPLIED"


@dataclass(frozen=True, slots=True)
class SmsMessage:
    """One short message. `message_id` is the idempotency key; `signature` is the sender shown in 【】."""

    message_id: str
    phone: str
    text: str
    signature: str


@dataclass(frozen=True, slots=True)
class MailMessage:
    """One mail. `message_id` is the idempotency key; `html` is optional beside the plain text."""

    message_id: str
    to_address: str
    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryNotice:
    """A verified inbound callback of the SMS operator: a delivery receipt or the recipient's reply."""

    event_key: str
    message_id: str
    phone: str
    status: DeliveryStatus
    text: str
    occurred_at: datetime


class SmsGateway(Protocol):
    """Sends short messages; repeats under one message id reach the phone once."""

    def send(self, message: SmsMessage) -> str:
        """Hand the message to the operator and return the operator's number for it."""
        ...

    def read_callback(self, *, headers: Mapping[str, str], body: bytes, path: str, now: datetime) -> DeliveryNotice:
        """Verify and parse a receipt or reply; raise BadCallback when it proves nothing."""
        ...


class MailGateway(Protocol):
    """Sends mail; a repeat carries the same Message-ID so that servers and clients recognise it."""

    def send(self, message: MailMessage) -> str:
        """Hand the mail over and return its Message-ID."""
        ...
