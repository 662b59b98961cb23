"""The client side of the signed JSON protocol."""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from integrations import protocol
from integrations.adapters.calls import CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS, Call, CallLog, logged_call
from integrations.ports import BadCallback

CALLBACK_MAX_AGE_SECONDS = 300


class SignedClient:
    """Posts signed JSON to one partner and believes only signed answers."""

    def __init__(
        self,
        *,
        port: str,
        base_url: str,
        client_id: str,
        signer: protocol.Signer,
        log: CallLog,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        self.port = port
        self._base = httpx.URL(base_url.rstrip("/") + "/")
        self._client_id = client_id
        self._signer = signer
        self._log = log
        self._http = httpx.Client(
            timeout=httpx.Timeout(read_timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS),
            follow_redirects=False,
        )

    def call(self, operation: str, path: str, *, key: str, payload: dict[str, Any]) -> tuple[Call, dict[str, Any]]:
        """Post `payload` and return the finished call with the verified answer.

        Raises TemporaryFailure or FinalRefusal.
        """
        with logged_call(self._log, port=self.port, operation=operation, idempotency_key=key) as call:
            call.request = json.dumps(payload, ensure_ascii=False, sort_keys=True).encode()
            response, nonce = self._post(call, self._base.join(path.lstrip("/")))
            call.response = response.content
            return call, self._judge(call, response, nonce)

    def _post(self, call: Call, url: httpx.URL) -> tuple[httpx.Response, str]:
        timestamp, nonce = str(int(time.time())), protocol.make_nonce()
        message = protocol.message_to_sign(
            first="POST", second=url.raw_path.decode(), timestamp=timestamp, nonce=nonce, body=call.request
        )
        signature = protocol.Signature(self._client_id, timestamp, nonce, self._signer.sign(message))
        headers = {"Content-Type": "application/json", **signature.as_headers()}
        try:
            return self._http.post(url, content=call.request, headers=headers), nonce
        except httpx.ConnectError as error:
            raise call.temporary("UNREACHABLE", type(error).__name__) from error
        except httpx.HTTPError as error:
            unknown = not isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout)
            raise call.temporary("NO_ANSWER", type(error).__name__, outcome_unknown=unknown) from error

    def _judge(self, call: Call, response: httpx.Response, nonce: str) -> dict[str, Any]:
        if response.status_code >= 500 or response.status_code == 429:
            # An unsigned overload page of a proxy is as temporary as the partner's own.
            raise call.temporary(f"HTTP_{response.status_code}", outcome_unknown=response.status_code >= 500)
        signature = protocol.read_signature(response.headers)
        if signature is None or signature.nonce != nonce or not self._is_from_partner(response, signature):
            raise call.temporary("BAD_SIGNATURE", "the answer is not signed by the partner", outcome_unknown=True)
        try:
            answer = json.loads(response.content)
        except ValueError as error:
            raise call.temporary("BAD_ANSWER", "not JSON", outcome_unknown=True) from error
        if not isinstance(answer, dict):
            raise call.temporary("BAD_ANSWER", "not an object", outcome_unknown=True)
        if response.status_code >= 400:
            raise call.final(str(answer.get("code", f"HTTP_{response.status_code}")), str(answer.get("message", "")))
        return answer

    def _is_from_partner(self, response: httpx.Response, signature: protocol.Signature) -> bool:
        message = protocol.message_to_sign(
            first="RESPONSE",
            second=str(response.status_code),
            timestamp=signature.timestamp,
            nonce=signature.nonce,
            body=response.content,
        )
        return self._signer.is_valid(message, signature.value)

    def read_callback(self, *, headers: Mapping[str, str], body: bytes, path: str, now: datetime) -> dict[str, Any]:
        """Return the JSON object of a callback that the partner signed for this path. Raises BadCallback."""
        signature = protocol.read_signature(headers)
        if signature is None:
            raise BadCallback("SIGNATURE")
        message = protocol.message_to_sign(
            first="POST", second=path, timestamp=signature.timestamp, nonce=signature.nonce, body=body
        )
        if not self._signer.is_valid(message, signature.value):
            raise BadCallback("SIGNATURE")
        check_age(signature.timestamp, now)
        return read_json_object(body)


def check_age(timestamp: str, now: datetime) -> None:
    """Refuse a signed time that is not within five minutes of `now`. Raises BadCallback STALE."""
    if not timestamp.isdecimal() or abs(int(timestamp) - now.timestamp()) > CALLBACK_MAX_AGE_SECONDS:
        raise BadCallback("STALE")


def read_json_object(body: bytes) -> dict[str, Any]:
    """Parse a verified body. Raises BadCallback MALFORMED."""
    try:
        value = json.loads(body)
    except ValueError as error:
        raise BadCallback("MALFORMED") from error
    if not isinstance(value, dict):
        raise BadCallback("MALFORMED")
    return value
