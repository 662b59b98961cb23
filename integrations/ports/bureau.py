"""The credit bureau: reports and identity checks, each with a consent and a purpose (征信业管理条例 18, 20, 28)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol


class BureauPurpose(StrEnum):
    """The agreed use that a query names; the bureau refuses any other."""

    LOAN_APPROVAL = "LOAN_APPROVAL"
    LOAN_MONITORING = "LOAN_MONITORING"
    IDENTITY_CHECK = "IDENTITY_CHECK"


class IdentityMatch(StrEnum):
    """Whether the name belongs to the identity number."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    NO_RECORD = "NO_RECORD"


@dataclass(frozen=True, slots=True)
class CreditQuery:
    """One paid query. `query_id` is the idempotency key, `consent_id` names the stored written consent."""

    query_id: str
    consent_id: str
    purpose: BureauPurpose
    holder_name: str
    identity_number: str


@dataclass(frozen=True, slots=True)
class CreditReport:
    """A person's report. Counts cover the months in the name; a thin file has `has_history` false and score None.

    `raw` is the whole answer, kept as evidence of what the decision saw; `cost` is the bureau's price in yuan.
    """

    query_id: str
    report_number: str
    reported_at: datetime
    valid_until: date
    cost: Decimal
    has_history: bool
    score: int | None
    overdue_count_24_months: int
    max_days_past_due_24_months: int
    is_overdue_now: bool
    query_count_3_months: int
    open_loan_count: int
    open_loan_balance: Decimal
    other_platform_balance: Decimal
    monthly_payment: Decimal
    card_limit: Decimal
    card_utilisation: Decimal
    oldest_account_months: int
    is_blacklisted: bool
    raw: Mapping[str, Any]


class CreditBureau(Protocol):
    """Answers only queries with a consent and an agreed purpose."""

    def query_report(self, query: CreditQuery) -> CreditReport:
        """Fetch the report; the same query id answers the same report and is charged once."""
        ...

    def check_identity(self, query: CreditQuery) -> IdentityMatch:
        """Compare name and identity number with the register (purpose IDENTITY_CHECK)."""
        ...
