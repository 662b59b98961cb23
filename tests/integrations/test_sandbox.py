"""The sandbox itself: its books survive, its keys are made once, strangers are turned away."""

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations import connect
from integrations.config import NAMES, PartnerSettings, partner_settings
from integrations.ports import PaymentStatus
from integrations.ports.custody import CLEARING_PAYOUT
from integrations.sandbox.client import SandboxControl
from tests.fixtures.sandbox import ROOT, SandboxProcess
from tests.integrations.conftest import credit_query, deposit_order, money_in
from tests.integrations.test_custody import move, open_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_sandbox(tmp_path: Path, settings: Any) -> Iterator[SandboxProcess]:
    """A sandbox that a test may kill."""
    running = SandboxProcess(tmp_path / "home with blanks")
    running.start()
    settings.SANDBOX_URL, settings.SANDBOX_HOME = running.url, str(running.home)
    yield running
    running.stop()


def test_books_survive_kill_9(own_sandbox: SandboxProcess) -> None:
    control = SandboxControl(own_sandbox.url)
    order, query, account = deposit_order(), credit_query(), open_account()
    gateway, bank, bureau = connect.payment_gateway("bank"), connect.custody_bank(), connect.credit_bureau()
    gateway.create_deposit(order)
    control.pay("bank", order.order_number)
    instruction = money_in(account, "12.00")
    before = bank.execute(instruction)
    report = bureau.query_report(query)
    own_sandbox.stop(is_killed=True)
    own_sandbox.start()
    assert gateway.query_deposit(order_number=order.order_number).status is PaymentStatus.SUCCEEDED
    assert bank.execute(instruction) == before
    assert bank.execute(move(account, CLEARING_PAYOUT, "12.01")).code == "INSUFFICIENT_FUNDS"
    assert bureau.query_report(query) == report
    # The callback could not be delivered (nobody listens) and is still to come.
    assert control.list_callbacks("bank")[0]["state"] == "PENDING"
    control.close()


def test_init_makes_everything_once_and_for_the_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "made"
    command = [sys.executable, "-m", "integrations.sandbox", "--init", "--home", str(home)]
    starts = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait(timeout=60) for process in starts] == [0, 0]
    files = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
    assert {path: path.read_bytes() for path in files} == files
    keys = [path for path in files if path.name != ".lock"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in keys)
    assert (home / "client.env").exists()


def test_home_has_every_setting(sandbox: SandboxControl) -> None:
    assert partner_settings().list_problems() == []
    assert len(PartnerSettings({}, Path("/")).list_problems()) == len(NAMES)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/bank/debits"),
        ("POST", "/custody/batches"),
        ("POST", "/bureau/reports"),
        ("POST", "/ca/certificates"),
        ("POST", "/sms/messages"),
        ("POST", "/wechat/v3/pay/transactions/native"),
    ],
)
def test_unsigned_requests_are_turned_away(method: str, path: str, sandbox: SandboxControl) -> None:
    assert httpx.request(method, sandbox.url + path, json={}).status_code == 401


def test_unsigned_alipay_request_is_turned_away(sandbox: SandboxControl) -> None:
    answer = httpx.get(f"{sandbox.url}/alipay/gateway.do", params={"method": "alipay.trade.query"}).json()
    assert answer["error_response"]["code"] == "40002"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/control/behaviour", {"service": "nobody", "delay_ms": 1}),
        ("/control/behaviour", {"service": "bank", "delay": 1}),
        ("/control/behaviour", {"service": "bank", "delay_ms": "1"}),
        ("/control/clock", {"now": "yesterday"}),
        ("/control/clock", {"now": "2026-01-01T00:00:00"}),
        ("/control/custody/lines", {}),
    ],
)
def test_control_refuses_what_it_does_not_understand(path: str, content: Any, sandbox: SandboxControl) -> None:
    before = httpx.get(f"{sandbox.url}/control/behaviour").json()
    assert httpx.post(sandbox.url + path, json=content).status_code == 400
    assert httpx.get(f"{sandbox.url}/control/behaviour").json() == before


def test_cashier_page_pays(sandbox: SandboxControl) -> None:
    order = deposit_order(amount=Decimal("8.00"))
    ticket = connect.payment_gateway("alipay").create_deposit(order)
    assert "8.00" in httpx.get(ticket.pay_url).text
    assert "SUCCEEDED" in httpx.post(ticket.pay_url).text
    assert httpx.post(ticket.pay_url).status_code == 409


def test_slow_partner(sandbox: SandboxControl) -> None:
    sandbox.behave("bureau", delay_ms=300)
    assert connect.credit_bureau().query_report(credit_query()).report_number


def test_wrong_amount_can_be_paid(sandbox: SandboxControl) -> None:
    order = deposit_order()
    gateway = connect.payment_gateway("wechat")
    gateway.create_deposit(order)
    sandbox.pay("wechat", order.order_number, Decimal("1.00"))
    assert gateway.query_deposit(order_number=order.order_number).amount == Decimal("1.00")
