"""Steps of the relationship process on real rows: begun once, proved, late, settled, moved, merged, corrected."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core import clock
from core.changes import ChangeInvalid
from core.models import AuditEntry, EventDelivery, OutboxEvent
from core.outbox import drain
from customers.models import (
    Contact,
    CorrectiveAction,
    Customer,
    InvestorAssessment,
    Notice,
    ProcessStep,
    RegistrationStep,
    StepRun,
    TimelineEntry,
    WorkItem,
)
from customers.operations import funnel, process
from customers.operations.merging import merge_customers, undo_merge
from customers.operations.ownership import change_owner
from messaging.models import Message
from tests.customers.operations.desk import make_customer
from tests.customers.operations.workday import NOW, TODAY, Workday, contact, desk, refuse
from tests.pictures import unchanged

__all__ = ["desk"]

EVERYBODY = 0, 2**40


def register(desk: Workday, customer: Customer | None = None, **fields: Any) -> Customer:
    """A customer who registers this Monday morning."""
    customer = customer or make_customer(desk.rm, NOW, **{"registered_at": NOW, **fields})
    funnel.note_step(customer_ids=[customer.pk], step="REGISTERED", now=NOW)
    return customer


def follow(day: date, now: datetime | None = None) -> int:
    return process.follow_steps(day, *EVERYBODY, now or clock.at(day, 23))


def states(customer: Customer) -> dict[str, str]:
    return dict(StepRun.objects.filter(customer=customer).values_list("code", "state"))


def run_of(customer: Customer, code: str) -> StepRun:
    return StepRun.objects.get(customer=customer, code=code)


def tasks(state: str = "OPEN") -> list[WorkItem]:
    return list(WorkItem.objects.filter(kind="customers.process", state=state).order_by("due_at", "pk"))


def test_registering_begins_the_journey_once(desk: Workday) -> None:
    customer = register(desk)
    assert set(states(customer)) == {"welcome", "first-call", "identity", "needs", "first-review"}
    dates = dict(StepRun.objects.filter(customer=customer).values_list("code", "due_date"))
    assert dates["welcome"] == dates["first-call"] == TODAY + timedelta(days=1)
    assert dates["identity"] == TODAY + timedelta(days=3) and dates["needs"] == TODAY + timedelta(days=9)
    assert run_of(customer, "first-call").member_id == desk.rm.pk
    with unchanged():
        funnel.note_step(customer_ids=[customer.pk], step="REGISTERED", now=NOW)


def test_the_welcome_is_sent_and_proves_itself(desk: Workday) -> None:
    customer = register(desk)
    assert OutboxEvent.objects.filter(name="customers.step_message_due").count() == 1
    run = run_of(customer, "welcome")
    message = Message.objects.filter(dedup_key=f"process:{run.pk}")
    while EventDelivery.objects.filter(handler="messaging.send_step", state="PENDING").exists():
        assert drain(limit=1) == 1
    assert message.get().template.code == "welcome"
    message.update(state="SENT", sent_at=NOW + timedelta(minutes=1))
    follow(TODAY)
    run.refresh_from_db()
    assert (run.state, run.done_at, run.is_late) == ("DONE", NOW + timedelta(minutes=1), False)
    assert TimelineEntry.objects.get(key=f"process:{run.pk}:done").params == {"step_name": "欢迎短信"}


def test_a_message_that_fails_becomes_work_of_the_rm(desk: Workday) -> None:
    customer = register(desk)
    follow(TODAY)
    follow(TODAY + timedelta(days=1))
    codes = [item.reason_code for item in tasks()]
    assert codes.count("customers.step_unsent") == 1
    assert run_of(customer, "welcome").state == "OPEN"


def test_a_due_step_is_one_task_and_a_contact_ends_it(desk: Workday) -> None:
    customer = register(desk)
    StepRun.objects.filter(code="welcome").delete()
    follow(TODAY)
    (task,) = tasks()
    assert (task.assignee_id, task.customer_id) == (desk.rm.pk, customer.pk)
    assert task.due_at == clock.at(TODAY + timedelta(days=1), 18)
    with unchanged():
        assert follow(TODAY, NOW) == 0
    contact(desk, customer_id=customer.pk, result="NOT_REACHED")
    assert run_of(customer, "first-call").state == "OPEN"
    at = NOW + timedelta(days=1)
    made = contact(desk, customer_id=customer.pk, now=at)
    run = run_of(customer, "first-call")
    assert (run.state, run.done_at, run.done_by_id, run.contact_id) == ("DONE", at, desk.rm.user_id, made.pk)
    assert not run.is_late and not tasks() and len(tasks("DONE")) == 1
    # The review is a month ahead: this contact does not prove it.
    assert run_of(customer, "first-review").state == "OPEN"


def test_one_contact_proves_one_step_the_first_due_one(desk: Workday) -> None:
    customer = register(desk)
    later = NOW + timedelta(days=7)
    contact(desk, customer_id=customer.pk, now=later)
    assert (run_of(customer, "first-call").state, run_of(customer, "needs").state) == ("DONE", "OPEN")
    assert run_of(customer, "first-call").is_late
    contact(desk, customer_id=customer.pk, now=later + timedelta(hours=1))
    assert run_of(customer, "needs").state == "DONE" and not run_of(customer, "needs").is_late


def test_contacts_that_came_in_bulk_are_shared_out_at_night(desk: Workday) -> None:
    customer = register(desk)
    for hour in (1, 2):
        Contact.objects.create(
            customer=customer, channel="CALL", at=NOW + timedelta(days=7, hours=hour), member=desk.rm
        )
    follow(TODAY + timedelta(days=7))
    assert {run_of(customer, code).state for code in ("first-call", "needs")} == {"DONE"}
    assert len({run_of(customer, code).contact_id for code in ("first-call", "needs")}) == 2


@pytest.mark.parametrize(("code", "step"), [("identity", "IDENTITY"), ("card", "CARD")])
def test_identity_and_card_prove_themselves_whoever_did_it(desk: Workday, code: str, step: str) -> None:
    customer = register(desk)
    funnel.note_step(customer_ids=[customer.pk], step=step, now=NOW + timedelta(hours=5))
    run = run_of(customer, code)
    assert (run.state, run.done_by_id, run.is_late) == ("DONE", None, False)
    # Who confirms his identity has the next steps; who does not invest has no questionnaire.
    assert "card" in states(customer) and "questionnaire" not in states(customer)


def test_the_questionnaire_is_asked_of_investors_only_and_proved_by_its_row(desk: Workday) -> None:
    customer = register(desk)
    funnel.note_step(customer_ids=[customer.pk], step="IDENTITY", now=NOW)
    Customer.objects.filter(pk=customer.pk).update(is_investor=True)
    follow(TODAY)
    assert run_of(customer, "questionnaire").state == "OPEN"
    InvestorAssessment.objects.create(
        customer=customer, answers={}, score=1, tier="C1", questionnaire_version="1", assessed_at=NOW,
        valid_until_date=TODAY,
    )  # fmt: skip
    assert process.prove_steps(customer_ids=[customer.pk], now=NOW) == 1
    assert run_of(customer, "questionnaire").state == "DONE"


def test_the_first_deal_begins_the_call_after_it(desk: Workday) -> None:
    customer = register(desk)
    funnel.note_step(customer_ids=[customer.pk], step="FIRST_DEAL", now=NOW + timedelta(days=2))
    assert run_of(customer, "after-deal").due_date == TODAY + timedelta(days=7)


def test_who_registered_before_a_step_was_in_force_is_left_alone(desk: Workday) -> None:
    old = make_customer(desk.rm, NOW)
    RegistrationStep.objects.create(
        phone_index=old.phone_index, customer=old, step="REGISTERED", at=NOW - timedelta(days=3)
    )
    with unchanged():
        assert follow(TODAY) == 0


def test_the_night_begins_what_an_event_missed(desk: Workday) -> None:
    customer = make_customer(desk.rm, NOW, registered_at=NOW)
    RegistrationStep.objects.create(phone_index=customer.phone_index, customer=customer, step="REGISTERED", at=NOW)
    assert process.list_partitions(TODAY) == [(customer.pk, customer.pk + 1)]
    follow(TODAY)
    assert len(states(customer)) == 5
    # He learns of it on the Tuesday: the first call has until the Wednesday.
    assert run_of(customer, "first-call").due_date == TODAY + timedelta(days=2)


def test_a_step_is_settled_by_hand_with_a_reason(desk: Workday) -> None:
    customer = register(desk)
    follow(TODAY)
    later = NOW + timedelta(days=2)
    given = {"run_id": run_of(customer, "first-call").pk, "actor": desk.rm.user, "now": later}
    refuse("step_reason_missing", process.settle_step, is_done=True, reason="  ", **given)
    refuse("step_reason_missing", process.settle_step, is_done=True, reason="x" * 201, **given)
    run = process.settle_step(is_done=True, reason="面谈时已完成", **given)  # type: ignore[arg-type]
    assert (run.state, run.is_late, run.done_by, run.reason) == ("DONE", True, desk.rm.user, "面谈时已完成")
    assert "customers.step_due" not in {item.reason_code for item in tasks()}
    assert TimelineEntry.objects.filter(text_code="customers.step_settled", actor=desk.rm.user).count() == 1
    assert AuditEntry.objects.filter(action="customers.step_settled", reason="面谈时已完成").exists()
    refuse("step_ended", process.settle_step, is_done=False, reason="x", **given)
    skipped = process.settle_step(
        run_id=run_of(customer, "needs").pk, is_done=False, reason="客户不愿意", actor=desk.rm.user, now=later
    )
    assert (skipped.state, skipped.is_late) == ("SKIPPED", False)


def test_the_work_and_the_steps_go_with_the_customer(desk: Workday) -> None:
    customer = register(desk)
    follow(TODAY)
    done = run_of(customer, "identity")
    process.settle_step(run_id=done.pk, is_done=True, reason="x", actor=desk.rm.user, now=NOW)
    change_owner(
        customer_ids=[customer.pk], new_member_id=desk.other.pk, pool_id=None, reason="ASSIGNED", note="",
        actor=desk.lead.user, now=NOW,
    )  # fmt: skip
    assert {item.assignee_id for item in tasks()} == {desk.other.pk}
    assert run_of(customer, "first-call").member_id == desk.other.pk
    # Who had done it keeps it.
    assert run_of(customer, "identity").member_id == desk.rm.pk


def test_a_customer_without_an_rm_has_no_task_until_he_has_one(desk: Workday) -> None:
    customer = register(desk, make_customer(None, NOW, registered_at=NOW))
    follow(TODAY)
    assert not tasks()
    Customer.objects.filter(pk=customer.pk).update(rm=desk.rm)
    follow(TODAY + timedelta(days=1))
    assert tasks() and {item.assignee_id for item in tasks()} == {desk.rm.pk}


def test_merged_records_have_one_journey_and_get_theirs_back(desk: Workday) -> None:
    kept, merged = register(desk), register(desk)
    follow(TODAY)
    own = run_of(merged, "first-call")
    settled = process.settle_step(
        run_id=run_of(kept, "needs").pk, is_done=True, reason="x", actor=desk.rm.user, now=NOW
    )
    StepRun.objects.filter(customer=kept, code="identity").delete()
    merge = merge_customers(kept_id=kept.pk, merged_id=merged.pk, choices={}, actor=desk.lead.user, now=NOW)
    # What only the other one had goes along, what both had stays and no longer counts.
    assert run_of(kept, "identity").member_id == desk.rm.pk
    follow(TODAY + timedelta(days=1))
    own.refresh_from_db()
    assert (own.customer_id, own.state) == (merged.pk, "DROPPED")
    assert all(item.key != f"process:{own.pk}" for item in tasks())
    assert run_of(kept, "needs") == settled
    undo_merge(merge_id=merge.pk, actor=desk.lead.user, now=NOW)
    follow(TODAY + timedelta(days=1))
    own.refresh_from_db()
    assert own.state == "OPEN" and run_of(merged, "identity").state == "OPEN"


def test_a_closed_record_is_not_called(desk: Workday) -> None:
    customer = register(desk)
    follow(TODAY)
    Customer.objects.filter(pk=customer.pk).update(status="CLOSED")
    follow(TODAY + timedelta(days=1))
    assert set(states(customer).values()) == {"DROPPED"} and not tasks()


def test_a_change_is_a_new_version_and_what_has_begun_keeps_its_own(desk: Workday) -> None:
    customer = register(desk)
    step = ProcessStep.objects.get(code="first-call")
    given: dict[str, Any] = {"actor": desk.manager.user, "now": NOW}
    new = process.apply_process_step(target_id=str(step.pk), values={"due_workdays": 2}, **given)
    step.refresh_from_db()
    assert (new.version, new.is_active, new.due_workdays, new.since_at) == (2, True, 2, step.since_at)
    assert (step.is_active, step.valid_until_at, run_of(customer, "first-call").step_id) == (False, NOW, step.pk)
    other = register(desk)
    assert run_of(other, "first-call").step_id == new.pk
    with unchanged(), pytest.raises(ChangeInvalid):
        process.apply_process_step(target_id=str(step.pk), values={"due_workdays": 3}, **given)
    with pytest.raises(ChangeInvalid):
        process.apply_process_step(target_id=str(new.pk), values={"open_workdays": 9}, **given)


def test_a_step_begins_with_nobody_before_it_is_approved(desk: Workday) -> None:
    values = {
        "place": 5, "name": "寄欢迎礼", "name_en": "", "phase": "BUILD", "role": "", "begins_with": "REGISTERED",
        "due_workdays": 2, "open_workdays": 2, "doer": "RM", "proof": "CONTACT", "text": "", "text_en": "",
        "message_code": "",
    }  # fmt: skip
    given: dict[str, Any] = {"actor": desk.manager.user, "now": NOW}
    step = process.define_process_step(code="gift", **values, **given)
    assert "gift" not in states(register(desk))
    refuse("step_known", process.define_process_step, code="gift", **values, **given)
    with pytest.raises(ChangeInvalid):
        process.define_process_step(code="note", **{**values, "doer": "SYSTEM"}, **given)
    approved = process.apply_process_step(target_id=str(step.pk), values={"is_active": True}, **given)
    assert (approved.pk, approved.version) == (step.pk, 1)
    assert "gift" in states(register(desk))


def act(desk: Workday, **given: Any) -> CorrectiveAction:
    return process.open_action(
        **{
            "wrong": "首次致电常常迟到", "remedy": "每日晨会核对名单", "kpi": "ON_TIME", "owner_id": desk.rm.pk,
            "due_date": TODAY + timedelta(days=3), "step_code": "first-call", "actor": desk.lead.user, "now": NOW,
            **given,
        }
    )  # fmt: skip


def test_a_corrective_action_is_work_until_it_is_closed_with_a_result(desk: Workday) -> None:
    action = act(desk)
    (task,) = WorkItem.objects.filter(key=f"corrective:{action.pk}")
    assert (task.assignee_id, task.state) == (desk.rm.pk, "OPEN")
    given = {"action_id": action.pk, "actor": desk.rm.user, "now": NOW}
    refuse("action_invalid", process.close_action, is_done=True, result=" ", **given)
    process.close_action(is_done=True, result="两周未再迟到", **given)  # type: ignore[arg-type]
    action.refresh_from_db()
    task.refresh_from_db()
    assert (action.state, action.result, task.state) == ("DONE", "两周未再迟到", "DONE")
    refuse("action_closed", process.close_action, is_done=False, result="x", **given)


@pytest.mark.parametrize(
    "given",
    [
        {"wrong": " "}, {"remedy": "x" * 301}, {"kpi": "MOOD"}, {"due_date": TODAY - timedelta(days=1)},
        {"step_code": "none"}, {"owner_id": 0},
    ],
)  # fmt: skip
def test_a_corrective_action_that_says_too_little_is_refused(desk: Workday, given: dict[str, Any]) -> None:
    refuse("action_invalid", act, desk=desk, **given)


def test_an_overdue_action_alarms_its_owner_and_who_opened_it_once(desk: Workday) -> None:
    action = act(desk)
    assert process.alarm_overdue(action.due_date - timedelta(days=1), 0, 0, NOW) == 0
    assert process.alarm_overdue(action.due_date, 0, 0, NOW) == 1
    told = Notice.objects.filter(kind="customers.corrective_late").values_list("member_id", flat=True)
    assert set(told) == {desk.rm.pk, desk.lead.pk}
    assert WorkItem.objects.get(key=f"corrective:{action.pk}:late").assignee_id == desk.lead.pk
    with unchanged():
        assert process.alarm_overdue(action.due_date + timedelta(days=1), 0, 0, NOW) == 0
