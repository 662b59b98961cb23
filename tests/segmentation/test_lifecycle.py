"""Lifecycle: choices by hand, declines with their tasks and outcomes, playbook steps, limits by two people, pages and scope."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock, outbox
from core.changes import ChangeInvalid
from core.models import BusinessDate, User
from customers.models import Contact, Customer, Merge, ProcessStep, StepRun, TimelineEntry, WorkItem
from customers.operations import merging
from customers.operations.process import begin_steps, prove_steps
from customers.operations.seed_work import seed_work
from lending.models import Loan
from segmentation.models import Decline, LabelChoice, LabelRule, LabelStay
from segmentation.operations.choices import ChoiceInvalid, choose_label, end_choice
from segmentation.operations.configuring import apply_label_rule
from segmentation.operations.declines import CauseInvalid, name_cause
from segmentation.operations.touched import follow_customers
from segmentation.queries import lifecycle as reads
from segmentation.rules.labels import KEYS
from staff.operations import ask_change, decide_change
from staff.queries import get_access
from tests.fixtures.borrowers import make_staff
from tests.segmentation.labelling import label, labels_of
from tests.segmentation.test_labels import make_many
from tests.web.conftest import NOW, TODAY, Book, _kept_book, as_user, book, make_customer, make_loan

__all__ = ["_kept_book", "book"]


def choose(book: Book, **values: object) -> LabelChoice:
    given = {
        "customer_id": book.borrower.pk, "label": "stage_borrower", "value": "MATURE", "reason": "knows us well",
        "until_date": None, "business_date": TODAY, "actor": book.rm, "now": NOW,
    }  # fmt: skip
    return choose_label(**{**given, **values})  # type: ignore[arg-type]


def test_a_stage_set_by_hand_holds_until_it_is_taken_back(book: Book) -> None:
    label()
    outbox.drain()
    choose(book, until_date=TODAY + timedelta(days=5))
    with clock.use_clock(NOW):
        outbox.drain()
    assert labels_of(book.borrower.pk).stage_borrower == "MATURE"
    assert Customer.objects.get(pk=book.borrower.pk).stage == "MATURE"
    label(6)
    assert labels_of(book.borrower.pk).stage_borrower == "NEW"
    at = clock.at(TODAY + timedelta(days=6), 10)
    for step in (lambda: choose(book, now=at), lambda: end_choice(
        customer_id=book.borrower.pk, label="stage_borrower", actor=book.rm, now=at
    )):  # fmt: skip
        step()
        with clock.use_clock(at):
            outbox.drain()
    values = LabelStay.objects.filter(customer_id=book.borrower.pk, label="stage_borrower").order_by("pk")
    assert list(values.values_list("value", flat=True)) == ["NEW", "MATURE", "NEW", "MATURE", "NEW"]


@pytest.mark.parametrize("wrong", [
    {"value": "PURPLE"}, {"label": "band"}, {"reason": " "}, {"until_date": TODAY - timedelta(days=1)}
])  # fmt: skip
def test_a_choice_that_does_not_hold_is_refused(book: Book, wrong: dict[str, object]) -> None:
    with pytest.raises(ChoiceInvalid):
        choose(book, **wrong)
    assert not LabelChoice.objects.exists()


@pytest.fixture
def quiet(book: Book) -> Customer:
    """An investor who lent every ten days, and whose loans have all come back."""
    LabelRule.objects.update(new_days=1, investor_lost_days=100)
    investor = make_many(book, 4)
    Loan.objects.filter(shares__investor=investor).update(state="SETTLED", settled_at=NOW)
    label(1)
    return investor


def test_a_decline_is_a_task_before_the_loss_and_ends_with_its_outcome(book: Book, quiet: Customer) -> None:
    assert labels_of(quiet.pk).stage == "MATURE" and not Decline.objects.filter(customer_id=quiet.pk).exists()
    label(45)
    row = Decline.objects.get(customer_id=quiet.pk)
    assert (row.state, row.began_date, row.role) == ("OPEN", TODAY + timedelta(days=45), "INVESTOR")
    assert "RHYTHM" in row.signs
    task = WorkItem.objects.get(key=f"decline:{row.pk}")
    assert (task.state, task.assignee, task.params["sign"]) == ("OPEN", book.rm.staff_member, "RHYTHM")
    # The playbook of the stage has begun with the move.
    follow_steps(TODAY + timedelta(days=45))
    assert StepRun.objects.get(customer=quiet, code="decline-call").state == "OPEN"
    label(101)
    row.refresh_from_db()
    task.refresh_from_db()
    assert (row.state, row.ended_date, row.cause) == ("LOST", TODAY + timedelta(days=101), "D")
    assert task.state == "DROPPED" and row.evidence["value_tier"] == "LOW"
    assert (labels_of(quiet.pk).phase, labels_of(quiet.pk).clv) == ("REPAIR", 0)
    assert Customer.objects.get(pk=quiet.pk).stage == "LOST"
    label(101 + 181)
    assert labels_of(quiet.pk).phase == "BROKEN"


def follow_steps(day: object) -> None:
    from customers.operations.process import follow_steps as follow

    follow(day, 0, 2**40, clock.at(day, 2))  # type: ignore[arg-type]


def test_who_lends_again_has_come_back(book: Book, quiet: Customer) -> None:
    label(45)
    loan = make_loan(790, book.borrower, quiet)
    Loan.objects.filter(pk=loan.pk).update(start_date=TODAY + timedelta(days=45))
    at = clock.at(TODAY + timedelta(days=45), 10)
    follow_customers(customer_ids=[quiet.pk], business_date=TODAY + timedelta(days=45), now=at)
    row = Decline.objects.get(customer_id=quiet.pk)
    assert row.state == "RECOVERED" and labels_of(quiet.pk).stage == "MATURE"
    access = get_access(book.manager)
    assert access is not None
    playbook = next(one for one in reads.list_playbooks() if one.stage == "DECLINING")
    assert reads.measure_playbook(access, playbook, at + timedelta(days=61)) == (1, 1)
    assert reads.count_moves(access, "stage_investor", at - timedelta(days=1))["DECLINING", "MATURE"] == 1


def test_the_cause_is_one_of_the_catalogue(book: Book, quiet: Customer) -> None:
    label(45)
    row = Decline.objects.get(customer_id=quiet.pk)
    with pytest.raises(CauseInvalid):
        name_cause(decline_id=row.pk, cause="Z", note="", actor=book.rm, now=NOW)
    row.refresh_from_db()
    assert row.cause == ""
    name_cause(decline_id=row.pk, cause="B", note="rates elsewhere", actor=book.rm, now=NOW)
    label(101)
    row.refresh_from_db()
    assert (row.state, row.cause, row.note, row.cause_by) == ("LOST", "B", "rates elsewhere", book.rm)


def test_limits_change_by_two_people_and_from_the_next_day(book: Book, make_officer: User) -> None:
    rule = LabelRule.objects.get()
    for values in ({"valid_from": TODAY.isoformat()}, {"value_middle": "300000"}, {"version": "9"}):
        with pytest.raises(ChangeInvalid):
            apply_label_rule(target_id=str(rule.pk), values=values, actor=book.manager, now=NOW)
    assert LabelRule.objects.count() == 1
    asked = ask_change(target=rule, values={"value_middle": "2000"}, reason="x", actor=make_officer, now=NOW)
    assert LabelRule.objects.count() == 1
    decide_change(approval_id=asked.pk, is_approved=True, note="", actor=book.manager, now=NOW)
    latest = LabelRule.objects.order_by("-pk")[0]
    assert (latest.valid_from, latest.value_middle) == (TODAY + timedelta(days=1), 2000)
    label()
    assert labels_of(book.borrower.pk).value_tier == "LOW"
    label(1)
    assert labels_of(book.borrower.pk).value_tier == "MIDDLE"
    with pytest.raises(ChangeInvalid):
        apply_label_rule(target_id=str(rule.pk), values={"value_middle": "1"}, actor=book.manager, now=NOW)


@pytest.fixture
def make_officer(book: Book) -> Iterator[User]:
    """Somebody else who may approve."""
    from tests.fixtures.borrowers import make_staff

    yield make_staff("operations")


PAGES = [
    "/labels/", "/labels/customers/?label=stage&value=NEW", "/labels/customers/?label=stage_investor&value=DECLINING",
    "/lifecycle/", "/lifecycle/?within=7", "/lifecycle/declines/", "/lifecycle/declines/?state=LOST",
    "/lifecycle/service/", "/lifecycle/service/?class=ORDINARY&kind=case", "/lifecycle/playbooks/",
]  # fmt: skip


def test_pages_show_ones_own_customers_and_answer_in_few_queries(book: Book, quiet: Customer) -> None:
    label(45)
    Customer.objects.filter(pk=book.investor.pk).update(rm=book.other_rm.staff_member)
    client = as_user(book.rm)
    with clock.use_clock(clock.at(TODAY + timedelta(days=45), 10)):
        for page in PAGES:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                answer = client.get(page)
            assert answer.status_code == 200, page
            assert len(queries) < 45, page
            assert book.investor.name.encode() not in answer.content, page
        for page in (
            "/labels/customers/?label=stage&value=X",
            "/lifecycle/declines/?state=X",
            "/lifecycle/service/?class=X",
        ):
            assert client.get(page).status_code == 404
        panel = client.get(f"/customers/{quiet.public_id}/labels/").content.decode()
    assert "RHYTHM" not in panel and 'name="decline"' in panel
    assert quiet.name in client.get("/lifecycle/declines/").content.decode()


def test_acts_on_the_panel(book: Book, quiet: Customer) -> None:
    label(45)
    client, base = as_user(book.rm), f"/customers/{quiet.public_id}/labels/"
    client.post(f"{base}choose/", {"choice": "sensitivity:PRICE", "reason": "asks for discounts"})
    assert LabelChoice.objects.get(customer_id=quiet.pk, ended_at=None).value == "PRICE"
    client.post(f"{base}release/", {"label": "sensitivity"})
    assert not LabelChoice.objects.filter(customer_id=quiet.pk, ended_at=None).exists()
    row = Decline.objects.get(customer_id=quiet.pk)
    client.post(f"{base}cause/", {"decline": row.public_id, "cause": "A", "note": ""})
    row.refresh_from_db()
    assert row.cause == "A"
    assert client.post(f"{base}choose/", {"choice": "sensitivity:PRICE", "until": "x"}).status_code == 422
    assert client.post(f"{base}cause/", {"decline": "x" * 22, "cause": "A"}).status_code == 404
    stranger: Client = as_user(book.other_rm)
    assert stranger.post(f"{base}release/", {"label": "sensitivity"}).status_code == 404


def test_counts_are_those_of_the_lists_behind_them(book: Book, quiet: Customer) -> None:
    label(45)
    for user in (book.manager, book.rm):
        access = get_access(user)
        assert access is not None
        counts = reads.count_values(access)
        assert counts.keys() == set(KEYS)
        for key, values in counts.items():
            for value, count in values.items():
                assert reads.list_holders(access, key, value).count() == count
    cohorts = reads.list_cohorts(access, today=TODAY + timedelta(days=45), within_days=30)
    assert sum(row.registered for row in cohorts) >= 3
    assert sum(row.began for row in reads.list_years(access)) == 3


def test_retention_by_year_opens_the_customers_behind_it(book: Book) -> None:
    """Three began three years ago; one of them was lost after his first year."""
    stayed, lost = make_many(book, 1), make_customer(71, "李娜", book.rm, is_investor=True)
    make_loan(790, book.borrower, lost)
    Loan.objects.filter(shares__investor__in=(stayed, lost)).update(start_date=TODAY - timedelta(days=3 * 366))
    label()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE segmentation_standing SET stage = 'LOST', last_deal_date = first_deal_date + 400, last_settled = NULL,"
            " last_share_ended_date = NULL WHERE customer_id = %s", [lost.pk],
        )  # fmt: skip
    access = get_access(book.rm)
    assert access is not None
    year = (TODAY - timedelta(days=3 * 366)).year
    row = next(row for row in reads.list_years(access) if row.year == year)
    assert [(span.could, span.stayed) for span in row.spans] == [(3, 3), (3, 2), (3, 2), (0, 0), (0, 0)]
    assert (row.began, row.remained) == (3, 2)
    for span in row.spans:
        assert reads.list_together(access, year, span.years).count() == span.stayed
    client = as_user(book.rm)
    with clock.use_clock(NOW):
        page = client.get("/lifecycle/").content.decode()
        behind = client.get(f"/labels/customers/?year={year}&together=2").content.decode()
        assert client.get("/labels/customers/?year=x&together=2").status_code == 404
        strip = client.get(f"/customers/{stayed.public_id}/").content.decode()
    assert f"year={year}&amp;together=2" in page and stayed.name in behind and lost.name not in behind
    assert "3 years" in strip
    Customer.objects.filter(pk=stayed.pk).update(rm=book.other_rm.staff_member)
    assert not reads.list_together(access, year, 2).filter(pk=stayed.pk).exists()


def test_years_together_are_thanked_for_once_and_only_whom_it_suits(book: Book) -> None:
    """A year to the day: thanked. A year and a half, or something overdue: not. Run twice it changes nothing."""
    seed_work(TODAY, NOW)
    ProcessStep.objects.update(since_at=NOW - timedelta(days=900))
    due, past, late = (make_customer(80 + n, "李雷", book.rm, is_investor=True) for n in range(3))
    label()
    day = TODAY.replace(year=TODAY.year - 1)
    with connection.cursor() as cursor:
        for customer, since, overdue in ((due, day, 0), (past, day - timedelta(days=180), 0), (late, day, 5)):
            cursor.execute(
                "UPDATE segmentation_standing SET first_deal_date = %s, overdue = %s WHERE customer_id = %s",
                [since, overdue, customer.pk],
            )
    ids = [due.pk, past.pk, late.pk]
    thanks = StepRun.objects.filter(code__startswith="thanks-")
    with clock.use_clock(NOW):
        begin_steps(customer_ids=ids, now=NOW)
        begin_steps(customer_ids=ids, now=NOW)
    run = thanks.get()
    assert (run.customer_id, run.code, run.state) == (due.pk, "thanks-1-year", "OPEN")
    Contact.objects.create(
        customer=due, member=book.rm.staff_member, channel="CALL", result="REACHED", at=NOW + timedelta(hours=1)
    )
    StepRun.objects.filter(customer=due).exclude(pk=run.pk).delete()
    assert prove_steps(customer_ids=ids, now=NOW + timedelta(hours=2)) == 1
    assert TimelineEntry.objects.filter(customer=due, text_code="customers.step_done").count() == 1
    begin_steps(customer_ids=ids, now=NOW + timedelta(days=30))
    assert thanks.count() == 1


def set_stage(customer: Customer, stage: str, book: Book) -> None:
    choose_label(
        customer_id=customer.pk, label="stage_borrower", value=stage, reason="moved away",
        until_date=TODAY + timedelta(days=90), business_date=TODAY, actor=book.rm, now=clock.now(),
    )  # fmt: skip
    outbox.drain()


@pytest.fixture
def twins(book: Book) -> Iterator[tuple[Customer, Customer, Decline, User]]:
    """Two records of one person; the one that will go was seen to stay away by its RM, three days ago."""
    with clock.use_clock(NOW):
        kept, gone = (make_customer(811 + n, "李雷", book.rm, is_borrower=True) for n in range(2))
        Customer.objects.filter(pk=gone.pk).update(status="REGISTERED", identity_number="", identity_index="")
        follow_customers(customer_ids=[kept.pk, gone.pk], business_date=TODAY, now=NOW)
        set_stage(gone, "DECLINING", book)
    later = TODAY + timedelta(days=3)
    BusinessDate.objects.update(value=later)
    with clock.use_clock(clock.at(later, 10)):
        yield kept, gone, Decline.objects.get(customer_id=gone.pk), make_staff("data-officer")


def merge_twins(kept: Customer, gone: Customer, officer: User) -> Merge:
    merge = merging.merge_customers(kept_id=kept.pk, merged_id=gone.pk, choices={}, actor=officer, now=clock.now())
    outbox.drain()
    return merge


def part_twins(merge: Merge, officer: User) -> None:
    merging.undo_merge(merge_id=merge.pk, actor=officer, now=clock.now())
    outbox.drain()


def see_tasks(row: Decline) -> list[tuple[int | None, str]]:
    return list(WorkItem.objects.filter(key=f"decline:{row.pk}").order_by("pk").values_list("customer_id", "state"))


def test_an_open_decline_goes_along_with_a_merge_and_comes_back(
    book: Book, twins: tuple[Customer, Customer, Decline, User]
) -> None:
    kept, gone, row, officer = twins
    assert see_tasks(row) == [(gone.pk, "OPEN")]
    merge = merge_twins(kept, gone, officer)
    row.refresh_from_db()
    assert (row.customer_id, row.state, row.began_date) == (kept.pk, "OPEN", TODAY)
    assert see_tasks(row) == [(kept.pk, "OPEN")] and not Decline.objects.filter(customer_id=gone.pk).exists()
    # What was said by hand goes along, with its reason and its end.
    choice = LabelChoice.objects.get(ended_at=None)
    assert (choice.customer_id, choice.reason) == (kept.pk, "moved away")
    assert labels_of(kept.pk).stage_borrower == "DECLINING"
    part_twins(merge, officer)
    row.refresh_from_db()
    choice.refresh_from_db()
    assert (row.customer_id, row.state, choice.customer_id) == (gone.pk, "OPEN", gone.pk)
    assert see_tasks(row) == [(gone.pk, "OPEN")] and Decline.objects.count() == 1
    assert labels_of(gone.pk).stage_borrower == "DECLINING" and labels_of(kept.pk).stage_borrower == "POTENTIAL"


def test_a_decline_ends_where_the_person_is_active_under_the_other_record(
    book: Book, twins: tuple[Customer, Customer, Decline, User]
) -> None:
    kept, gone, row, officer = twins
    # He is as active after the merge as before: no label of his changes.
    set_stage(kept, "ACTIVE", book)
    merge = merge_twins(kept, gone, officer)
    row.refresh_from_db()
    assert labels_of(kept.pk).stage_borrower == "ACTIVE"
    assert (row.customer_id, row.state, row.ended_date) == (kept.pk, "RECOVERED", TODAY + timedelta(days=3))
    assert see_tasks(row) == [(kept.pk, "DROPPED")]
    part_twins(merge, officer)
    row.refresh_from_db()
    assert (row.customer_id, row.state, row.began_date, row.ended_date) == (gone.pk, "OPEN", TODAY, None)
    assert Decline.objects.count() == 1 and see_tasks(row) == [(gone.pk, "DROPPED"), (gone.pk, "OPEN")]


def test_of_two_open_declines_of_one_person_one_counts(
    book: Book, twins: tuple[Customer, Customer, Decline, User]
) -> None:
    kept, gone, row, officer = twins
    set_stage(kept, "DECLINING", book)
    own = Decline.objects.get(customer_id=kept.pk)
    access = get_access(book.manager)
    assert access is not None and reads.count_declines(access, TODAY)["OPEN"] == 2
    merge = merge_twins(kept, gone, officer)
    assert reads.count_declines(access, TODAY)["OPEN"] == 1
    assert see_tasks(row) == [(kept.pk, "DROPPED")] and see_tasks(own) == [(kept.pk, "OPEN")]
    part_twins(merge, officer)
    assert reads.count_declines(access, TODAY)["OPEN"] == 2 == Decline.objects.count()
    assert see_tasks(row) == [(gone.pk, "DROPPED"), (gone.pk, "OPEN")] and see_tasks(own) == [(kept.pk, "OPEN")]
