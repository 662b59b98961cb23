"""Callbacks: verified or turned away, stored as they came, done once."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from core import clock
from core.models import AuditEntry
from integrations import connect, inbound
from integrations.inbound import InboundKind
from integrations.models import CallbackRejection, CallbackState, InboundCallback
from integrations.ports import DeliveryStatus, PaymentStatus, SmsMessage
from integrations.sandbox.client import HeldCallback, SandboxControl
from tests.integrations.conftest import card_order, deposit_order, fresh

GATEWAYS = ["wechat", "alipay", "bank"]
SUCCESS = {
    "wechat": b'{"code": "SUCCESS", "message": "OK"}',
    "alipay": b"success",
    "bank": b'{"code": "SUCCESS"}',
    "sms": b'{"code": "SUCCESS"}',
}
BUSINESS_DATE = date(2026, 3, 2)


class Recorder:
    """A registered operation that remembers its calls and fails as often as told."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.failures = 0

    def __call__(self, **arguments: Any) -> None:
        if self.failures:
            self.failures -= 1
            # A write that must not survive the failure.
            CallbackRejection.objects.create(gateway="half", reason="WRITE", hour=arguments["now"])
            raise RuntimeError("the books are closed")
        self.calls.append(arguments)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch, set_business_date: Callable[[date], None]) -> Recorder:
    """Replace whatever the apps have registered."""
    set_business_date(BUSINESS_DATE)
    recorder = Recorder()
    for kind in InboundKind:
        monkeypatch.setitem(inbound._operations._items, kind, recorder)
    return recorder


def pay(sandbox: SandboxControl, gateway: str) -> str:
    """Create and pay a deposit and return its number."""
    order = deposit_order()
    connect.payment_gateway(gateway).create_deposit(order)
    sandbox.pay(gateway, order.order_number)
    return order.order_number


def hold(sandbox: SandboxControl, gateway: str) -> tuple[str, HeldCallback]:
    """Pay a deposit and return its number and the callback that the gateway would have sent."""
    sandbox.behave(gateway, hold_callbacks=True)
    number = pay(sandbox, gateway)
    return number, sandbox.take_callbacks()[-1]


def post(held: HeldCallback, **changes: Any) -> Any:
    headers = {**held.headers, **changes.get("headers", {})}
    content_type = headers.pop("Content-Type")
    body = changes.get("body", held.body)
    path = changes.get("path", held.path)
    return Client().post(path, data=body, content_type=content_type, headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize("gateway", GATEWAYS)
class TestDeposit:
    def test_stored_as_it_came_and_done(self, gateway: str, sandbox: SandboxControl, recorder: Recorder) -> None:
        number, held = hold(sandbox, gateway)
        response = post(held)
        assert (response.status_code, response.content) == (200, SUCCESS[gateway])
        row = InboundCallback.objects.get(gateway=gateway)
        assert row.raw_body.encode() == held.body
        assert (row.state, row.kind, row.failure_count) == (CallbackState.DONE, "DEPOSIT", 0)
        (call,) = recorder.calls
        result = call["notice"].result
        assert (result.order_number, result.status) == (number, PaymentStatus.SUCCEEDED)
        assert str(result.amount) == "1234.56"
        assert call["business_date"] == BUSINESS_DATE
        assert call["idempotency_key"] == f"{gateway}:{row.event_key}"

    def test_replay_answers_success_and_changes_nothing(
        self, gateway: str, sandbox: SandboxControl, recorder: Recorder
    ) -> None:
        _number, held = hold(sandbox, gateway)
        answers = [post(held).content for _ in range(3)]
        assert answers == [SUCCESS[gateway]] * 3
        assert len(recorder.calls) == 1
        assert InboundCallback.objects.count() == 1

    def test_failure_keeps_the_body_and_is_told(
        self, gateway: str, sandbox: SandboxControl, recorder: Recorder
    ) -> None:
        _number, held = hold(sandbox, gateway)
        recorder.failures = 1
        assert post(held).status_code == 500
        row = InboundCallback.objects.get()
        assert (row.state, row.failure_count) == (CallbackState.FAILED, 1)
        assert row.last_error == "RuntimeError: the books are closed"
        assert not CallbackRejection.objects.exists()
        assert post(held).content == SUCCESS[gateway]
        row.refresh_from_db()
        assert (row.state, row.last_error, len(recorder.calls)) == (CallbackState.DONE, "", 1)

    def test_forged_signature_is_turned_away(self, gateway: str, sandbox: SandboxControl, recorder: Recorder) -> None:
        sandbox.behave(gateway, hold_callbacks=True, bad_callback_signatures=1)
        pay(sandbox, gateway)
        self._check_rejected(post(sandbox.take_callbacks()[-1]), gateway, recorder)

    def test_changed_body_is_turned_away(self, gateway: str, sandbox: SandboxControl, recorder: Recorder) -> None:
        _number, held = hold(sandbox, gateway)
        changed = held.body.replace(b"1234.56", b"9234.56") if gateway != "wechat" else held.body + b" "
        assert changed != held.body
        self._check_rejected(post(held, body=changed), gateway, recorder)

    def test_old_signature_is_turned_away(self, gateway: str, sandbox: SandboxControl, recorder: Recorder) -> None:
        sandbox.set_clock(clock.now() - timedelta(minutes=6))
        _number, held = hold(sandbox, gateway)
        self._check_rejected(post(held), gateway, recorder, reason="STALE")

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"{}", b"a=1&sign=x&sign_type=RSA2", b"\x00"])
    def test_rubbish_is_turned_away(
        self, body: bytes, gateway: str, sandbox: SandboxControl, recorder: Recorder
    ) -> None:
        _number, held = hold(sandbox, gateway)
        self._check_rejected(post(held, body=body), gateway, recorder, reason=None)

    def test_nothing_at_all_is_turned_away(self, gateway: str, sandbox: SandboxControl, recorder: Recorder) -> None:
        response = Client().post(f"/api/v1/webhooks/payments/{gateway}/")
        self._check_rejected(response, gateway, recorder, reason=None)

    @staticmethod
    def _check_rejected(response: Any, gateway: str, recorder: Recorder, reason: str | None = "SIGNATURE") -> None:
        assert response.status_code == (400 if gateway == "alipay" else 401)
        assert recorder.calls == []
        assert not InboundCallback.objects.exists()
        counted = CallbackRejection.objects.get(gateway=gateway)
        assert reason is None or counted.reason == reason


