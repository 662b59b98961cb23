"""The borrower's risk tier, kept on the customer by the latest decision and the present arrears."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Max

from customers.operations.labels import set_label
from lending.models import Application, Loan, LoanState
from risk.rules.tiers import judge_tier

RULE: Final = "risk.tier"
RULE_VERSION: Final = "1"


@transaction.atomic
def refresh_risk_tier(*, customer_id: int, now: datetime) -> None:
    """Judge a borrower's tier anew and write it where everybody reads it."""
    latest = (
        Application.objects.filter(customer_id=customer_id)
        .exclude(outcome="")
        .order_by("-decided_at", "-id")
        .values_list("grade", "outcome", "number")
        .first()
    )
    grade, outcome, number = latest or ("", "", "")
    worst_dpd = (
        LoanState.objects.filter(loan__borrower_id=customer_id, loan__state=Loan.State.ACTIVE).aggregate(
            worst=Max("dpd")
        )["worst"]
        or 0
    )
    set_label(
        customer_id=customer_id,
        label="risk_tier",
        value=judge_tier(grade=grade, is_declined=outcome == "DECLINE", worst_dpd=worst_dpd),
        rule=RULE,
        version=RULE_VERSION,
        reason={
            "code": "risk.tier_reason",
            "grade": grade or "–",
            "outcome": outcome,
            "application": number,
            "worst_dpd": worst_dpd,
        },
        now=now,
    )
