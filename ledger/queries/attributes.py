"""What the ledger knows about each customer, for lists, labels and segments, and whom its events touch."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from core.events import name_of
from core.registries import Act, Among, Attribute, acts, register_family, touches
from ledger.events import CaseOpened, CustodyAccountOpened, DepositReceived, WithdrawalCompleted, WithdrawalFailed

_MONEY: Final = _("Money")
_TODAY: Final = "(SELECT value FROM core_businessdate)"
_IN: Final = "o.kind IN ('DEPOSIT', 'CARD_DEBIT')"
_OUT: Final = "o.kind = 'WITHDRAWAL'"


def _build_balances(among: Among) -> str:
    return f"""
    SELECT a.customer_id, sum(b.balance) FILTER (WHERE a.kind = 'CUSTOMER_AVAILABLE') AS available,
           sum(b.balance) FILTER (WHERE a.kind = 'CUSTOMER_FROZEN') AS frozen
    FROM ledger_account a JOIN ledger_accountbalance b ON b.account_id = a.id
    WHERE a.customer_id IS NOT NULL {among("a.customer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_flows(among: Among) -> str:
    month = f"o.business_date > {_TODAY} - 30"
    return f"""
    SELECT o.customer_id,
           sum(o.amount) FILTER (WHERE {_IN} AND {month}) AS deposits_30_days,
           sum(o.amount) FILTER (WHERE {_IN}) AS deposits_90_days,
           sum(o.amount) FILTER (WHERE {_OUT} AND {month}) AS withdrawals_30_days,
           sum(o.amount) FILTER (WHERE {_OUT}) AS withdrawals_90_days
    FROM ledger_paymentorder o
    WHERE o.status = 'SUCCEEDED' AND o.business_date > {_TODAY} - 90 {among("o.customer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


_BALANCES: Final = {
    "available": Attribute(_("Available balance"), "money", "ledger.balances", _MONEY),
    "frozen": Attribute(_("Frozen balance"), "money", "ledger.balances", _MONEY),
}
_FLOWS: Final = {
    "deposits_30_days": Attribute(_("Paid in within 30 days"), "money", "ledger.flows", _MONEY),
    "deposits_90_days": Attribute(_("Paid in within 90 days"), "money", "ledger.flows", _MONEY),
    "withdrawals_30_days": Attribute(_("Withdrawn within 30 days"), "money", "ledger.flows", _MONEY),
    "withdrawals_90_days": Attribute(_("Withdrawn within 90 days"), "money", "ledger.flows", _MONEY),
}


def _build_orders(condition: str, among: Among) -> str:
    return f"""
    SELECT o.customer_id, o.business_date AS on_date, o.amount FROM ledger_paymentorder o
    WHERE o.status = 'SUCCEEDED' AND {condition} {among("o.customer_id")}
    """  # noqa: S608 - everything is our own


def _find_named(events: Sequence[Any]) -> Collection[int]:
    return {event.customer_id for event in events if event.customer_id is not None}


def register_attributes() -> None:
    """Register the attributes of this app, what customers do that can be counted, and whom its events touch."""
    register_family("ledger.balances", _build_balances, _BALANCES)
    register_family("ledger.flows", _build_flows, _FLOWS)
    acts.register("deposit", Act(_("paid money in"), lambda among: _build_orders(_IN, among)))
    acts.register("withdrawal", Act(_("withdrew money"), lambda among: _build_orders(_OUT, among)))
    for event in (DepositReceived, WithdrawalCompleted, WithdrawalFailed, CustodyAccountOpened, CaseOpened):
        touches.register(name_of(event), _find_named)
