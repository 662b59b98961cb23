"""Deposits by three gateways, card debits and payouts: the good way, and each way to fail."""

import time
from decimal import Decimal
from typing import Any

import pytest

from integrations import connect
from integrations.adapters import alipay as alipay_adapter
from integrations.adapters import signed_http
from integrations.ports import CardCheck, FinalRefusal, PaymentKind, PaymentStatus, TemporaryFailure
from integrations.sandbox.client import SandboxControl
from tests.integrations.conftest import CARD, IDENTITY, card_order, deposit_order, fresh

pytestmark = pytest.mark.django_db
GATEWAYS = ["wechat", "alipay", "bank"]


@pytest.mark.parametrize("name", GATEWAYS)
class TestDeposits:
    def test_created_paid_and_queried(self, name: str, sandbox: SandboxControl, calls: Any) -> None:
        gateway, order = connect.payment_gateway(name), deposit_order()
        ticket = gateway.create_deposit(order)
        assert ticket.pay_url == f"{sandbox.url}/pay/{name}/{order.order_number}"
        assert gateway.query_deposit(order_number=order.order_number).status is PaymentStatus.PENDING
        sandbox.pay(name, order.order_number)
        result = gateway.query_deposit(order_number=order.order_number)
        assert (result.status, result.amount) == (PaymentStatus.SUCCEEDED, Decimal("1234.56"))
        assert result.kind is PaymentKind.DEPOSIT
        assert result.gateway == name
        assert result.gateway_number
        assert result.paid_at is not None
        assert calls(order.order_number) == [("create_deposit", "SUCCEEDED", 1), ("query_deposit", "SUCCEEDED", 2)]

    def test_same_number_answers_the_same(self, name: str, sandbox: SandboxControl) -> None:
        gateway, order = connect.payment_gateway(name), deposit_order()
        assert gateway.create_deposit(order) == gateway.create_deposit(order)

    def test_same_number_with_another_amount_is_refused(self, name: str, sandbox: SandboxControl) -> None:
        gateway, order = connect.payment_gateway(name), deposit_order()
        gateway.create_deposit(order)
        other = deposit_order(order_number=order.order_number, expires_at=order.expires_at, amount=Decimal("1.00"))
        with pytest.raises(FinalRefusal):
            gateway.create_deposit(other)
        assert sandbox.read_payment(name, order.order_number)["amount"] == "1234.56"

    def test_unknown_order(self, name: str, sandbox: SandboxControl) -> None:
        with pytest.raises(FinalRefusal) as caught:
            connect.payment_gateway(name).query_deposit(order_number=fresh("NO"))
        assert caught.value.code == "ORDER_NOT_FOUND"

    def test_closed_order_cannot_be_paid(self, name: str, sandbox: SandboxControl) -> None:
        gateway, order = connect.payment_gateway(name), deposit_order()
        gateway.create_deposit(order)
        assert gateway.close_deposit(order_number=order.order_number).status is PaymentStatus.CLOSED
        with pytest.raises(Exception, match="409"):
            sandbox.pay(name, order.order_number)

    def test_closing_a_paid_order_tells_that_it_is_paid(self, name: str, sandbox: SandboxControl) -> None:
        gateway, order = connect.payment_gateway(name), deposit_order()
        gateway.create_deposit(order)
        sandbox.pay(name, order.order_number)
        assert gateway.close_deposit(order_number=order.order_number).status is PaymentStatus.SUCCEEDED

    def test_outage_is_temporary(self, name: str, sandbox: SandboxControl, calls: Any) -> None:
        gateway, order = connect.payment_gateway(name), deposit_order()
        sandbox.behave(name, fail_next=1)
        with pytest.raises(TemporaryFailure) as caught:
            gateway.create_deposit(order)
        assert caught.value.code == "HTTP_503"
        assert gateway.create_deposit(order).pay_url
        assert calls(order.order_number) == [("create_deposit", "SUCCEEDED", 2)]

    def test_refusal_is_final(self, name: str, sandbox: SandboxControl, calls: Any) -> None:
        gateway, order = connect.payment_gateway(name), deposit_order()
        sandbox.behave(name, refuse_next=1, refuse_code="RULE_LIMIT")
        with pytest.raises(FinalRefusal) as caught:
            gateway.create_deposit(order)
        assert caught.value.code == "RULE_LIMIT"
        assert calls(order.order_number) == [("create_deposit", "REFUSED", 1)]

    def test_forged_answer_is_not_believed(self, name: str, sandbox: SandboxControl, calls: Any) -> None:
        gateway, order = connect.payment_gateway(name), deposit_order()
        gateway.create_deposit(order)
        sandbox.behave(name, bad_signature_next=1)
        with pytest.raises(TemporaryFailure) as caught:
            gateway.query_deposit(order_number=order.order_number)
        assert (caught.value.code, caught.value.outcome_unknown) == ("BAD_SIGNATURE", True)
        assert calls(order.order_number)[1] == ("query_deposit", "UNKNOWN", 1)

    def test_lost_answer_leaves_the_outcome_unknown(self, name: str, sandbox: SandboxControl) -> None:
        gateway, order = connect.payment_gateway(name), deposit_order()
        sandbox.behave(name, lose_answer_next=1)
        with pytest.raises(TemporaryFailure) as caught:
            gateway.create_deposit(order)
        assert caught.value.outcome_unknown
        assert gateway.query_deposit(order_number=order.order_number).status is PaymentStatus.PENDING

    def test_expired_order_is_closed(self, name: str, sandbox: SandboxControl) -> None:
        gateway, order = connect.payment_gateway(name), deposit_order()
        gateway.create_deposit(order)
        sandbox.set_clock(order.expires_at)
        assert gateway.query_deposit(order_number=order.order_number).status is PaymentStatus.CLOSED

    def test_refused_connection_is_known_not_to_have_arrived(self, name: str, sandbox: Any, settings: Any) -> None:
        settings.SANDBOX_URL = "http://127.0.0.1:9"
        with pytest.raises(TemporaryFailure) as caught:
            connect.payment_gateway(name).create_deposit(deposit_order())
        assert not caught.value.outcome_unknown


