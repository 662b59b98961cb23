"""Collection work within the reader's scope."""

from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from core.errors import NotFound
from core.models import User
from customers.models import Document
from lending.models import Loan
from service.models import CaseHop, CollectionCase, CollectionContact, DepartmentCase, PromiseToPay
from staff import rights
from staff.models import Department, Scope, StaffMember
from staff.queries import Access, access_right, list_members_with_right, scope_condition


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


def lock_department_case(case_id: int) -> DepartmentCase:
    """Lock a case between departments."""
    return (
        DepartmentCase.objects.select_for_update(no_key=True, of=("self",))
        .select_related("department", "home")
        .get(pk=case_id)
    )


def list_department_cases(access: Access) -> QuerySet[DepartmentCase]:
    """Return the cases that the reader's department asked, has or had; who may assign over all sees every case."""
    rows = DepartmentCase.objects.select_related(
        "customer", "opener__user", "home", "department", "holder__user"
    ).order_by("-pk")
    if access.scope_of(rights.ASSIGN_CUSTOMERS) == Scope.ALL:
        return rows
    if not access.has(rights.WORK_CASES):
        return rows.none()
    path = access.department_path
    had = CaseHop.objects.filter(department__path__startswith=path).values("case")
    return rows.filter(Q(home__path__startswith=path) | Q(department__path__startswith=path) | Q(pk__in=had))


def narrow_department_cases(access: Access, view: str, now: datetime) -> QuerySet[DepartmentCase]:
    """Return the reader's cases: with his department (`ours`), held by him (`mine`), `asked` by it, `late`, or `all`."""
    rows = list_department_cases(access)
    if view == "all":
        return rows
    conditions: dict[str, dict[str, Any]] = {
        "ours": {"department__path__startswith": access.department_path},
        "mine": {"holder_id": access.member_id},
        "asked": {"home__path__startswith": access.department_path},
        "late": {"due_at__lt": now},
    }
    return rows.exclude(state=DepartmentCase.State.CLOSED).filter(**conditions[view])


def filter_department_cases(rows: QuerySet[DepartmentCase], wanted: dict[str, Any]) -> QuerySet[DepartmentCase]:
    """Return the cases that meet every condition of a filter form's cleaned data."""
    for name, lookup in (
        ("state", "state__in"),
        ("department", "department"),
        ("holder", "holder"),
        ("is_urgent", "is_urgent"),
        ("is_complaint", "is_complaint"),
        ("dispute", "dispute__in"),
        ("since", "opened_at__date__gte"),
        ("until", "opened_at__date__lte"),
    ):
        if wanted.get(name):
            rows = rows.filter(**{lookup: wanted[name]})
    return rows


def list_case_papers(case: DepartmentCase) -> QuerySet[Document]:
    """Return the papers of a dispute that are still in the customer's file, without their content."""
    rows = Document.objects.filter(public_id__in=case.papers, removed_at__isnull=True)
    return rows.defer("content").select_related("customer", "uploaded_by").order_by("id")


def access_department_case(access: Access, public_id: str) -> DepartmentCase:
    """Return a case that the reader takes part in. Raises NotFound."""
    case = list_department_cases(access).filter(public_id=public_id).first()
    if case is None:
        raise NotFound
    return case


def list_department_workers(department_id: int) -> list[int]:
    """Return the active members of a department who work on cases."""
    path = Department.objects.values_list("path", flat=True).get(pk=department_id)
    members = list_members_with_right(rights.WORK_CASES).filter(department__path__startswith=path)
    return sorted(members.values_list("pk", flat=True))


def list_department_leads(department_id: int) -> list[int]:
    """Return who leads a department: its members with a lead's right, else those who assign over the whole house."""
    path = Department.objects.values_list("path", flat=True).get(pk=department_id)
    lead = Q()
    for right in (rights.ASSIGN_CUSTOMERS, rights.CONFIRM_REVIEW, rights.APPROVE_CONFIGURATION):
        lead |= Q(roles__rights__contains=[right])
    active = StaffMember.objects.filter(is_active=True)
    found = active.filter(lead, department__path__startswith=path)
    if not found.exists():
        found = active.filter(roles__scope=Scope.ALL, roles__rights__contains=[rights.ASSIGN_CUSTOMERS])
    return sorted(set(found.values_list("pk", flat=True)))
