"""Disputes: what law or a court wants answered by a day, the papers of it, and who is reminded before the day."""

from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from core import audit
from core.clock import at
from core.errors import NotFound
from core.models import User
from customers.models import Document, WorkItem
from customers.operations import history
from customers.operations.documents import upload_document
from service.models import DepartmentCase
from service.operations.department_cases import DepartmentCaseClosed, NotTheHolder
from service.queries import list_department_leads, lock_department_case
from staff import rights
from staff.queries import access_right

STEP: Final = "service.disputes"
STEP_ORDER: Final = 747
DAYS_BEFORE: Final = 3
_URGENCY: Final = 10


@transaction.atomic
def add_paper(*, case_id: int, title: str, content: bytes, actor: User, now: datetime) -> Document:
    """Keep a paper of a dispute in its customer's file and name it in the case.

    Raises Refused, NotFound for a case that is no dispute, DepartmentCaseClosed, NotTheHolder, and what a document is
    refused for.
    """
    access = access_right(actor, rights.WORK_CASES)
    case = lock_department_case(case_id)
    if not case.dispute:
        raise NotFound
    if case.state == DepartmentCase.State.CLOSED:
        raise DepartmentCaseClosed
    if not access.department_path.startswith((case.department.path, case.home.path)) or case.customer_id is None:
        raise NotTheHolder(department=case.department.name)
    paper = upload_document(
        customer_id=case.customer_id,
        kind=Document.Kind.OTHER,
        title=title or case.title,
        content=content,
        valid_until_date=None,
        actor=actor,
        now=now,
    )
    case.papers = [*case.papers, paper.public_id]
    case.save(update_fields=["papers"])
    audit.record(actor=actor, action="service.case_paper", target=case, data={"document": paper.public_id}, now=now)
    return paper


def remind_of_answers(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Run as a step of the close: put each dispute on a list three days before its answer is due, and until it is closed.

    On its holder's; where nobody holds it, on those of the leads of the department that has it.
    """
    due = DepartmentCase.objects.exclude(state=DepartmentCase.State.CLOSED).filter(
        answer_by_date__lte=business_date + timedelta(days=DAYS_BEFORE)
    )
    rows = [
        _remind(case, case.answer_by_date, member_id, now)
        for case in due.order_by("pk")
        for member_id in ([case.holder_id] if case.holder_id else list_department_leads(case.department_id))
        if case.answer_by_date is not None
    ]
    history.raise_work_bulk(rows)
    return len(rows)


def _remind(case: DepartmentCase, day: date, member_id: int, now: datetime) -> history.WorkItemRow:
    return history.WorkItemRow(
        group=WorkItem.Group.DUE,
        kind="service.case",
        reason_code="service.dispute_due",
        # Ends with whatever else there is to do about the case; what is still open comes back with the next close.
        key=f"service.case:{case.pk}:answer:{member_id}",
        raised_at=now,
        params={"number": case.number, "title": case.title, "day": day.isoformat()},
        customer_id=case.customer_id,
        assignee_id=member_id,
        urgency=_URGENCY,
        due_at=at(day, 18),
        url=f"/cases/{case.public_id}/",
    )
