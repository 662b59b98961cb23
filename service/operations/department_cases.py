"""Cases between departments: asked, taken up, passed on, answered, closed; a clock in working hours runs for each holder."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.calendar import WorkCalendar
from core.errors import BusinessError, InvalidInput, NotFound, Text
from core.ids import business_number
from core.models import User
from core.outbox import system_user
from customers.models import WorkItem
from customers.operations import history
from customers.operations.notices import notify
from customers.operations.touching import touch_customers
from customers.queries.staff import in_scope
from customers.rules.leads import add_working_minutes, count_working_minutes
from service.models import CaseHop, DepartmentCase
from service.queries import list_department_leads, list_department_workers, lock_department_case
from staff import rights
from staff.models import Department, StaffMember
from staff.queries import Access, access_right

_URGENCY: Final = {True: 15, False: 45}


class DepartmentCaseInvalid(InvalidInput):
    """What was entered does not make a case."""

    code = "department_case_invalid"


class DepartmentCaseClosed(BusinessError):
    """The case is over."""

    code = "department_case_closed"
    message = _("This case is closed.")


class NotTheHolder(BusinessError):
    """The case is with another department."""

    code = "not_the_holder"
    status = 403
    message = _("This case is with %(department)s now.")
    next_step = _("Only the department that has a case works on it; who asked may close it.")


@transaction.atomic
def open_department_case(
    *,
    title: str,
    text: str,
    department_id: int,
    customer_id: int | None,
    is_urgent: bool,
    actor: User,
    now: datetime,
    is_complaint: bool = False,
    dispute: str = "",
    answer_by_date: date | None = None,
) -> DepartmentCase:
    """Ask another department for something; its clock starts. A dispute has a customer and a day to be answered by.

    Raises Refused, NotFound, DepartmentCaseInvalid.
    """
    access = access_right(actor, rights.WORK_CASES)
    member = StaffMember.objects.select_related("department").get(pk=access.member_id)
    _demand(title=title, text=text)
    _check_dispute(dispute, answer_by_date, customer_id, now)
    department = _find_department(department_id, other_than=member.department_id)
    if customer_id is not None and not in_scope(access).filter(pk=customer_id).exists():
        raise NotFound
    case = DepartmentCase.objects.create(
        number=business_number("DC", now.date()),
        title=title.strip()[:120],
        customer_id=customer_id,
        opener=member,
        home=member.department,
        department=department,
        is_urgent=is_urgent,
        is_complaint=is_complaint,
        dispute=dispute,
        answer_by_date=answer_by_date if dispute else None,
        opened_at=now,
        due_at=_due(now, is_urgent),
    )
    _note(case, CaseHop.Act.OPENED, text, access.member_id, now, None)
    _tell(case, "service.case_arrived", list_department_workers(department.pk), now)
    audit.record(actor=actor, action="service.case_opened", target=case, data={"department": department.pk}, now=now)
    if customer_id is not None:
        history.add_timeline(
            customer_id=customer_id,
            kind="notice",
            text_code="service.case_opened",
            params={"number": case.number, "department": department.name, "title": case.title},
            at=now,
            key=f"service.case:{case.pk}",
            url=f"/cases/{case.public_id}/",
            actor=actor,
        )
    touch_customers([customer_id], now=now)
    return case


@transaction.atomic
def take_department_case(*, case_id: int, actor: User, now: datetime) -> DepartmentCase:
    """Become the visible holder of a case of one's own department. Raises Refused, DepartmentCaseClosed, NotTheHolder."""
    access = access_right(actor, rights.WORK_CASES)
    case = _lock_held(case_id, access)
    if case.holder_id == access.member_id:
        return case
    case.holder_id = access.member_id
    case.save(update_fields=["holder"])
    _note(case, CaseHop.Act.TAKEN, "", access.member_id, now, None)
    _put_on_list(case, now)
    audit.record(actor=actor, action="service.case_taken", target=case, now=now)
    return case