class TestTimeouts:
    def test_signed_protocol(self, sandbox: SandboxControl, monkeypatch: pytest.MonkeyPatch) -> None:
        gateway = connect.payment_gateway("bank")
        monkeypatch.setattr(gateway._client._http, "timeout", 0.2)
        self._check(gateway, "bank", sandbox)

    def test_wechat(self, sandbox: SandboxControl, monkeypatch: pytest.MonkeyPatch) -> None:
        gateway = connect.payment_gateway("wechat")
        monkeypatch.setattr(gateway._client._core, "_timeout", (0.2, 0.2))
        self._check(gateway, "wechat", sandbox)

    def test_alipay(self, sandbox: SandboxControl, monkeypatch: pytest.MonkeyPatch) -> None:
        gateway = connect.payment_gateway("alipay")
        monkeypatch.setattr(gateway._client._config, "timeout", 0.2)
        self._check(gateway, "alipay", sandbox)

    @staticmethod
    def _check(gateway: Any, name: str, sandbox: SandboxControl) -> None:
        sandbox.behave(name, hang_next=1, hang_seconds=2)
        started = time.monotonic()
        with pytest.raises(TemporaryFailure) as caught:
            gateway.create_deposit(deposit_order())
        assert (caught.value.code, caught.value.outcome_unknown) == ("NO_ANSWER", True)
        assert time.monotonic() - started < 1.5

    def test_every_client_has_one(self, sandbox: SandboxControl) -> None:
        assert connect.payment_gateway("bank")._client._http.timeout.read == signed_http.READ_TIMEOUT_SECONDS
        assert connect.payment_gateway("wechat")._client._core._timeout == (3.0, 10.0)
        assert connect.payment_gateway("alipay")._client._config.timeout == alipay_adapter.READ_TIMEOUT_SECONDS


class TestCards:
    def test_debit_and_payout_succeed(self, sandbox: SandboxControl) -> None:
        gateway = connect.card_gateway()
        debit = gateway.debit_card(card_order())
        payout = gateway.pay_out(card_order())
        assert (debit.kind, debit.status) == (PaymentKind.CARD_DEBIT, PaymentStatus.SUCCEEDED)
        assert (payout.kind, payout.status) == (PaymentKind.CARD_PAYOUT, PaymentStatus.SUCCEEDED)
        assert debit.amount == Decimal("888.49")

    @pytest.mark.parametrize(
        ("card", "code"),
        [("6222020200110001", "INSUFFICIENT_FUNDS"), ("6222020200110002", "CARD_CLOSED")],
    )
    def test_card_decides_by_its_last_digits(self, card: str, code: str, sandbox: SandboxControl) -> None:
        result = connect.card_gateway().debit_card(card_order(card_number=card))
        assert (result.status, result.failure_code) == (PaymentStatus.FAILED, code)

    def test_double_click_debits_once(self, sandbox: SandboxControl) -> None:
        sandbox.set_cards({CARD: {"balance": "1000.00"}})
        gateway, order = connect.card_gateway(), card_order()
        assert gateway.debit_card(order) == gateway.debit_card(order)
        assert gateway.debit_card(card_order()).failure_code == "INSUFFICIENT_FUNDS"
        assert gateway.pay_out(card_order(amount=Decimal("800.00"))).status is PaymentStatus.SUCCEEDED
        assert gateway.debit_card(card_order()).status is PaymentStatus.SUCCEEDED

    def test_pending_order_is_settled_later(self, sandbox: SandboxControl) -> None:
        gateway, order = connect.card_gateway(), card_order(card_number="6222020200110003")
        assert gateway.debit_card(order).status is PaymentStatus.PENDING
        assert gateway.query_card_order(order_number=order.order_number).status is PaymentStatus.PENDING
        sandbox.settle(order.order_number)
        assert gateway.query_card_order(order_number=order.order_number).status is PaymentStatus.SUCCEEDED

    def test_lost_answer_of_a_payout_pays_once(self, sandbox: SandboxControl) -> None:
        sandbox.set_cards({CARD: {"balance": "0.00"}})
        gateway, order = connect.card_gateway(), card_order()
        sandbox.behave("bank", lose_answer_next=1)
        with pytest.raises(TemporaryFailure) as caught:
            gateway.pay_out(order)
        assert caught.value.outcome_unknown
        assert gateway.pay_out(order).status is PaymentStatus.SUCCEEDED
        assert gateway.debit_card(card_order(amount=Decimal("888.50"))).failure_code == "INSUFFICIENT_FUNDS"

    def test_missing_authorisation_is_refused(self, sandbox: SandboxControl) -> None:
        with pytest.raises(FinalRefusal) as caught:
            connect.card_gateway().debit_card(card_order(authorisation=""))
        assert caught.value.code == "BAD_REQUEST"

    @pytest.mark.parametrize(("card", "matches"), [(CARD, True), ("6222020200110005", False)])
    def test_four_factor_check(self, card: str, matches: bool, sandbox: SandboxControl) -> None:
        check = CardCheck(fresh("CC"), card, "张三", IDENTITY, "13800138000")
        assert connect.card_gateway().check_card(check) is matches


def test_unknown_gateway() -> None:
    with pytest.raises(ValueError, match="paypal"):
        connect.payment_gateway("paypal")
