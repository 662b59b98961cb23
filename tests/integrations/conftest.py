"""The sandbox, and small makers of requests that differ from test to test by a fresh number only."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from core import clock
from integrations.ports import CardOrder, CreditQuery, CustodyInstruction, CustodyLeg, DepositOrder
from integrations.ports.bureau import BureauPurpose
from integrations.ports.custody import CLEARING_PAYMENT
from tests.fixtures.sandbox import sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]

IDENTITY = "11010519491231002X"
CARD = "6222020200112230018"


def fresh(prefix: str) -> str:
    """Return a number that no other test uses."""
    return f"{prefix}{secrets.token_hex(8)}"


def deposit_order(**changes: object) -> DepositOrder:
    values = {
        "order_number": fresh("DP"),
        "amount": Decimal("1234.56"),
        "description": "账户充值",
        "expires_at": clock.now() + timedelta(minutes=30),
    }
    return DepositOrder(**{**values, **changes})  # type: ignore[arg-type]


def card_order(**changes: object) -> CardOrder:
    values = {
        "order_number": fresh("CD"),
        "amount": Decimal("888.49"),
        "card_number": CARD,
        "holder_name": "张三",
        "authorisation": "MANDATE-1",
        "description": "第3期还款",
    }
    return CardOrder(**{**values, **changes})  # type: ignore[arg-type]


def credit_query(**changes: object) -> CreditQuery:
    values = {
        "query_id": fresh("CQ"),
        "consent_id": "CONSENT-1",
        "purpose": BureauPurpose.LOAN_APPROVAL,
        "holder_name": "张三",
        "identity_number": IDENTITY,
    }
    return CreditQuery(**{**values, **changes})  # type: ignore[arg-type]


def money_in(account_number: str, amount: str, **changes: object) -> CustodyInstruction:
    """Return an instruction that brings money from the payment channel to an account."""
    values = {
        "key": fresh("TR"),
        "kind": "DEPOSIT",
        "business_date": clock.now().date(),
        "legs": (CustodyLeg(CLEARING_PAYMENT, -Decimal(amount)), CustodyLeg(account_number, Decimal(amount))),
        "authorisation": "AUTH-1",
    }
    return CustodyInstruction(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def calls(db: None) -> Callable[[str], list[tuple[str, str, int]]]:
    """Return what the log of outbound calls says about a key: operation, outcome, attempts."""
    from integrations.models import OutboundCall

    def read(key: str) -> list[tuple[str, str, int]]:
        rows = OutboundCall.objects.filter(idempotency_key=key).order_by("pk")
        return list(rows.values_list("operation", "outcome", "attempt_count"))

    return read
