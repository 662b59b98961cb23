"""The custodian bank with its own book of sub-accounts; the platform's ledger is reconciled against it."""

from datetime import date
from typing import Any

from aiohttp import web

from integrations.ports.custody import CLEARING_PAYMENT, CLEARING_PAYOUT, INSTITUTION_ACCOUNTS, MAX_BATCH_SIZE
from integrations.sandbox.signed import endpoint
from integrations.sandbox.store import KeyReused, fingerprint
from integrations.sandbox.world import MAX_KEY_LENGTH, Refusal, World, fen_of, text_of, yuan_of

NAME = "custody"
PAGE_SIZE = 5000
_Balances = dict[tuple[str, int], int]


class CustodyPartner:
    """Serves signed calls about accounts, instructions and statements."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._signer = world.keys.signer(NAME)
        with world.store.transaction():
            for number in INSTITUTION_ACCOUNTS:
                may_be_negative = number in (CLEARING_PAYMENT, CLEARING_PAYOUT)
                world.store.run(
                    "INSERT OR IGNORE INTO accounts VALUES (?, ?, NULL, ?)", number, number, may_be_negative
                )

    def add_routes(self, app: web.Application) -> None:
        """Answer below /custody."""
        services = {
            "accounts": self._open_account,
            "instructions": self._execute,
            "instructions/query": self._query,
            "batches": self._submit_batch,
            "statements": self._statement,
            "statements/lines": self._lines,
            "statements/balances": self._balances,
        }
        for path, service in services.items():
            app.router.add_post(f"/custody/{path}", endpoint(NAME, self._signer, service))

    def _open_account(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        key = text_of(payload, "request_id", MAX_KEY_LENGTH)
        known = world.store.find_answer(NAME, key, payload)
        if known is not None:
            return known
        identity = text_of(payload, "identity_number", 30)
        row = world.store.one("SELECT number FROM accounts WHERE identity_number = ?", identity)
        number = row["number"] if row else f"6200{world.store.next_number(NAME):012d}"
        if row is None:
            world.store.run(
                "INSERT INTO accounts VALUES (?, ?, ?, 0)", number, text_of(payload, "holder_name"), identity
            )
        answer = {"account_number": number}
        world.store.keep_answer(NAME, key, payload, answer)
        return answer

    def _execute(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        return self._carry_out(world, [payload.get("instruction")])[0]

    def _submit_batch(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        text_of(payload, "batch_key", MAX_KEY_LENGTH)
        instructions = payload.get("instructions")
        if not isinstance(instructions, list) or not 1 <= len(instructions) <= MAX_BATCH_SIZE:
            raise Refusal("BATCH_SIZE", f"1 to {MAX_BATCH_SIZE} instructions")
        return {"results": self._carry_out(world, instructions)}

    def _query(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        key = text_of(payload, "key", MAX_KEY_LENGTH)
        row = world.store.one("SELECT key, status, reference, code FROM instructions WHERE key = ?", key)
        if row is None:
            raise Refusal("INSTRUCTION_NOT_FOUND", key, status=404)
        return _result(row["key"], row["status"], row["reference"], row["code"])

    def _carry_out(self, world: World, instructions: list[Any]) -> list[dict[str, Any]]:
        book = _Book(world)
        results = [book.apply(instruction) for instruction in instructions]
        book.write()
        return results

    def _statement(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        day = _day_of(payload)
        row = world.store.one(
            "SELECT count(*) AS lines, coalesce(sum(min(fen, 0)), 0) AS debit, coalesce(sum(max(fen, 0)), 0) AS credit"
            " FROM legs WHERE business_date = ? AND key NOT IN (SELECT key FROM hidden_keys)",
            day,
        )
        accounts = world.store.one("SELECT count(*) AS accounts FROM accounts")
        if row is None or accounts is None:
            raise Refusal("BAD_REQUEST", day)
        return {
            "business_date": day,
            "line_count": row["lines"],
            "account_count": accounts["accounts"],
            "debit_total": yuan_of(-row["debit"]),
            "credit_total": yuan_of(row["credit"]),
        }

    def _lines(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        after = payload.get("after") or "0"
        rows = world.store.rows(
            "SELECT * FROM legs WHERE business_date = ? AND id > ? AND key NOT IN (SELECT key FROM hidden_keys)"
            " ORDER BY id LIMIT ?",
            _day_of(payload),
            int(after),
            PAGE_SIZE,
        )
        content = [
            {
                "bank_reference": row["reference"],
                "key": row["key"],
                "kind": row["kind"],
                "account_number": row["account"],
                "is_frozen": bool(row["is_frozen"]),
                "amount": yuan_of(row["fen"]),
                "booked_at": row["booked_at"],
            }
            for row in rows
        ]
        return {"rows": content, "next_after": str(rows[-1]["id"]) if len(rows) == PAGE_SIZE else None}

    def _balances(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        # Balances now, less what was booked for later days: the end of the statement's day.
        accounts = world.store.rows(
            "SELECT number FROM accounts WHERE number > ? ORDER BY number LIMIT ?",
            payload.get("after") or "",
            PAGE_SIZE,
        )
        if not accounts:
            return {"rows": [], "next_after": None}
        first, last = accounts[0]["number"], accounts[-1]["number"]
        amounts = {(row["number"], part): 0 for row in accounts for part in (0, 1)}
        for row in world.store.rows("SELECT * FROM balances WHERE account BETWEEN ? AND ?", first, last):
            amounts[row["account"], row["is_frozen"]] = row["fen"]
        for row in world.store.rows(
            "SELECT account, is_frozen, sum(fen) AS fen FROM legs WHERE business_date > ? AND account BETWEEN ? AND ?"
            " GROUP BY 1, 2",
            _day_of(payload),
            first,
            last,
        ):
            amounts[row["account"], row["is_frozen"]] -= row["fen"]
        content = [
            {
                "account_number": row["number"],
                "available": yuan_of(amounts[row["number"], 0]),
                "frozen": yuan_of(amounts[row["number"], 1]),
            }
            for row in accounts
        ]
        return {"rows": content, "next_after": last if len(accounts) == PAGE_SIZE else None}

    def book_unknown(self, account_number: str, fen: int, business_date: str) -> str:
        """Book a movement that the platform never ordered, so that a reconciliation finds it."""
        key = f"UNKNOWN{self._world.store.next_number('unknown')}"
        other = CLEARING_PAYMENT if account_number != CLEARING_PAYMENT else CLEARING_PAYOUT
        legs = [[account_number, yuan_of(fen), False], [other, yuan_of(-fen), False]]
        instruction = {
            "key": key,
            "kind": "BANK",
            "business_date": business_date,
            "authorisation": "BANK",
            "legs": legs,
        }
        self._carry_out(self._world, [instruction])
        return key


class _Book:
    """Applies instructions in memory, then writes all of them at once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._balances: _Balances = {}
        self._accounts: dict[str, bool | None] = {}
        self._legs: list[tuple[Any, ...]] = []
        self._instructions: dict[str, tuple[Any, ...]] = {}
        self._booked_at = world.clock.now().isoformat(timespec="seconds")

    def apply(self, instruction: Any) -> dict[str, Any]:
        """Carry one instruction out whole, or refuse it."""
        if not isinstance(instruction, dict):
            raise Refusal("BAD_REQUEST", "instruction")
        key, digest = text_of(instruction, "key", MAX_KEY_LENGTH), fingerprint(instruction)
        known = self._find(key)
        if known is not None:
            if known[1] != digest:
                raise KeyReused(key)
            return _result(key, known[2], known[3], known[4])
        text_of(instruction, "authorisation")
        kind, day = text_of(instruction, "kind", 40), _day_of(instruction)
        legs = _read_legs(instruction)
        reference = f"CB{self._world.store.next_number('instruction'):014d}"
        code = self._find_obstacle(legs)
        if not code:
            for account, is_frozen, fen in legs:
                self._balances[account, is_frozen] = self._balance(account, is_frozen) + fen
                self._legs.append((day, key, reference, kind, account, is_frozen, fen, self._booked_at))
        status = "REFUSED" if code else "EXECUTED"
        self._instructions[key] = (key, digest, status, reference, code)
        return _result(key, status, reference, code)

    def write(self) -> None:
        """Write what was applied."""
        store = self._world.store
        store.run_many("INSERT INTO instructions VALUES (?, ?, ?, ?, ?)", list(self._instructions.values()))
        store.run_many(
            "INSERT INTO legs (business_date, key, reference, kind, account, is_frozen, fen, booked_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            self._legs,
        )
        store.run_many(
            "INSERT INTO balances VALUES (?, ?, ?) ON CONFLICT (account, is_frozen) DO UPDATE SET fen = excluded.fen",
            [(account, is_frozen, fen) for (account, is_frozen), fen in self._balances.items()],
        )

    def _find_obstacle(self, legs: list[tuple[str, int, int]]) -> str:
        if sum(fen for _account, _is_frozen, fen in legs) != 0:
            return "UNBALANCED"
        change: _Balances = {}
        for account, is_frozen, fen in legs:
            if self._may_be_negative(account) is None:
                return "ACCOUNT_NOT_FOUND"
            change[account, is_frozen] = change.get((account, is_frozen), 0) + fen
        for (account, is_frozen), fen in change.items():
            if not self._may_be_negative(account) and fen < 0 and self._balance(account, is_frozen) + fen < 0:
                return "INSUFFICIENT_FUNDS"
        return ""

    def _find(self, key: str) -> tuple[Any, ...] | None:
        if key in self._instructions:
            return self._instructions[key]
        row = self._world.store.one("SELECT * FROM instructions WHERE key = ?", key)
        return tuple(row) if row else None

    def _balance(self, account: str, is_frozen: int) -> int:
        place = (account, is_frozen)
        if place not in self._balances:
            row = self._world.store.one("SELECT fen FROM balances WHERE account = ? AND is_frozen = ?", *place)
            self._balances[place] = row["fen"] if row else 0
        return self._balances[place]

    def _may_be_negative(self, account: str) -> bool | None:
        if account not in self._accounts:
            row = self._world.store.one("SELECT may_be_negative FROM accounts WHERE number = ?", account)
            self._accounts[account] = bool(row["may_be_negative"]) if row else None
        return self._accounts[account]


def _read_legs(instruction: dict[str, Any]) -> list[tuple[str, int, int]]:
    legs = instruction.get("legs")
    if not isinstance(legs, list) or len(legs) < 2:
        raise Refusal("BAD_REQUEST", "legs")
    try:
        return [(str(account), int(bool(is_frozen)), fen_of(amount)) for account, amount, is_frozen in legs]
    except (TypeError, ValueError) as error:
        raise Refusal("BAD_REQUEST", "legs") from error


def _day_of(payload: dict[str, Any]) -> str:
    text = text_of(payload, "business_date", 10)
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Refusal("BAD_REQUEST", "business_date") from error


def _result(key: str, status: str, reference: str, code: str) -> dict[str, Any]:
    return {"key": key, "status": status, "bank_reference": reference, "code": code}