@pytest.mark.django_db
class TestRejection:
    def test_one_audit_entry_an_hour_and_a_count(self, sandbox: SandboxControl, recorder: Recorder) -> None:
        _number, held = hold(sandbox, "bank")
        before = AuditEntry.objects.count()
        for _ in range(5):
            post(held, body=b"{}")
        assert CallbackRejection.objects.get().call_count == 5
        entry = AuditEntry.objects.order_by("pk").last()
        assert AuditEntry.objects.count() == before + 1
        assert entry is not None
        assert entry.action == "integrations.callback_rejected"
        assert entry.data == {"gateway": "bank", "reason": "SIGNATURE", "address": "127.0.0.1"}

    def test_callback_of_one_path_is_worth_nothing_on_another(
        self, sandbox: SandboxControl, recorder: Recorder
    ) -> None:
        _number, held = hold(sandbox, "bank")
        assert post(held, path="/api/v1/webhooks/messages/sms/").status_code == 401
        assert post(held, path=f"{held.path}?x=1").status_code == 401

    def test_unknown_wechat_key_causes_no_call_of_ours(self, sandbox: SandboxControl, recorder: Recorder) -> None:
        _number, held = hold(sandbox, "wechat")
        sandbox.behave("wechat", hang_next=1, hang_seconds=5)
        started = time.monotonic()
        assert post(held, headers={"Wechatpay-Serial": "ABCDEF01"}).status_code == 401
        assert post(held, headers={"Wechatpay-Signature-Type": "MD5"}).status_code == 401
        assert post(held, headers={"Wechatpay-Signature": "not base64 !"}).status_code == 401
        assert time.monotonic() - started < 2

    def test_other_gateway_method_and_size(self, sandbox: SandboxControl, recorder: Recorder) -> None:
        assert Client().post("/api/v1/webhooks/payments/paypal/").status_code == 404
        assert Client().get("/api/v1/webhooks/payments/bank/").status_code == 405
        _number, held = hold(sandbox, "bank")
        assert post(held, body=b"x" * 70_000).status_code == 413
        assert not CallbackRejection.objects.exists()


@pytest.mark.django_db
class TestOtherKinds:
    def test_card_debit_settled_later(self, sandbox: SandboxControl, recorder: Recorder) -> None:
        sandbox.behave("bank", settle_later=True, hold_callbacks=True)
        order = card_order(card_number="6222020200110001")
        assert connect.card_gateway().debit_card(order).status is PaymentStatus.PENDING
        assert post(sandbox.take_callbacks()[-1]).status_code == 200
        result = recorder.calls[0]["notice"].result
        assert (result.order_number, result.failure_code) == (order.order_number, "INSUFFICIENT_FUNDS")
        assert InboundCallback.objects.get().kind == "CARD_DEBIT"

    def test_receipt_and_reply_of_a_short_message(self, sandbox: SandboxControl, recorder: Recorder) -> None:
        sandbox.behave("sms", send_receipts=True, hold_callbacks=True)
        phone = "13912345678"
        message = SmsMessage(fresh("SM"), phone, "您的账单已出。", "普惠出借")
        connect.sms_gateway().send(message)
        sandbox.reply(phone, "TD")
        for held in sandbox.take_callbacks():
            assert post(held).content == SUCCESS["sms"]
        receipt, reply = (call["notice"] for call in recorder.calls)
        assert (receipt.status, receipt.message_id) == (DeliveryStatus.DELIVERED, message.message_id)
        assert (reply.status, reply.text, reply.phone) == (DeliveryStatus.REPLIED, "TD", phone)
        with connection.cursor() as cursor:
            cursor.execute("SELECT raw_body FROM integrations_inboundcallback")
            assert not any(phone in row[0] for row in cursor.fetchall())


