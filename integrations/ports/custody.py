"""The custodian bank: sub-accounts, instructions between them, the daily statement (银监办发〔2017〕21号)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

MAX_BATCH_SIZE = 1000

# The bank opens these for the platform when the custody contract begins. The two clearing accounts stand for the
# payment channels and may go below zero (money on its way in) or above (money on its way out).
CLEARING_PAYMENT = "CLEARING_PAYMENT"
CLEARING_PAYOUT = "CLEARING_PAYOUT"
PLATFORM_FEES = "PLATFORM_FEES"
PLATFORM_OWN = "PLATFORM_OWN"
RESERVE = "RESERVE"
SUSPENSE = "SUSPENSE"
INSTITUTION_ACCOUNTS = (
    CLEARING_PAYMENT,
    CLEARING_PAYOUT,
    PLATFORM_FEES,
    PLATFORM_OWN,
    RESERVE,
    SUSPENSE,
)


class InstructionStatus(StrEnum):
    """An instruction is carried out whole or not at all."""

    EXECUTED = "EXECUTED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class AccountOpening:
    """A request for a customer's sub-account. `request_id` is the idempotency key."""

    request_id: str
    holder_name: str
    identity_number: str
    phone: str


@dataclass(frozen=True, slots=True)
class CustodyLeg:
    """One side of an instruction: positive `amount` credits the account, negative debits it (yuan).

    `is_frozen` chooses the frozen part of a customer's sub-account instead of the available part.
    """

    account_number: str
    amount: Decimal
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class CustodyInstruction:
    """A movement between sub-accounts; the legs sum to zero.

    `key` is the idempotency key and comes back on the statement line; `authorisation` names the customer's
    order or mandate; `business_date` is the statement on which the movement appears.
    """

    key: str
    kind: str
    business_date: date
    legs: tuple[CustodyLeg, ...]
    authorisation: str


@dataclass(frozen=True, slots=True)
class InstructionResult:
    """What became of one instruction. `code` is set when it was refused (INSUFFICIENT_FUNDS, …)."""

    key: str
    status: InstructionStatus
    bank_reference: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One leg that the bank booked on the statement's date, in booking order."""

    bank_reference: str
    key: str
    kind: str
    account_number: str
    is_frozen: bool
    amount: Decimal
    booked_at: datetime


@dataclass(frozen=True, slots=True)
class StatementBalance:
    """An account's balances at the end of the statement's date."""

    account_number: str
    available: Decimal
    frozen: Decimal


@dataclass(frozen=True, slots=True)
class CustodyStatement:
    """One business date at the bank. Lines and balances are fetched page by page while they are iterated."""

    business_date: date
    line_count: int
    account_count: int
    debit_total: Decimal
    credit_total: Decimal
    lines: Iterable[StatementLine]
    balances: Iterable[StatementBalance]


class CustodyBank(Protocol):
    """The one custodian of the platform's customers' money."""

    def open_account(self, opening: AccountOpening) -> str:
        """Return the sub-account's number; one identity has one sub-account whatever the request id."""
        ...

    def execute(self, instruction: CustodyInstruction) -> InstructionResult:
        """Carry out one instruction now; a refusal is a result, not an exception."""
        ...

    def submit_batch(self, *, batch_key: str, instructions: Sequence[CustodyInstruction]) -> list[InstructionResult]:
        """Carry out up to MAX_BATCH_SIZE instructions in the given order; results come in the same order.

        Each instruction stands alone: a refused one does not hold up the others. Instructions that the bank
        already knows by their key answer as the first time.
        """
        ...

    def query_instruction(self, *, key: str) -> InstructionResult:
        """Return what became of an instruction; FinalRefusal INSTRUCTION_NOT_FOUND when unknown."""
        ...

    def fetch_statement(self, *, business_date: date) -> CustodyStatement:
        """Return the statement of one business date."""
        ...
