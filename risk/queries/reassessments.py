"""Who is to be assessed again, and what assessments came to, within the reader's scope."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from lending.models import Loan
from risk.models import AssessmentPlan, Reassessment
from staff import rights
from staff.queries import Access, scope_condition

SOON: Final = timedelta(days=30)


@dataclass(frozen=True)
class DuePlan:
    """One borrower whose date has come, with the product whose rules judge him."""

    plan_id: int
    customer_id: int
    public_id: str
    rm_id: int | None
    grade: str
    score: int | None
    due_date: date
    failure_code: str
    product_code: str
    parameter_set: str


def list_due(on: date, *, after: int, most: int) -> list[DuePlan]:
    """Return the borrowers of the whole house whose date has come, by key."""
    rows = (
        AssessmentPlan.objects.filter(due_date__lte=on, pk__gt=after)
        .order_by("pk")
        .values_list(
            "pk", "customer_id", "customer__public_id", "customer__rm_id", "grade", "score", "due_date", "failure_code",
            "loan__product__code", "loan__product__parameter_set",
        )[:most]
    )  # fmt: skip
    return [DuePlan(*row) for row in rows]


def list_plans(access: Access, *, until: date) -> QuerySet[AssessmentPlan]:
    """Return the plans within one's reach that come due up to a day, of those who still owe something."""
    owing = Loan.objects.filter(borrower_id=OuterRef("customer_id"), state=Loan.State.ACTIVE)
    return (
        AssessmentPlan.objects.filter(
            scope_condition(access, rights.VIEW_LOANS, "customer__rm"), Exists(owing), due_date__lte=until
        )
        .select_related("customer__rm__user")
        .order_by("due_date", "id")
    )


def list_reassessments(access: Access, *, movement: str = "") -> QuerySet[Reassessment]:
    """Return the assessments within one's reach, the newest first; their inputs stay in the database."""
    rows = (
        Reassessment.objects.filter(scope_condition(access, rights.VIEW_LOANS, "customer__rm"))
        .select_related("customer__rm__user", "scorecard", "table")
        .defer("inputs")
        .order_by("-id")
    )
    return rows.filter(movement=movement) if movement else rows


def list_reassessments_of(customer_id: int) -> QuerySet[Reassessment]:
    """Return a borrower's assessments, the newest first; the caller has looked at the reader's scope."""
    rows = Reassessment.objects.filter(customer_id=customer_id).select_related("scorecard", "table")
    return rows.defer("inputs").order_by("-id")


def get_plan_of(customer_id: int) -> AssessmentPlan | None:
    """Return when a customer is assessed again; the caller has looked at the reader's scope."""
    return AssessmentPlan.objects.filter(customer_id=customer_id).first()
