"""Payment orders in the partners' books: the same for WeChat Pay, Alipay and the bank."""

from datetime import datetime
from sqlite3 import Row

from integrations.sandbox.world import Refusal, World

PENDING, SUCCEEDED, FAILED, CLOSED = "PENDING", "SUCCEEDED", "FAILED", "CLOSED"


def find(world: World, gateway: str, number: str) -> Row | None:
    """Return an order; one that nobody paid in time is closed first."""
    row = world.store.one("SELECT * FROM orders WHERE gateway = ? AND number = ?", gateway, number)
    if row is None or row["status"] != PENDING or not row["expires_at"]:
        return row
    if datetime.fromisoformat(row["expires_at"]) > world.clock.now():
        return row
    return settle(world, row, CLOSED)


def create(
    world: World,
    *,
    gateway: str,
    number: str,
    kind: str,
    fen: int,
    fingerprint: str,
    description: str,
    notify_url: str,
    expires_at: str | None = None,
    card_number: str = "",
) -> tuple[Row, bool]:
    """Return the order and whether it is new. Raises Refusal KEY_REUSED when it came with another content."""
    known = find(world, gateway, number)
    if known is not None:
        if known["fingerprint"] != fingerprint:
            raise Refusal("KEY_REUSED", "the order number came with another content before")
        return known, False
    if fen <= 0:
        raise Refusal("BAD_AMOUNT")
    prefix = {"wechat": "42000", "alipay": "20262", "bank": "98000"}[gateway]
    gateway_number = f"{prefix}{world.store.next_number(gateway):023d}"
    world.store.run(
        "INSERT INTO orders (gateway, number, kind, fen, fingerprint, gateway_number, status, card_number, description,"
        " notify_url, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        gateway,
        number,
        kind,
        fen,
        fingerprint,
        gateway_number,
        PENDING,
        card_number,
        description,
        notify_url,
        expires_at,
        world.clock.now().isoformat(timespec="seconds"),
    )
    return _get(world, gateway, number), True


def settle(world: World, order: Row, status: str, *, paid_fen: int = 0, failure_code: str = "") -> Row:
    """Give a pending order its end."""
    world.store.run(
        "UPDATE orders SET status = ?, paid_fen = ?, paid_at = ?, failure_code = ?"
        " WHERE gateway = ? AND number = ? AND status = 'PENDING'",
        status,
        paid_fen,
        world.clock.now().isoformat(timespec="seconds") if status == SUCCEEDED else None,
        failure_code,
        order["gateway"],
        order["number"],
    )
    return _get(world, order["gateway"], order["number"])


def _get(world: World, gateway: str, number: str) -> Row:
    row = world.store.one("SELECT * FROM orders WHERE gateway = ? AND number = ?", gateway, number)
    if row is None:
        raise Refusal("ORDER_NOT_FOUND", number, status=404)
    return row
