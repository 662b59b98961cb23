"""Cases between departments: who has it, the clock in working hours, what is refused."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core import clock
from core.errors import BusinessError, NotFound, Refused
from core.models import User
from customers.models import Health, Notice, WorkItem
from customers.operations import health
from service.indicators import compute_complaints
from service.models import CaseHop, DepartmentCase
from service.operations import department_cases as cases
from service.operations import disputes
from service.operations.department_cases import DepartmentCaseClosed, DepartmentCaseInvalid, NotTheHolder
from service.operations.seed import seed_case_clock
from service.queries import list_department_cases
from staff.models import Department
from staff.operations import create_department, ensure_standard_roles
from staff.queries import get_access
from tests.fixtures.borrowers import make_borrower, make_staff
from tests.pictures import refused, unchanged

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
HIRING = ("core_user", "staff_staffmember", "staff_staffmember_roles")


class House:
    """Three departments and who works there."""

    def __init__(self, now: datetime) -> None:
        self.relations, self.service, self.risk = (
            create_department(name=name, kind=kind)
            for name, kind in (("客户关系部", "RELATIONSHIP"), ("客户服务部", "SERVICE"), ("风险管理部", "RISK"))
        )
        self.rm = make_staff("rm", department=self.relations)
        self.agent = make_staff("service-agent", department=self.service)
        self.officer = make_staff("risk-officer", department=self.risk)
        self.risk_lead = make_staff("risk-manager", department=self.risk)
        self.manager = make_staff("manager", department=create_department(name="管理层", kind="MANAGEMENT"))
        self.customer = make_borrower(now=now, rm=self.rm)


@pytest.fixture
def house(now: datetime, set_business_date: Callable[[date], None]) -> House:
    set_business_date(DAY)
    ensure_standard_roles(now=clock.now())
    seed_case_clock(DAY, now)
    return House(now)


def ask(house: House, now: datetime, **more: Any) -> DepartmentCase:
    return cases.open_department_case(
        **{
            "title": "收入证明存疑",
            "text": "请核对单位电话",
            "department_id": house.risk.pk,
            "customer_id": house.customer.pk,
            "is_urgent": False,
            "actor": house.rm,
            "now": now,
            **more,
        }
    )


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(member__user=user).order_by("pk").values_list("text_code", flat=True))


def test_a_case_passes_and_comes_back(house: House, now: datetime) -> None:
    case = ask(house, now)
    # Sixteen working hours from Monday 10:00: eight today, eight tomorrow of nine a day.
    assert case.due_at == clock.at(DAY + timedelta(days=1), 17)
    assert told(house.officer) == told(house.risk_lead) == ["service.case_arrived"]
    cases.take_department_case(case_id=case.pk, actor=house.officer, now=now + timedelta(hours=1))
    case.refresh_from_db()
    assert case.holder == house.officer.staff_member
    assert WorkItem.objects.get(state="OPEN").assignee == house.officer.staff_member
    later = now + timedelta(hours=2)
    cases.pass_department_case(
        case_id=case.pk, department_id=house.service.pk, text="请客服回访", actor=house.officer, now=later
    )
    case.refresh_from_db()
    assert (case.holder, case.department, case.due_at) == (None, house.service, clock.at(DAY + timedelta(days=2), 10))
    assert not WorkItem.objects.filter(state="OPEN").exists()
    cases.answer_department_case(case_id=case.pk, text="已核实", actor=house.agent, now=now + timedelta(days=1))
    case.refresh_from_db()
    assert (case.state, case.department, case.holder, case.due_at) == (
        "ANSWERED",
        house.relations,
        house.rm.staff_member,
        None,
    )
    assert WorkItem.objects.get(state="OPEN").assignee == house.rm.staff_member
    cases.close_department_case(case_id=case.pk, text="", actor=house.rm, now=now + timedelta(days=1, hours=1))
    hops = list(CaseHop.objects.order_by("pk").values_list("act", "minutes"))
    # Two hours with risk; six left of Monday and one of Tuesday with service; one hour at home again.
    assert hops == [("OPENED", 0), ("TAKEN", 0), ("PASSED", 120), ("ANSWERED", 420), ("CLOSED", 60)]
    assert not WorkItem.objects.filter(state="OPEN").exists()


def test_a_late_case_is_raised_to_the_lead_once_a_holder(house: House, now: datetime) -> None:
    case = ask(house, now, is_urgent=True)
    assert case.due_at == now + timedelta(hours=4)
    assert cases.escalate_department_cases(now=now + timedelta(hours=4)) == 0
    assert cases.escalate_department_cases(now=now + timedelta(hours=4, minutes=1)) == 1
    assert cases.escalate_department_cases(now=now + timedelta(hours=9)) == 0
    assert told(house.risk_lead) == ["service.case_arrived", "service.case_late"]
    assert "service.case_late" not in told(house.officer)
    item = WorkItem.objects.get()
    assert (item.assignee, item.reason_code) == (house.risk_lead.staff_member, "service.case_late")
    # The service department has no lead of its own: the house's manager is told.
    cases.pass_department_case(case_id=case.pk, department_id=house.service.pk, text="x", actor=house.officer, now=now)
    assert cases.escalate_department_cases(now=now + timedelta(days=1)) == 1
    assert told(house.manager) == ["service.case_late"]


@pytest.mark.parametrize(
    ("run", "refusal"),
    [
        (lambda h, c, now: ask(h, now, title=" "), DepartmentCaseInvalid),
        (lambda h, c, now: ask(h, now, department_id=h.relations.pk), DepartmentCaseInvalid),
        (lambda h, c, now: ask(h, now, department_id=0), NotFound),
        (lambda h, c, now: ask(h, now, actor=make_staff("auditor")), Refused),
        (lambda h, c, now: ask(h, now, actor=make_staff("rm", department=h.relations)), NotFound),
        (lambda h, c, now: cases.take_department_case(case_id=c, actor=h.agent, now=now), NotTheHolder),
        (lambda h, c, now: cases.answer_department_case(case_id=c, text="x", actor=h.rm, now=now), NotTheHolder),
        (lambda h, c, now: cases.answer_department_case(case_id=c, text="", actor=h.officer, now=now), DepartmentCaseInvalid),
        (lambda h, c, now: cases.close_department_case(case_id=c, text="x", actor=h.officer, now=now), NotTheHolder),
    ],
)  # fmt: skip
def test_refusals_change_nothing(house: House, now: datetime, run: Any, refusal: type[BusinessError]) -> None:
    case = ask(house, now)
    # Some are refused to people who are hired for it.
    with unchanged(but=HIRING), pytest.raises(refusal):
        run(house, case.pk, now)


def test_a_closed_case_stays_closed(house: House, now: datetime) -> None:
    case = ask(house, now)
    cases.close_department_case(case_id=case.pk, text="已处理", actor=house.rm, now=now)
    for run in (
        lambda: cases.close_department_case(case_id=case.pk, text="x", actor=house.rm, now=now),
        lambda: cases.answer_department_case(case_id=case.pk, text="x", actor=house.officer, now=now),
    ):
        with unchanged(), pytest.raises(DepartmentCaseClosed):
            run()


def test_only_departments_that_take_part_see_a_case(house: House, now: datetime) -> None:
    case = ask(house, now)

    def sees(user: User) -> bool:
        access = get_access(user)
        assert access is not None
        return list_department_cases(access).filter(pk=case.pk).exists()

    assert [sees(user) for user in (house.rm, house.officer, house.manager, house.agent)] == [True, True, True, False]
    cases.pass_department_case(case_id=case.pk, department_id=house.service.pk, text="x", actor=house.officer, now=now)
    assert sees(house.agent) and sees(house.officer)


def browse(user: User) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_pages_ask_answer_and_keep_outsiders_out(house: House, frozen_clock: datetime) -> None:
    rm, officer, agent = (browse(user) for user in (house.rm, house.officer, house.agent))
    panel = rm.get(f"/customers/{house.customer.public_id}/cases/")
    assert "No cases about this customer" in panel.content.decode()
    url = f"/cases/new/?customer={house.customer.public_id}"
    assert rm.get(url).status_code == 200
    assert rm.post(url, {"title": "x"}).status_code == 422
    answer = rm.post(url, {"department": house.risk.pk, "title": "收入存疑", "text": "请核对"})
    page = answer["Location"]
    assert "收入存疑" in officer.get("/cases/").content.decode()
    assert "收入存疑" in rm.get("/cases/?view=asked").content.decode()
    assert "收入存疑" not in agent.get("/cases/?view=all").content.decode()
    assert agent.get(page).status_code == 404 and agent.post(f"{page}take/").status_code == 404
    officer.post(f"{page}take/")
    officer.post(f"{page}answer/", {"text": "已核对"})
    assert "已核对" in rm.get(page).content.decode()
    rm.post(f"{page}close/")
    assert DepartmentCase.objects.get().state == "CLOSED"
    assert Department.objects.count() == 4
    assert "收入存疑" in rm.get(f"/customers/{house.customer.public_id}/cases/").content.decode()


def test_only_open_complaints_tell_against_a_customers_health(house: House, now: datetime) -> None:
    ask(house, now)
    health.judge_health(DAY, 0, 0, now)
    assert not Health.objects.filter(customer=house.customer).exists()
    case = ask(house, now, is_complaint=True)
    health.judge_health(DAY, 0, 0, now)
    assert {part["code"]: part["points"] for part in Health.objects.get(customer=house.customer).parts}["cases"] == 7
    DepartmentCase.objects.filter(pk=case.pk).update(state="CLOSED", closed_at=now, due_at=None)
    health.judge_health(DAY, 0, 0, now)
    assert not Health.objects.filter(customer=house.customer).exists()


def test_a_dispute_has_a_day_papers_and_an_outcome(house: House, frozen_clock: datetime) -> None:
    now = frozen_clock
    answer_by = DAY + timedelta(days=10)
    for more in ({"customer_id": None, "answer_by_date": answer_by}, {}, {"answer_by_date": DAY - timedelta(days=1)}):
        with refused(DepartmentCaseInvalid):
            ask(house, now, dispute="SUM", **more)
    rm, officer, agent = (browse(user) for user in (house.rm, house.officer, house.agent))
    page = rm.post(
        f"/cases/new/?customer={house.customer.public_id}",
        {"department": house.risk.pk, "title": "利息争议", "text": "x", "dispute": "SUM", "answer_by_date": answer_by},
    )["Location"]
    case = DepartmentCase.objects.get()
    assert (case.dispute, case.answer_by_date) == ("SUM", answer_by)
    paper = SimpleUploadedFile("a.pdf", b"%PDF-1.4 claim")
    assert agent.post(f"{page}papers/", {"file": paper}).status_code == 404
    officer.post(f"{page}papers/", {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.4 claim"), "title": "起诉状"})
    case.refresh_from_db()
    assert len(case.papers) == 1 and "起诉状" in rm.get(page).content.decode()
    assert disputes.remind_of_answers(answer_by - timedelta(days=4), 0, 0, now) == 0
    officer.post(f"{page}take/")
    disputes.remind_of_answers(answer_by - timedelta(days=3), 0, 0, now)
    item = WorkItem.objects.get(reason_code="service.dispute_due", state="OPEN")
    assert item.assignee == house.officer.staff_member
    rm.post(f"{page}close/")
    assert DepartmentCase.objects.get().state == "OPEN", "a dispute closes with what it came to"
    rm.post(f"{page}close/", {"text": "已和解"})
    assert DepartmentCase.objects.get().state == "CLOSED"
    assert not WorkItem.objects.filter(reason_code="service.dispute_due", state="OPEN").exists()
    assert "利息争议" in rm.get("/cases/?view=all&dispute=SUM").content.decode()
    with refused(NotFound):
        disputes.add_paper(case_id=ask(house, now).pk, title="", content=b"%PDF-1.4 x", actor=house.officer, now=now)


def test_customers_who_complained_are_counted_once(house: House, now: datetime) -> None:
    for _turn in range(2):
        ask(house, now, is_complaint=True)
    ask(house, now)
    [(_part, _value, complained, customers)] = compute_complaints(DAY)
    assert (complained, customers) == (1, 1)
    assert compute_complaints(DAY + timedelta(days=30))[0][2] == 0
