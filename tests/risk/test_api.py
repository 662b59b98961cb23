"""Monitoring over the interface: each reads in his scope, and writes do what the pages do."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from core import clock
from core.api.counters import counters
from core.api.tokens import issue_token
from core.models import AuditEntry, User
from risk.models import Alert, AssessmentPlan, Incident, RiskEntry, SuspicionCase
from risk.operations import alerts, indicators, laundering, monitoring, register, stress, warnings
from staff import rights
from tests.fixtures.borrowers import LoanPlan, make_borrower, make_loan, make_staff
from tests.pictures import list_changes, take_picture
from tests.risk.conftest import DAY


@pytest.fixture
def staff(house: datetime) -> dict[str, User]:
    """The house with a late borrower, watched for one night."""
    monitoring.seed_monitoring(DAY, house)
    found = {role: make_staff(role) for role in ("rm", "risk-officer", "risk-manager", "manager")}
    borrower = make_borrower(now=house, rm=found["rm"])
    loan = make_loan(borrower, LoanPlan(DAY - timedelta(days=40), dpd=10, bucket="M1"), now=house)
    make_loan(make_borrower(now=house), LoanPlan(DAY - timedelta(days=40), dpd=12, bucket="M1"), now=house)
    warnings.search_warnings(business_date=DAY, now=house)
    indicators.store_indicators(business_date=DAY)
    AssessmentPlan.objects.create(
        customer=borrower, loan=loan, grade="C", assessed_date=DAY, due_date=DAY, failure_code="FACTS_MISSING"
    )
    alerts.raise_loan_alert(
        loan_id=loan.pk, from_bucket="M1", bucket="M1", dpd=10, overdue_amount=Decimal("1100.00"),
        actor=found["risk-officer"], now=house, business_date=DAY,
    )  # fmt: skip
    return found


class Caller:
    """Somebody with a token that carries every scope, or some."""

    def __init__(self, user: User, now: datetime, scopes: list[str] | None = None) -> None:
        counters.clear()
        token = issue_token(user=user, scopes=sorted(rights.ALL) if scopes is None else scopes, now=now)["token"]
        self._client = APIClient()
        self._client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCEPT_LANGUAGE="en")

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = getattr(self._client, method)(f"/api/v1/staff/{path}", body, format="json")
        assert answer.status_code == status, answer.content
        return answer.json()

    def rows(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("get", path)["results"]
        return found


def test_an_rm_reads_of_his_own_borrowers(staff: dict[str, User], house: datetime) -> None:
    with clock.use_clock(house):
        rm, officer = Caller(staff["rm"], house), Caller(staff["risk-officer"], house)
        assert [row["text"] for row in rm.rows("warnings/?live=true")] == [
            f"Loan {Alert.objects.get().dimension} is 10 days past due, ¥0.00"
        ]
        assert len(officer.rows("warnings/")) == 2 and rm.rows("warnings/?live=false") == []
        [plan] = rm.rows("assessment-plans/")
        assert plan["failure"] == "No decision by rule has left facts to judge by." and "id" not in plan
        assert rm.rows("assessments/?movement=WORSE") == []
        for path in ("indicators/", "stress-runs/", "risks/", "incidents/", "suspicions/", "alerts/"):
            rm.call("get", path, status=403)
        # A token that does not carry the scope is none, whatever the role.
        Caller(staff["risk-officer"], house, ["messaging.view"]).call("get", "warnings/", status=403)


def test_an_alert_is_taken_up_and_closed(staff: dict[str, User], house: datetime) -> None:
    with clock.use_clock(house):
        officer, manager = Caller(staff["risk-officer"], house), Caller(staff["manager"], house)
        [row] = officer.rows("alerts/")
        path = f"alerts/{row['id']}/"
        before = take_picture()
        manager.call("post", f"{path}TAKE/", {}, status=403)
        officer.call("post", f"{path}VANISH/", {}, status=404)
        officer.call("post", f"{path}CLOSE/", {"closure": "HANDLED"}, status=422)
        officer.call("post", f"{path}CLOSE/", {"closing": "HANDLED"}, status=422)
        officer.call("post", f"{path}LIFT/", {"note": "x"}, status=409)
        assert list_changes(before) == []
        assert officer.call("post", f"{path}TAKE/", {})["state"] == "ACKNOWLEDGED"
        assert "called" in officer.call("post", f"{path}NOTE/", {"note": "called him"})["action_taken"]
        assert manager.call("get", path)["owner"] == str(staff["risk-officer"].staff_member)
        closed = officer.call("post", f"{path}CLOSE/", {"closure": "HANDLED", "note": "paid"})
        assert (closed["state"], closed["closure_note"]) == ("CLOSED", "paid")
        officer.call("post", f"{path}TAKE/", {}, status=409)


def test_the_house_is_watched_and_its_register_kept(staff: dict[str, User], house: datetime) -> None:
    with clock.use_clock(house):
        officer, manager = Caller(staff["risk-officer"], house), Caller(staff["manager"], house)
        [par] = [row for row in manager.rows("indicators/?code=par30") if not row["dimension"]]
        assert (par["name"], par["business_date"], par["value"]) == (
            "Portfolio at risk over 30 days", DAY.isoformat(), "0.000000",
        )  # fmt: skip
        assert manager.rows("indicators/?since=2026-03-03") == []
        run = stress.run_default_shock(
            multiplier=Decimal(2), loss_share=Decimal("0.6"), note="n", actor=staff["risk-officer"], business_date=DAY,
            now=house,
        )  # fmt: skip
        assert [row["id"] for row in manager.rows("stress-runs/")] == [run.public_id]
        assert manager.call("get", f"stress-runs/{run.public_id}/")["assumptions"]["multiplier"] == "2"
        entry = register.save_entry(
            entry=RiskEntry(
                title="宕机", category="TECHNOLOGY", likelihood=2, impact=5, response="REDUCE", review_date=DAY,
                owner=staff["risk-officer"].staff_member,
            ),
            note="", actor=staff["risk-officer"], now=house,
        )  # fmt: skip
        look = {"likelihood": 1, "impact": 5, "response": "ACCEPT", "note": "備付"}
        manager.call("post", f"risks/{entry.public_id}/", look, status=403)
        officer.call("post", f"risks/{entry.public_id}/", {**look, "impact": 6}, status=422)
        assert officer.call("post", f"risks/{entry.public_id}/", look)["grade"] == 5
        assert [row["grade"] for row in manager.rows(f"risks/?due={DAY.year + 1}-01-01")] == [5]
        told = {
            "kind": "INCIDENT", "title": "磁盘写满", "began_at": "2026-03-02T09:00:00+08:00",
            "noticed_at": "2026-03-02T09:05:00+08:00", "rto_minutes": 60, "rpo_minutes": 5,
        }  # fmt: skip
        manager.call("post", "incidents/", told, status=403)
        officer.call("post", "incidents/", {**told, "noticed_at": "2026-03-02T08:00:00+08:00"}, status=422)
        assert not Incident.objects.exists()
        made = officer.call("post", "incidents/", told, status=201)
        assert [row["id"] for row in manager.rows("incidents/?kind=INCIDENT")] == [made["id"]]
        assert Incident.objects.get().owner == staff["risk-officer"].staff_member


def test_a_case_of_suspicion_goes_through_two_hands_and_each_look_is_kept(
    staff: dict[str, User], house: datetime
) -> None:
    with clock.use_clock(house):
        officer, head = Caller(staff["risk-officer"], house), Caller(staff["risk-manager"], house)
        case = laundering.note_suspicion(
            customer_id=make_borrower(now=house).pk, text="来源不明", actor=staff["risk-officer"], business_date=DAY,
            now=house,
        )  # fmt: skip
        Caller(staff["manager"], house).call("get", "suspicions/", status=403)
        path = f"suspicions/{case.public_id}/"
        assert [row["number"] for row in officer.rows("suspicions/?state=OPEN")] == [case.number]
        officer.call("post", f"{path}decision/", {"is_agreed": True}, status=403)
        officer.call("post", f"{path}proposal/", {"proposal": "REPORT"}, status=422)
        shown = officer.call("post", f"{path}proposal/", {"proposal": "REPORT", "grounds": "g"})
        assert (shown["state"], shown["customer_number"]) == ("PROPOSED", case.customer.number)
        head.call("post", f"{path}decision/", {"is_agreed": True})
        assert SuspicionCase.objects.get().state == "REPORTED"
        assert AuditEntry.objects.filter(action="risk.suspicion_read", is_sensitive_read=True).count() == 2
        officer.call("post", f"{path}proposal/", {"proposal": "DISMISS", "grounds": "g"}, status=409)
