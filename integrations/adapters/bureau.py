"""The credit bureau, signed JSON."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.money import yuan
from integrations.adapters.calls import read_answer
from integrations.adapters.signed_http import SignedClient
from integrations.ports import BureauPurpose, CreditQuery, CreditReport, FinalRefusal, IdentityMatch

NAME = "bureau"


class CreditBureauAdapter:
    """Reports and identity checks; a query without consent or with another purpose never leaves the house."""

    def __init__(self, *, client: SignedClient) -> None:
        self._client = client

    def query_report(self, query: CreditQuery) -> CreditReport:
        """Fetch the person's report."""
        _require_consent("query_report", query, {BureauPurpose.LOAN_APPROVAL, BureauPurpose.LOAN_MONITORING})
        call, answer = self._client.call("query_report", "reports", key=query.query_id, payload=_as_payload(query))
        return read_answer(call, lambda: _read_report(query.query_id, answer))

    def check_identity(self, query: CreditQuery) -> IdentityMatch:
        """Compare name and identity number."""
        _require_consent("check_identity", query, {BureauPurpose.IDENTITY_CHECK})
        call, answer = self._client.call(
            "check_identity", "identities/check", key=query.query_id, payload=_as_payload(query)
        )
        return read_answer(call, lambda: IdentityMatch(answer["result"]))


def _require_consent(operation: str, query: CreditQuery, purposes: set[BureauPurpose]) -> None:
    if not query.consent_id:
        raise FinalRefusal(port=NAME, operation=operation, code="CONSENT_MISSING")
    if query.purpose not in purposes:
        raise FinalRefusal(port=NAME, operation=operation, code="PURPOSE_NOT_AGREED")


def _as_payload(query: CreditQuery) -> dict[str, Any]:
    return {
        "query_id": query.query_id,
        "consent_id": query.consent_id,
        "purpose": query.purpose.value,
        "holder_name": query.holder_name,
        "identity_number": query.identity_number,
    }


def _read_report(query_id: str, answer: dict[str, Any]) -> CreditReport:
    score = answer["score"]
    return CreditReport(
        query_id=query_id,
        report_number=str(answer["report_number"]),
        reported_at=datetime.fromisoformat(answer["reported_at"]),
        valid_until=date.fromisoformat(answer["valid_until"]),
        cost=yuan(str(answer["cost"])),
        has_history=bool(answer["has_history"]),
        score=None if score is None else int(score),
        overdue_count_24_months=int(answer["overdue_count_24_months"]),
        max_days_past_due_24_months=int(answer["max_days_past_due_24_months"]),
        is_overdue_now=bool(answer["is_overdue_now"]),
        query_count_3_months=int(answer["query_count_3_months"]),
        open_loan_count=int(answer["open_loan_count"]),
        open_loan_balance=yuan(str(answer["open_loan_balance"])),
        other_platform_balance=yuan(str(answer["other_platform_balance"])),
        monthly_payment=yuan(str(answer["monthly_payment"])),
        card_limit=yuan(str(answer["card_limit"])),
        card_utilisation=Decimal(str(answer["card_utilisation"])),
        oldest_account_months=int(answer["oldest_account_months"]),
        is_blacklisted=bool(answer["is_blacklisted"]),
        raw=answer,
    )
