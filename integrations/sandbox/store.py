"""The partners' books in one SQLite file: they survive a restart, and a key answers the same for ever."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (service TEXT, key TEXT, fingerprint TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (service, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (gateway TEXT, number TEXT, kind TEXT NOT NULL, fen INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, gateway_number TEXT NOT NULL, status TEXT NOT NULL, paid_fen INTEGER NOT NULL DEFAULT 0,
    paid_at TEXT, failure_code TEXT NOT NULL DEFAULT '', card_number TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL, notify_url TEXT NOT NULL, expires_at TEXT, created_at TEXT NOT NULL,
    PRIMARY KEY (gateway, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cards (number TEXT PRIMARY KEY, outcome TEXT NOT NULL DEFAULT '', fen INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS callbacks (id INTEGER PRIMARY KEY, service TEXT NOT NULL, event_id TEXT NOT NULL,
    url TEXT NOT NULL, content TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL, last_status INTEGER);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (state, due);
CREATE TABLE IF NOT EXISTS accounts (number TEXT PRIMARY KEY, holder_name TEXT NOT NULL, identity_number TEXT UNIQUE,
    may_be_negative INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS balances (account TEXT, is_frozen INTEGER, fen INTEGER NOT NULL,
    PRIMARY KEY (account, is_frozen)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS instructions (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status TEXT NOT NULL,
    reference TEXT NOT NULL, code TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS legs (id INTEGER PRIMARY KEY, business_date TEXT NOT NULL, key TEXT NOT NULL,
    reference TEXT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL, is_frozen INTEGER NOT NULL,
    fen INTEGER NOT NULL, booked_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS legs_by_date ON legs (business_date, id);
CREATE TABLE IF NOT EXISTS hidden_keys (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS profiles (identity_number TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, message_id TEXT NOT NULL,
    address TEXT NOT NULL, content TEXT NOT NULL, notify_url TEXT NOT NULL, sent_at TEXT NOT NULL,
    UNIQUE (channel, message_id));
CREATE INDEX IF NOT EXISTS messages_by_address ON messages (channel, address, id);
CREATE TABLE IF NOT EXISTS certificates (serial TEXT PRIMARY KEY, revoked_at TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class KeyReused(Exception):
    """The same idempotency key came with another content."""


class Store:
    """One connection, used by the one thread of the event loop; a handler never awaits inside a transaction."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # With a write-ahead log a committed row survives kill -9 of this process.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all of a block's writes or none."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute one statement."""
        return self._connection.execute(sql, values)

    def run_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Execute one statement for each row."""
        self._connection.executemany(sql, rows)

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return all rows."""
        return self._connection.execute(sql, values).fetchall()

    def next_number(self, name: str) -> int:
        """Return the next number of a named counter."""
        row = self.one(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            name,
        )
        return int(row["value"]) if row else 0

    def find_answer(self, service: str, key: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """Return the answer given before under a key. Raises KeyReused when the content differs."""
        row = self.one("SELECT fingerprint, answer FROM answers WHERE service = ? AND key = ?", service, key)
        if row is None:
            return None
        if row["fingerprint"] != fingerprint(payload):
            raise KeyReused(key)
        answer: dict[str, Any] = json.loads(row["answer"])
        return answer

    def keep_answer(self, service: str, key: str, payload: dict[str, Any], answer: dict[str, Any]) -> None:
        """Remember an answer under its key."""
        self.run(
            "INSERT INTO answers VALUES (?, ?, ?, ?)",
            service,
            key,
            fingerprint(payload),
            json.dumps(answer, ensure_ascii=False),
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def fingerprint(payload: dict[str, Any]) -> str:
    """Return a digest of a request's content, apart from where its callback goes."""
    content = {name: value for name, value in payload.items() if name != "notify_url"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
