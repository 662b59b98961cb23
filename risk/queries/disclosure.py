"""What a lender is told of the borrower's credit report before he bids (信息披露指引 art. 9)."""

from typing import Any

import orjson

from risk.models import BureauReport


def disclose_credit_report(application_id: int) -> dict[str, Any]:
    """Return what the report bought for an application says about overdue debts; `is_available` False without one.

    The bureau counts over 24 months, which holds the six that the guideline asks for.
    """
    report = (
        BureauReport.objects.filter(application_id=application_id, state=BureauReport.State.RECEIVED)
        .order_by("-received_at", "-id")
        .first()
    )
    if report is None:
        return {"is_available": False}
    content = orjson.loads(report.report)
    return {
        "is_available": True,
        "reported_at": report.reported_at,
        "has_history": content["has_history"],
        "is_overdue_now": content["is_overdue_now"],
        "overdue_count_24_months": content["overdue_count_24_months"],
        "max_days_past_due_24_months": content["max_days_past_due_24_months"],
    }
