"""The way in for partners' callbacks: verify, store the raw body, then make the one call a higher app registered."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from core.logging import describe
from core.registries import Registry
from integrations import connect, operations, protocol
from integrations.adapters import wechat
from integrations.models import InboundCallback
from integrations.operations import InboundOperation
from integrations.ports import BadCallback, DeliveryNotice, PaymentKind, PaymentNotice
from integrations.queries import list_open_callbacks

SMS = "sms"
_KEPT_HEADERS = frozenset(name.lower() for name in (*protocol.SIGNED_HEADERS, *wechat.CALLBACK_HEADERS))
_RETRY_AFTER = timedelta(minutes=5)

_log = logging.getLogger(__name__)
_operations: Registry[InboundOperation] = Registry("inbound")


class InboundKind(StrEnum):
    """What an event is about; each kind has one registered operation."""

    DEPOSIT = PaymentKind.DEPOSIT.value
    CARD_DEBIT = PaymentKind.CARD_DEBIT.value
    CARD_PAYOUT = PaymentKind.CARD_PAYOUT.value
    SMS = "SMS"


class _Reader(Protocol):
    def read_callback(
        self, *, headers: Mapping[str, str], body: bytes, path: str, now: datetime
    ) -> PaymentNotice | DeliveryNotice: ...


class OperationMissing(Exception):
    """No app registered an operation for this kind: the partner is told to come again."""


@dataclass(frozen=True)
class Receipt:
    """What became of a verified callback. `is_first` is false for a replay, which changes nothing."""

    callback_id: int
    is_first: bool


def register(kind: InboundKind | str, operation: InboundOperation) -> None:
    """Name the operation for a kind; called in `AppConfig.ready()`."""
    _operations.register(InboundKind(kind), operation)


def receive(
    *,
    gateway: str,
    headers: Mapping[str, str],
    body: bytes,
    path: str,
    now: datetime,
    business_date: date,
) -> Receipt:
    """Take one callback from the wire.

    Raises BadCallback when it proves nothing (nothing is stored then); any other exception means that it is
    stored but not processed, and the partner should report it again.
    """
    notice = _reader(gateway).read_callback(headers=headers, body=body, path=path, now=now)
    kind = _kind_of(notice)
    callback_id = operations.store_callback(
        gateway=gateway,
        event_key=notice.event_key,
        kind=kind,
        path=path,
        headers={name: value for name, value in headers.items() if name.lower() in _KEPT_HEADERS},
        body=body,
        now=now,
    )
    return Receipt(callback_id, _process(callback_id, kind, notice, now=now, business_date=business_date))


def retry_open_callbacks(*, now: datetime, business_date: date, limit: int = 100) -> int:
    """Process callbacks that are stored but not done, and return how many were; one failure stops no other."""
    done = 0
    for callback in list_open_callbacks(received_before=now - _RETRY_AFTER, limit=limit):
        try:
            done += process_again(callback, now=now, business_date=business_date)
        except Exception as error:  # the next callback may be sound; the row keeps the error
            _log.warning("callback %s failed again: %s", callback.pk, type(error).__name__)
    return done


def process_again(callback: InboundCallback, *, now: datetime, business_date: date) -> bool:
    """Read a stored callback once more, signature included, and process it if that is still to be done."""
    notice = _reader(callback.gateway).read_callback(
        headers=callback.headers,
        body=callback.raw_body.encode(),
        path=callback.path,
        now=callback.received_at,
    )
    return _process(callback.pk, callback.kind, notice, now=now, business_date=business_date)


def _process(
    callback_id: int, kind: str, notice: PaymentNotice | DeliveryNotice, *, now: datetime, business_date: date
) -> bool:
    try:
        if kind not in _operations:
            raise OperationMissing(kind)
        return operations.process_callback(
            callback_id=callback_id,
            notice=notice,
            operation=_operations.get(kind),
            now=now,
            business_date=business_date,
        )
    except Exception as error:
        operations.record_callback_failure(callback_id=callback_id, error=describe(error))
        raise


def _reader(gateway: str) -> _Reader:
    if gateway == SMS:
        return connect.sms_gateway()
    try:
        return connect.payment_gateway(gateway)
    except ValueError as error:
        raise BadCallback("UNSUPPORTED") from error


def _kind_of(notice: PaymentNotice | DeliveryNotice) -> InboundKind:
    return InboundKind.SMS if isinstance(notice, DeliveryNotice) else InboundKind(notice.result.kind.value)