@pytest.mark.django_db
class TestRetry:
    def test_nobody_registered(self, sandbox: SandboxControl, recorder: Recorder, monkeypatch: Any) -> None:
        _number, held = hold(sandbox, "alipay")
        monkeypatch.delitem(inbound._operations._items, InboundKind.DEPOSIT)
        assert post(held).status_code == 500
        assert InboundCallback.objects.get().state == CallbackState.FAILED
        monkeypatch.setitem(inbound._operations._items, InboundKind.DEPOSIT, recorder)
        now = clock.now()
        assert inbound.retry_open_callbacks(now=now, business_date=BUSINESS_DATE) == 0
        later = now + timedelta(days=3)
        assert inbound.retry_open_callbacks(now=later, business_date=BUSINESS_DATE) == 1
        assert inbound.retry_open_callbacks(now=later, business_date=BUSINESS_DATE) == 0
        assert len(recorder.calls) == 1

    @pytest.mark.parametrize("gateway", GATEWAYS)
    def test_one_failure_stops_no_other(self, gateway: str, sandbox: SandboxControl, recorder: Recorder) -> None:
        recorder.failures = 3
        for _ in range(2):
            _number, held = hold(sandbox, gateway)
            assert post(held).status_code == 500
        later = clock.now() + timedelta(hours=1)
        assert inbound.retry_open_callbacks(now=later, business_date=BUSINESS_DATE) == 1
        assert inbound.retry_open_callbacks(now=later, business_date=BUSINESS_DATE) == 1
        assert len(recorder.calls) == 2

    def test_registry_refuses_a_second_operation(self, recorder: Recorder) -> None:
        inbound.register(InboundKind.DEPOSIT, recorder)
        with pytest.raises(Exception, match="DEPOSIT"):
            inbound.register(InboundKind.DEPOSIT, Recorder())
        with pytest.raises(ValueError, match="REFUND"):
            inbound.register("REFUND", recorder)


@pytest.mark.django_db
def test_database_refuses_a_second_row_and_a_done_one_without_time() -> None:
    row = {"gateway": "bank", "event_key": "E1", "kind": "DEPOSIT", "headers": {}, "raw_body": "x"}
    InboundCallback.objects.create(**row, received_at=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        InboundCallback.objects.create(**row, received_at=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        InboundCallback.objects.update(state=CallbackState.DONE)
    assert InboundCallback.objects.count() == 1


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def live(live_server: Any, settings: Any, sandbox: SandboxControl, recorder: Recorder) -> SandboxControl:
    """Let the sandbox reach the product over HTTP."""
    settings.PUBLIC_URL = live_server.url
    return sandbox


@pytest.mark.django_db(transaction=True)
class TestOverTheWire:
    @pytest.mark.parametrize("gateway", GATEWAYS)
    def test_fifty_simultaneous_duplicates_run_once(
        self, gateway: str, live: SandboxControl, recorder: Recorder
    ) -> None:
        live.behave(gateway, duplicate_callbacks=49)
        number = pay(live, gateway)
        wait_for(lambda: live.list_callbacks(gateway)[0]["state"] == "SENT")
        assert [call["notice"].result.order_number for call in recorder.calls] == [number]
        assert InboundCallback.objects.get().state == CallbackState.DONE

    def test_partner_repeats_after_a_failure_and_a_forgery(self, live: SandboxControl, recorder: Recorder) -> None:
        recorder.failures = 1
        pay(live, "wechat")
        live.behave("bank", bad_callback_signatures=1)
        pay(live, "bank")
        wait_for(lambda: len(recorder.calls) == 2)
        assert CallbackRejection.objects.get().gateway == "bank"

    def test_wrong_order_and_loss(self, live: SandboxControl, recorder: Recorder) -> None:
        live.behave("bank", reorder_callbacks=2)
        numbers = [pay(live, "bank") for _ in range(2)]
        wait_for(lambda: len(recorder.calls) == 2)
        assert [call["notice"].result.order_number for call in recorder.calls] == numbers[::-1]
        live.behave("alipay", drop_callbacks=1)
        lost = pay(live, "alipay")
        result = connect.payment_gateway("alipay").query_deposit(order_number=lost)
        assert result.status is PaymentStatus.SUCCEEDED
        assert len(recorder.calls) == 2
        assert live.send_callbacks("DROPPED") >= 1
        wait_for(lambda: len(recorder.calls) == 3)
