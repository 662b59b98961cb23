"""Social and sensitive inputs are seen with consent only, off by default, and never turn anybody down by themselves."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
import pytest

from core import parameters
from core.models import Parameter, User
from core.registries import approvals
from customers.models import Consent, Customer, Relation
from lending.models import Application
from risk.models import BureauReport, DecisionRecord, DecisionTable
from risk.operations import decisions
from risk.operations.configuration import content_hash_of, publish_version
from risk.queries.consented import SWITCH
from risk.queries.current_facts import read_current_facts
from risk.queries.decisions import explain_to_customer
from risk.queries.replays import replay_decision
from risk.reasons import TABLE_REASONS
from risk.rules import standard
from risk.rules.inputs import CONSENTED, FACTS, TABLE_FIELDS
from risk.rules.scoring.material import is_never_input
from risk.rules.tables import lint_table
from risk.web.applications import _list_facts
from staff.operations import OwnApproval, ask_change
from tests.fixtures.borrowers import LoanPlan, make_application, make_borrower, make_loan, make_staff
from tests.risk.conftest import DAY

Receive = Callable[..., BureauReport]
ROW = {"_id": "P12", "late_relation_count": "> 0", "action": "REFER", "reason": "RELATIONS_LATE"}


def build_table(row: dict[str, str]) -> dict[str, Any]:
    inputs = (*standard._POLICY_INPUTS, "late_relation_count")
    return standard.build_document(inputs, [*standard._POLICY_ROWS, row], ("score",), standard._GRADING_ROWS)


@pytest.fixture
def applicant(house: datetime) -> Customer:
    """Somebody whose spouse is behind with us, under rules that look at it."""
    customer, spouse = make_borrower(now=house), make_borrower(now=house)
    make_loan(spouse, LoanPlan(DAY, dpd=8, bucket="M1"), now=house)
    Relation.objects.create(customer=spouse, other=customer, kind="SPOUSE", source="RM", created_at=house)
    content = build_table(ROW)
    table = DecisionTable(
        code=standard.CODE, version=2, content=content, cases=standard.CASES, made_at=house, is_shipped=True,
        content_hash=content_hash_of(content, standard.CASES),
    )  # fmt: skip
    publish_version(table, submitted_by=None, approved_by=None, now=house)
    return customer


@pytest.fixture
def decide(house: datetime, system: User, applicant: Customer, receive_report: Receive) -> Callable[[], DecisionRecord]:
    def run() -> DecisionRecord:
        application = make_application(applicant, now=house, business_date=DAY)
        receive_report(application)
        [record] = decisions.decide_applications(
            application_ids=[application.pk], actor=system, now=house, business_date=DAY
        )
        return DecisionRecord.objects.get(pk=record.pk)

    return run


Decide = Callable[[], DecisionRecord]


def switch_on() -> None:
    Parameter.objects.filter(rule_code=SWITCH).update(value=True)


def agree(customer: Customer, now: datetime, **fields: Any) -> None:
    Consent.objects.create(
        customer=customer, purpose="SOCIAL_DATA", notice_version="1", channel="app", given_at=now, evidence_hash="h",
        **fields,
    )  # fmt: skip


def inputs_of(record: DecisionRecord) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(record.inputs)
    return found


class TestDeciding:
    def test_it_is_off_by_default_whoever_consents(self, applicant: Customer, house: datetime, decide: Decide) -> None:
        assert parameters.get_value(SWITCH, on=DAY) is False
        agree(applicant, house)
        record = decide()
        assert inputs_of(record)["facts"].keys() == FACTS.keys()
        assert inputs_of(record)["withheld"] == {"late_relation_count": "SWITCHED_OFF"}
        assert record.outcome == "APPROVE"
        Parameter.objects.filter(rule_code=SWITCH).delete()
        assert read_current_facts([applicant.pk], DAY)[applicant.pk].withheld == {"late_relation_count": "SWITCHED_OFF"}

    @pytest.mark.parametrize("withdrawn", [False, True])
    def test_without_a_live_consent_it_is_absent_and_costs_nothing(
        self, applicant: Customer, house: datetime, decide: Decide, withdrawn: bool
    ) -> None:
        switch_on()
        if withdrawn:
            agree(applicant, house, withdrawn_at=house)
        record = decide()
        assert "late_relation_count" not in inputs_of(record)["facts"]
        assert inputs_of(record)["withheld"] == {"late_relation_count": "NO_CONSENT"}
        assert (record.outcome, replay_decision(record).is_same) == ("APPROVE", True)
        assert explain_to_customer(record.application)["seen_with_your_consent"] == []

    def test_with_both_it_is_seen_told_and_can_be_replayed(
        self, applicant: Customer, house: datetime, decide: Decide
    ) -> None:
        switch_on()
        agree(applicant, house)
        record = decide()
        assert inputs_of(record)["facts"]["late_relation_count"] == 1 and inputs_of(record)["withheld"] == {}
        assert (record.outcome, record.reason_codes) == ("REFER", ["RELATIONS_LATE"])
        told = explain_to_customer(Application.objects.get(pk=record.application_id))
        assert told["seen_with_your_consent"] == ["Whether people tied to you are behind with their payments to us."]
        assert replay_decision(record).is_same
        # Today counts what he agrees to today.
        Consent.objects.filter(purpose="SOCIAL_DATA").update(withdrawn_at=house)
        assert "late_relation_count" not in read_current_facts([applicant.pk], DAY)[applicant.pk].facts
        assert replay_decision(record).is_same

    def test_staff_read_what_was_left_out(self, decide: Decide) -> None:
        from risk.queries.decisions import get_decision_view

        view = get_decision_view(decide().application)
        assert view is not None
        shown = dict(_list_facts(view))
        assert shown["People tied to him who are behind with us"] == "not looked at: the house has it switched off"


def test_two_people_switch_it_on(house: datetime) -> None:
    row = Parameter.objects.get(rule_code=SWITCH)
    wanted = {"value": True, "valid_from": "2026-03-03", "source": "board"}
    maker = make_staff("operations")
    approval = ask_change(target=row, values=wanted, reason="pilot", actor=maker, now=house)
    given: dict[str, Any] = {"approval_id": approval.pk, "is_approved": True, "note": "", "now": house}
    maker.staff_member.roles.set(make_staff("manager").staff_member.roles.all())
    with pytest.raises(OwnApproval):
        approvals.get("staff.change")(**given, actor=User.objects.get(pk=maker.pk))
    assert Parameter.objects.filter(rule_code=SWITCH).count() == 1
    approvals.get("staff.change")(**given, actor=make_staff("manager"))
    assert parameters.get_value(SWITCH, on=DAY) is False
    assert parameters.get_value(SWITCH, on=DAY.replace(day=3)) is True


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"action": "DECLINE"}, "consented_only_refers"),
        ({"late_relation_count": "null"}, "cell_never_missing"),
        ({"late_relation_count": "null, > 0"}, "cell_never_missing"),
        ({}, None),
    ],
)
def test_a_row_may_only_ask_for_a_person_because_of_it(change: dict[str, str], code: str | None) -> None:
    problems = lint_table(build_table({**ROW, **change}), TABLE_REASONS)
    assert [problem.code for problem in problems] == ([code] if code else [])


def test_no_grade_hangs_on_it() -> None:
    rows = [{**row, "late_relation_count": "0"} if row["_id"] == "G1" else row for row in standard._GRADING_ROWS]
    document = standard.build_document(
        standard._POLICY_INPUTS, standard._POLICY_ROWS, ("score", "late_relation_count"), rows
    )
    assert "consented_only_refers" in [problem.code for problem in lint_table(document, TABLE_REASONS)]


def test_no_stored_input_says_what_no_decision_may_look_at(
    applicant: Customer, house: datetime, decide: Decide
) -> None:
    """Region, sex and the like stand nowhere in what is stored, neither as a name nor as a value; every name is listed."""
    person = {"sex": "F", "region_code": "650000", "address": "乌鲁木齐市天山区", "birth_date": "1977-11-30"}
    Customer.objects.filter(pk=applicant.pk).update(**person)
    switch_on()
    agree(applicant, house)
    decide()
    for stored in (inputs_of(record) for record in DecisionRecord.objects.all()):
        assert set(stored) == {"facts", "evidence", "withheld", "terms"}
        assert stored["facts"].keys() | stored["withheld"].keys() == FACTS.keys() | CONSENTED.keys()
        names = [word for part in stored.values() for name in part for word in name.split("_")]
        assert [word for word in names if is_never_input(word)] == []
        text = orjson.dumps(stored).decode()
        assert not [
            value for value in (*person.values(), "1977", applicant.identity_number) if len(value) > 1 and value in text
        ]
    allowed = TABLE_FIELDS.keys() - {"score"}
    assert allowed == FACTS.keys() | CONSENTED.keys()
    assert all(field.needs_consent for field in CONSENTED.values())
    assert not any(field.needs_consent for field in FACTS.values())
