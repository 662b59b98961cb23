"""Collection work within the reader's scope."""

from django.db.models import F, QuerySet

from core.errors import NotFound
from core.models import User
from lending.models import Loan
from service.models import CollectionCase, CollectionContact, PromiseToPay
from staff import rights
from staff.queries import access_right, scope_condition


def lock_case(case_id: int) -> CollectionCase:
    """Lock a case."""
    return (
        CollectionCase.objects.select_for_update(no_key=True, of=("self",))
        .select_related("loan", "customer")
        .get(pk=case_id)
    )


def lock_open_case(loan_id: int) -> CollectionCase | None:
    """Lock a loan's open case, None where it has none."""
    return (
        CollectionCase.objects.select_for_update(no_key=True, of=("self",))
        .select_related("loan", "customer")
        .filter(loan_id=loan_id, state=CollectionCase.State.OPEN)
        .first()
    )


def list_cases(user: User, *, state: str = CollectionCase.State.OPEN) -> QuerySet[CollectionCase]:
    """Return the cases that a user may work on, the longest overdue first. Raises Refused.

    `days_late` and `owed` are those of the loan now; the case keeps those of its last move to a bucket.
    """
    access = access_right(user, rights.COLLECT)
    return (
        CollectionCase.objects.filter(state=state)
        .filter(scope_condition(access, rights.COLLECT, "customer__rm"))
        .select_related("loan", "customer__rm__user", "assignee__user")
        .annotate(days_late=F("loan__standing__dpd"), owed=F("loan__standing__overdue_amount"))
        .order_by("-days_late", "id")
    )


def access_case(user: User, public_id: str) -> CollectionCase:
    """Return one case that a user may work on. Raises Refused, NotFound."""
    access = access_right(user, rights.COLLECT)
    case = (
        CollectionCase.objects.filter(public_id=public_id)
        .filter(scope_condition(access, rights.COLLECT, "customer__rm"))
        .select_related("loan__standing", "customer__rm__user", "assignee__user")
        .first()
    )
    if case is None:
        raise NotFound
    return case


def get_open_case(loan: Loan) -> CollectionCase | None:
    """Return a loan's open case; the caller has checked that the reader may see the loan."""
    return (
        CollectionCase.objects.filter(loan=loan, state=CollectionCase.State.OPEN)
        .select_related("loan__standing", "assignee__user")
        .first()
    )


def list_contacts(case: CollectionCase) -> QuerySet[CollectionContact]:
    """Return the contacts of a case, the newest first."""
    return CollectionContact.objects.filter(case=case).select_related("staff_user")


def list_promises(case: CollectionCase) -> QuerySet[PromiseToPay]:
    """Return the promises of a case, the newest first."""
    return PromiseToPay.objects.filter(case=case).select_related("taken_by")
