"""What happens in the life of a loan."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.events import event_type


@event_type("lending.application_submitted")
@dataclass(frozen=True)
class ApplicationSubmitted:
    """A borrower asked for a loan."""

    application_id: int
    customer_id: int


@event_type("lending.application_decided")
@dataclass(frozen=True)
class ApplicationDecided:
    """An application was approved, declined or referred."""

    application_id: int
    customer_id: int
    outcome: str
    grade: str


@event_type("lending.application_withdrawn")
@dataclass(frozen=True)
class ApplicationWithdrawn:
    """The borrower changed his mind."""

    application_id: int
    customer_id: int


@event_type("lending.offer_accepted")
@dataclass(frozen=True)
class OfferAccepted:
    """The borrower accepted the terms."""

    offer_id: int
    application_id: int
    customer_id: int


@event_type("lending.listing_opened")
@dataclass(frozen=True)
class ListingOpened:
    """Investors can bid."""

    listing_id: int
    customer_id: int


@event_type("lending.bid_placed")
@dataclass(frozen=True)
class BidPlaced:
    """An investor's money is frozen for a listing."""

    bid_id: int
    listing_id: int
    investor_id: int
    amount: Decimal


@event_type("lending.listing_filled")
@dataclass(frozen=True)
class ListingFilled:
    """A listing has all its money."""

    listing_id: int


@event_type("lending.listing_ended")
@dataclass(frozen=True)
class ListingEnded:
    """A listing failed or was cancelled; every bid is released."""

    listing_id: int
    customer_id: int
    state: str
    reason: str


@event_type("lending.contract_drawn")
@dataclass(frozen=True)
class ContractDrawn:
    """A contract waits for the borrower's signature."""

    contract_id: int
    loan_id: int
    customer_id: int


@event_type("lending.signing_asked")
@dataclass(frozen=True)
class SigningAsked:
    """All parties have declared their will; the certificates and seals can be made."""

    contract_id: int
    loan_id: int


@event_type("lending.contract_signed")
@dataclass(frozen=True)
class ContractSigned:
    """Every party's signature is in the contract."""

    contract_id: int
    loan_id: int


@event_type("lending.payout_asked")
@dataclass(frozen=True)
class PayoutAsked:
    """The custodian is to move the lenders' money to the borrower."""

    loan_id: int


@event_type("lending.loan_paid_out")
@dataclass(frozen=True)
class LoanPaidOut:
    """The borrower has the money; the loan runs."""

    loan_id: int
    customer_id: int
    amount: Decimal


@event_type("lending.loan_cancelled")
@dataclass(frozen=True)
class LoanCancelled:
    """A filled loan came to nothing before payout."""

    loan_id: int
    customer_id: int
    reason: str


@event_type("lending.repayment_posted")
@dataclass(frozen=True)
class RepaymentPosted:
    """A payment was allocated and distributed to the fen."""

    repayment_id: int
    loan_id: int
    customer_id: int
    amount: Decimal
    kind: str


@event_type("lending.debit_failed")
@dataclass(frozen=True)
class DebitFailed:
    """An automatic debit found too little money."""

    loan_id: int
    customer_id: int
    business_date: date
    due_amount: Decimal
    taken: Decimal


@event_type("lending.reminder_due")
@dataclass(frozen=True)
class ReminderDue:
    """A borrower is to be reminded; `days` is due date minus business date, negative when late."""

    loan_id: int
    customer_id: int
    instalment_id: int
    days: int
    amount: Decimal
    due_date: date


@event_type("lending.bucket_changed")
@dataclass(frozen=True)
class BucketChanged:
    """A loan moved to another arrears bucket; M0 to M1 is the beginning of arrears."""

    loan_id: int
    customer_id: int
    from_bucket: str
    to_bucket: str
    dpd: int
    overdue_amount: Decimal


@event_type("lending.loan_cured")
@dataclass(frozen=True)
class LoanCured:
    """Everything overdue has been paid."""

    loan_id: int
    customer_id: int


@event_type("lending.loan_settled")
@dataclass(frozen=True)
class LoanSettled:
    """The last fen is paid."""

    loan_id: int
    customer_id: int
    is_early: bool
