"""The SMS operator: signed JSON with a shared secret; delivery receipts and replies come as callbacks."""

from collections.abc import Mapping
from datetime import datetime

from integrations.adapters.calls import read_answer
from integrations.adapters.signed_http import SignedClient
from integrations.ports import BadCallback, DeliveryNotice, DeliveryStatus, SmsMessage

NAME = "sms"


class SmsGatewayAdapter:
    """Short messages."""

    def __init__(self, *, client: SignedClient, notify_url: str) -> None:
        self._client = client
        self._notify_url = notify_url

    def send(self, message: SmsMessage) -> str:
        """Hand the message to the operator."""
        payload = {
            "message_id": message.message_id,
            "phone": message.phone,
            "signature": message.signature,
            "text": message.text,
            "notify_url": self._notify_url,
        }
        call, answer = self._client.call("send", "messages", key=message.message_id, payload=payload)
        return read_answer(call, lambda: str(answer["operator_number"]))

    def read_callback(self, *, headers: Mapping[str, str], body: bytes, path: str, now: datetime) -> DeliveryNotice:
        """Verify and read a receipt or reply."""
        event = self._client.read_callback(headers=headers, body=body, path=path, now=now)
        try:
            return DeliveryNotice(
                event_key=str(event["event_id"]),
                message_id=str(event["message_id"]),
                phone=str(event["phone"]),
                status=DeliveryStatus(event["status"]),
                text=str(event["text"]),
                occurred_at=datetime.fromisoformat(event["occurred_at"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadCallback("MALFORMED") from error
