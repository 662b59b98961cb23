"""What happens to money and to its mirror."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.events import event_type


@event_type("ledger.custody_account_asked")
@dataclass(frozen=True)
class CustodyAccountAsked:
    """The custodian is to open a sub-account."""

    customer_id: int


@event_type("ledger.custody_account_opened")
@dataclass(frozen=True)
class CustodyAccountOpened:
    """The customer has a sub-account and can pay in."""

    customer_id: int


@event_type("ledger.payment_order_created")
@dataclass(frozen=True)
class PaymentOrderCreated:
    """An order waits to be handed to the payment partner."""

    order_id: int
    kind: str


@event_type("ledger.payment_order_expired")
@dataclass(frozen=True)
class PaymentOrderExpired:
    """A deposit was not paid in time and is to be closed at the partner."""

    order_id: int


@event_type("ledger.deposit_received")
@dataclass(frozen=True)
class DepositReceived:
    """Money came in and is the customer's to spend; `kind` is DEPOSIT or CARD_DEBIT."""

    order_id: int
    customer_id: int
    amount: Decimal
    kind: str
    purpose: str
    reference_type: str
    reference_id: str


@event_type("ledger.deposit_failed")
@dataclass(frozen=True)
class DepositFailed:
    """A deposit or debit brought nothing."""

    order_id: int
    customer_id: int
    amount: Decimal
    kind: str
    purpose: str
    reference_type: str
    reference_id: str
    failure_code: str


@event_type("ledger.withdrawal_completed")
@dataclass(frozen=True)
class WithdrawalCompleted:
    """Money reached the customer's card."""

    order_id: int
    customer_id: int
    amount: Decimal


@event_type("ledger.withdrawal_failed")
@dataclass(frozen=True)
class WithdrawalFailed:
    """A withdrawal came to nothing and the money is free again."""

    order_id: int
    customer_id: int
    amount: Decimal
    failure_code: str


@event_type("ledger.reconciliation_asked")
@dataclass(frozen=True)
class ReconciliationAsked:
    """A business date is to be compared with the custodian's statement."""

    business_date: date


@event_type("ledger.reconciliation_matched")
@dataclass(frozen=True)
class ReconciliationMatched:
    """Ledger and custodian agree on a business date, line by line and in total."""

    business_date: date


@event_type("ledger.reconciliation_differed")
@dataclass(frozen=True)
class ReconciliationDiffered:
    """Ledger and custodian disagree; a blocking case is open."""

    business_date: date
    difference_count: int


@event_type("ledger.case_opened")
@dataclass(frozen=True)
class CaseOpened:
    """Something about money needs a person."""

    case_id: int
    kind: str
    is_blocking: bool
    customer_id: int | None


@event_type("ledger.case_resolved")
@dataclass(frozen=True)
class CaseResolved:
    """A case is cleared up."""

    case_id: int
    kind: str