@transaction.atomic
def pass_department_case(*, case_id: int, department_id: int, text: str, actor: User, now: datetime) -> DepartmentCase:
    """Pass a case on; the next department's clock starts. An answer that is not enough is passed back the same way.

    Raises Refused, NotFound, DepartmentCaseClosed, NotTheHolder, DepartmentCaseInvalid.
    """
    access = access_right(actor, rights.WORK_CASES)
    case = _lock_held(case_id, access)
    _demand(text=text)
    department = _find_department(department_id, other_than=case.department_id)
    since = _since(case)
    case.department = department
    case.holder = None
    case.state = DepartmentCase.State.OPEN
    case.due_at = _due(now, case.is_urgent)
    case.escalated_at = None
    case.save(update_fields=["department", "holder", "state", "due_at", "escalated_at"])
    _note(case, CaseHop.Act.PASSED, text, access.member_id, now, since)
    _end_work(case, now, actor)
    _tell(case, "service.case_arrived", list_department_workers(department.pk), now)
    audit.record(actor=actor, action="service.case_passed", target=case, data={"department": department.pk}, now=now)
    return case


@transaction.atomic
def answer_department_case(*, case_id: int, text: str, actor: User, now: datetime) -> DepartmentCase:
    """Answer a case: it goes back to who asked, the clock stops.

    Raises Refused, DepartmentCaseClosed, NotTheHolder, DepartmentCaseInvalid.
    """
    access = access_right(actor, rights.WORK_CASES)
    case = _lock_held(case_id, access)
    _demand(text=text)
    since = _since(case)
    case.department_id = case.home_id
    case.holder_id = case.opener_id
    case.state = DepartmentCase.State.ANSWERED
    case.due_at = None
    case.save(update_fields=["department", "holder", "state", "due_at"])
    _note(case, CaseHop.Act.ANSWERED, text, access.member_id, now, since)
    _end_work(case, now, actor)
    _put_on_list(case, now)
    _tell(case, "service.case_answered", [case.opener_id], now)
    audit.record(actor=actor, action="service.case_answered", target=case, now=now)
    return case


@transaction.atomic
def close_department_case(*, case_id: int, text: str, actor: User, now: datetime) -> DepartmentCase:
    """Close a case that one's own department asked, answered or not; a dispute closes with what it came to.

    Raises Refused, DepartmentCaseClosed, NotTheHolder, DepartmentCaseInvalid.
    """
    access = access_right(actor, rights.WORK_CASES)
    case = lock_department_case(case_id)
    if case.state == DepartmentCase.State.CLOSED:
        raise DepartmentCaseClosed
    if not access.department_path.startswith(case.home.path):
        raise NotTheHolder(department=case.home.name)
    if case.dispute:
        _demand(text=text)
    since = _since(case)
    case.state = DepartmentCase.State.CLOSED
    case.due_at = None
    case.closed_at = now
    case.save(update_fields=["state", "due_at", "closed_at"])
    _note(case, CaseHop.Act.CLOSED, text, access.member_id, now, since)
    _end_work(case, now, actor)
    audit.record(actor=actor, action="service.case_closed", target=case, reason=text.strip()[:300], now=now)
    touch_customers([case.customer_id], now=now)
    return case


@transaction.atomic
def escalate_department_cases(*, now: datetime) -> int:
    """Raise every case whose clock has run out to the leads of its department, once a holder; return how many."""
    late = (
        DepartmentCase.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(state=DepartmentCase.State.OPEN, due_at__lt=now, escalated_at__isnull=True)
        .select_related("department", "home")
        .order_by("pk")[:500]
    )
    count = 0
    for case in late:
        leads = list_department_leads(case.department_id)
        case.escalated_at = now
        case.save(update_fields=["escalated_at"])
        _note(case, CaseHop.Act.ESCALATED, "", None, now, None)
        for lead in leads:
            _put_on_list(case, now, lead_id=lead)
        _tell(case, "service.case_late", leads, now)
        audit.record(actor=system_user(), action="service.case_escalated", target=case, data={"leads": leads}, now=now)
        count += 1
    return count


def _demand(**texts: str) -> None:
    wanted = {"title": _("Say what it is about."), "text": _("Say what is asked, or what was found.")}
    fields: dict[str, list[Text]] = {name: [wanted[name]] for name, text in texts.items() if not text.strip()}
    if fields:
        raise DepartmentCaseInvalid(fields=fields)


