"""The custodian bank, signed JSON."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.money import ZERO, yuan
from integrations.adapters.calls import Call, read_answer
from integrations.adapters.signed_http import SignedClient
from integrations.ports import (
    AccountOpening,
    CustodyInstruction,
    CustodyStatement,
    InstructionResult,
    InstructionStatus,
    StatementBalance,
    StatementLine,
)
from integrations.ports.custody import MAX_BATCH_SIZE

NAME = "custody"


class CustodyBankAdapter:
    """The platform's custodian."""

    def __init__(self, *, client: SignedClient) -> None:
        self._client = client

    def open_account(self, opening: AccountOpening) -> str:
        """Open the customer's sub-account."""
        payload = {
            "request_id": opening.request_id,
            "holder_name": opening.holder_name,
            "identity_number": opening.identity_number,
            "phone": opening.phone,
        }
        call, answer = self._client.call("open_account", "accounts", key=opening.request_id, payload=payload)
        return read_answer(call, lambda: str(answer["account_number"]))

    def execute(self, instruction: CustodyInstruction) -> InstructionResult:
        """Carry out one instruction."""
        payload = {"instruction": _as_payload(instruction)}
        call, answer = self._client.call("execute", "instructions", key=instruction.key, payload=payload)
        return read_answer(call, lambda: _read_result(answer))

    def submit_batch(self, *, batch_key: str, instructions: Sequence[CustodyInstruction]) -> list[InstructionResult]:
        """Carry out up to a thousand instructions."""
        if len(instructions) > MAX_BATCH_SIZE:
            raise ValueError(f"a batch holds at most {MAX_BATCH_SIZE} instructions")
        if not instructions:
            return []
        payload = {"batch_key": batch_key, "instructions": [_as_payload(item) for item in instructions]}
        call, answer = self._client.call("submit_batch", "batches", key=batch_key, payload=payload)
        results = read_answer(call, lambda: [_read_result(row) for row in answer["results"]])
        if [result.key for result in results] != [item.key for item in instructions]:
            raise call.temporary("BAD_ANSWER", "the results are not those of the batch", outcome_unknown=True)
        return results

    def query_instruction(self, *, key: str) -> InstructionResult:
        """Return what became of an instruction."""
        call, answer = self._client.call("query_instruction", "instructions/query", key=key, payload={"key": key})
        return read_answer(call, lambda: _read_result(answer))

    def fetch_statement(self, *, business_date: date) -> CustodyStatement:
        """Return the statement of one business date; its lines and balances are fetched while iterated."""
        payload = {"business_date": business_date.isoformat()}
        call, answer = self._client.call(
            "fetch_statement", "statements", key=business_date.isoformat(), payload=payload
        )
        return read_answer(
            call,
            lambda: CustodyStatement(
                business_date=business_date,
                line_count=int(answer["line_count"]),
                account_count=int(answer["account_count"]),
                debit_total=yuan(str(answer["debit_total"])),
                credit_total=yuan(str(answer["credit_total"])),
                lines=_Pages(self._client, business_date, "lines", _read_line),
                balances=_Pages(self._client, business_date, "balances", _read_balance),
            ),
        )


class _Pages:
    """Rows of a statement, one signed page after the other; can be iterated again."""

    def __init__(self, client: SignedClient, business_date: date, part: str, read: Any) -> None:
        self._client = client
        self._business_date = business_date
        self._part = part
        self._read = read

    def __iter__(self) -> Iterator[Any]:
        after: str | None = ""
        while after is not None:
            day = self._business_date.isoformat()
            call, answer = self._client.call(
                f"fetch_{self._part}",
                f"statements/{self._part}",
                key=f"{day}:{after}",
                payload={"business_date": day, "after": after},
            )
            yield from self._read_page(call, answer)
            after = answer.get("next_after")

    def _read_page(self, call: Call, answer: dict[str, Any]) -> list[Any]:
        return read_answer(call, lambda: [self._read(row) for row in answer["rows"]])


def _as_payload(instruction: CustodyInstruction) -> dict[str, Any]:
    if sum((leg.amount for leg in instruction.legs), ZERO) != Decimal(0):
        raise ValueError(f"the legs of {instruction.key} do not sum to zero")
    return {
        "key": instruction.key,
        "kind": instruction.kind,
        "business_date": instruction.business_date.isoformat(),
        "authorisation": instruction.authorisation,
        "legs": [[leg.account_number, str(yuan(leg.amount)), leg.is_frozen] for leg in instruction.legs],
    }


def _read_result(row: dict[str, Any]) -> InstructionResult:
    return InstructionResult(
        key=str(row["key"]),
        status=InstructionStatus(row["status"]),
        bank_reference=str(row["bank_reference"]),
        code=str(row["code"]),
    )


def _read_line(row: dict[str, Any]) -> StatementLine:
    return StatementLine(
        bank_reference=str(row["bank_reference"]),
        key=str(row["key"]),
        kind=str(row["kind"]),
        account_number=str(row["account_number"]),
        is_frozen=bool(row["is_frozen"]),
        amount=yuan(str(row["amount"])),
        booked_at=datetime.fromisoformat(row["booked_at"]),
    )


def _read_balance(row: dict[str, Any]) -> StatementBalance:
    return StatementBalance(
        account_number=str(row["account_number"]),
        available=yuan(str(row["available"])),
        frozen=yuan(str(row["frozen"])),
    )