def _check_dispute(dispute: str, answer_by_date: date | None, customer_id: int | None, now: datetime) -> None:
    if not dispute:
        return
    fields: dict[str, list[Text]] = {}
    if dispute not in DepartmentCase.Dispute.values:
        fields["dispute"] = [_("Choose one of the list.")]
    elif customer_id is None:
        fields["dispute"] = [_("A dispute is opened on the customer's page: it needs a customer.")]
    if answer_by_date is None or answer_by_date < timezone.localtime(now).date():
        fields["answer_by_date"] = [_("Name the day by which it must be answered.")]
    if fields:
        raise DepartmentCaseInvalid(fields=fields)


def _find_department(department_id: int, *, other_than: int) -> Department:
    department = Department.objects.filter(pk=department_id).first()
    if department is None:
        raise NotFound
    if department.pk == other_than:
        raise DepartmentCaseInvalid(fields={"department": [_("Choose another department.")]})
    return department


def _lock_held(case_id: int, access: Access) -> DepartmentCase:
    case = lock_department_case(case_id)
    if case.state == DepartmentCase.State.CLOSED:
        raise DepartmentCaseClosed
    if not access.department_path.startswith(case.department.path):
        raise NotTheHolder(department=case.department.name)
    return case


def _due(now: datetime, is_urgent: bool) -> datetime:
    day = timezone.localtime(now).date()
    hours = parameters.get_int("service.case_hours_urgent" if is_urgent else "service.case_hours", on=day)
    return add_working_minutes(
        timezone.localtime(now),
        hours * 60,
        opens=parameters.get_int("service.case_opens_hour", on=day),
        closes=parameters.get_int("service.case_closes_hour", on=day),
        is_workday=WorkCalendar().is_workday,
    )


def _since(case: DepartmentCase) -> datetime:
    """Return when the department that has a case got it."""
    latest = case.hops.filter(act__in=[CaseHop.Act.OPENED, CaseHop.Act.PASSED, CaseHop.Act.ANSWERED]).last()
    return latest.at if latest is not None else case.opened_at


def _note(
    case: DepartmentCase, act: str, text: str, member_id: int | None, now: datetime, since: datetime | None
) -> None:
    minutes = 0
    if since is not None:
        day = timezone.localtime(now).date()
        minutes = count_working_minutes(
            timezone.localtime(since),
            timezone.localtime(now),
            opens=parameters.get_int("service.case_opens_hour", on=day),
            closes=parameters.get_int("service.case_closes_hour", on=day),
            is_workday=WorkCalendar().is_workday,
        )
    CaseHop.objects.create(
        case=case,
        act=act,
        member_id=member_id,
        department_id=case.department_id,
        text=text.strip(),
        at=now,
        due_at=case.due_at,
        minutes=minutes,
    )


def _tell(case: DepartmentCase, code: str, member_ids: Iterable[int], now: datetime) -> None:
    notify(
        member_ids=member_ids,
        kind="service.case",
        text_code=code,
        params={"number": case.number, "title": case.title, "department": case.department.name},
        key=f"{code}:{case.pk}:{case.hops.count()}",
        now=now,
        url=f"/cases/{case.public_id}/",
    )


def _put_on_list(case: DepartmentCase, now: datetime, *, lead_id: int | None = None) -> None:
    reason = "service.case_answered" if case.state == DepartmentCase.State.ANSWERED else "service.case_waits"
    history.raise_work(
        group=WorkItem.Group.DUE,
        kind="service.case",
        reason_code="service.case_late" if lead_id is not None else reason,
        params={"number": case.number, "title": case.title, "department": case.department.name},
        key=f"service.case:{case.pk}:{lead_id or case.holder_id}",
        now=now,
        assignee_id=lead_id or case.holder_id,
        urgency=_URGENCY[case.is_urgent or lead_id is not None],
        due_at=case.due_at or now + timedelta(days=1),
        url=f"/cases/{case.public_id}/",
    )


def _end_work(case: DepartmentCase, now: datetime, actor: User) -> None:
    history.end_work_with_prefix(prefix=f"service.case:{case.pk}:", now=now, actor=actor, state=WorkItem.State.DONE)
