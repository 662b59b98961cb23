"""Drafts judged on stored decisions: back-tests, shadows, replays, and no way into force without one."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from core import parameters
from core.errors import Refused
from core.models import Parameter, User
from lending.models import Listing, Product
from risk.models import BureauReport, DecisionRecord, DecisionTable, DefaultStudy, RuleTrial, TrialChange
from risk.operations import configuration as config
from risk.operations import tables, trials
from risk.operations.decisions import decide_applications
from risk.operations.seed_models import seed_model_watch
from risk.queries.replays import replay_decision
from risk.queries.trials import list_changes
from risk.rules.grid import Change, ChangeKind
from risk.rules.trials import measure_accuracy, read_counts
from tests.fixtures.borrowers import LoanPlan, make_application, make_borrower, make_loan, make_staff
from tests.risk.conftest import DAY

K = ChangeKind
SCORES = (760, 720, 640, 560)


@pytest.fixture
def decided(receive_report: Callable[..., BureauReport], house: datetime, system: User) -> list[DecisionRecord]:
    """Four applicants, from a good one to a bad one, as the rules in force decided them."""
    seed_model_watch(DAY, house)
    records = []
    for score in SCORES:
        application = make_application(make_borrower(now=house), now=house, business_date=DAY)
        receive_report(application, score=score)
        [record] = decide_applications(application_ids=[application.pk], actor=system, now=house, business_date=DAY)
        records.append(record)
    return records


@pytest.fixture
def maker(house: datetime) -> User:
    return make_staff("risk-officer")


def draft_of(maker: User, now: datetime, *changes: Change) -> DecisionTable:
    draft = tables.start_draft(source_id=DecisionTable.objects.get(version=1).pk, actor=maker, now=now)
    if changes:
        tables.edit_table(table_id=draft.pk, changes=changes, expected_hash=draft.content_hash, actor=maker, now=now)
        draft.refresh_from_db()
    return draft


def start(draft: DecisionTable, maker: User, now: datetime, **given: Any) -> RuleTrial:
    values = {"kind": "PAST", "from_date": DAY - timedelta(days=30), "to_date": DAY}
    return trials.start_trial(rule=draft, actor=maker, now=now, business_date=DAY, **{**values, **given})


def run(trial: RuleTrial, now: datetime) -> RuleTrial:
    while trials.run_portion(trial_id=trial.pk, now=now):
        pass
    trial.refresh_from_db()
    return trial


STRICT = Change(K.SET, "policy", "P8", "query_count_3_months", ">= 0")


def test_the_same_rules_change_nobody(decided: list[DecisionRecord], maker: User, house: datetime) -> None:
    trial = run(start(draft_of(maker, house), maker, house), house)
    assert (trial.state, trial.total, trial.done) == ("DONE", 4, 4)
    assert not TrialChange.objects.exists()
    whole = trial.figures["segments"]["all"][""]
    assert whole[0] == 4 and whole[1] == 0 and whole[2:8:2] == whole[3:8:2]


def test_a_stricter_draft_names_who_would_change_and_what_it_saves(
    decided: list[DecisionRecord], maker: User, house: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PORTION", 3)
    trial = start(draft_of(maker, house, STRICT), maker, house)
    assert trials.run_portion(trial_id=trial.pk, now=house) == 3
    trial.refresh_from_db()
    assert (trial.state, trial.done, trial.cursor) == ("RUNNING", 3, decided[2].pk)
    trial = run(trial, house)
    approved = [record for record in decided if record.outcome == "APPROVE"]
    assert approved and trial.figures["matrix"]["APPROVE>REFER"] == len(approved)
    changed = TrialChange.objects.filter(trial=trial, outcome_before="APPROVE", outcome_after="REFER")
    assert set(changed.values_list("decision_id", flat=True)) == {record.pk for record in approved}
    counts = trials.read_basis(trial.basis)
    expected = sum(counts.expect_loss_fen(record.score, int(record.approved_amount * 100)) for record in approved)
    whole = trial.figures["segments"]["all"][""]
    assert (whole[6], whole[7]) == (expected, 0) and expected > 0
    by_product = trial.figures["segments"]["product"]
    assert sum(row[0] for row in by_product.values()) == 4
    # The decisions themselves are as they were.
    assert [record.outcome for record in DecisionRecord.objects.order_by("pk")] == [one.outcome for one in decided]


def test_accuracy_is_what_was_right_among_the_known(
    decided: list[DecisionRecord], maker: User, house: datetime
) -> None:
    """Two approved loans, watched for a year, one of them bad: a draft that turns both down is right about the other one."""
    approved = [record for record in decided if record.outcome == "APPROVE"][:2]
    start_day = DAY - timedelta(days=400)
    for record, paid in zip(approved, (12, 1), strict=True):
        loan = make_loan(record.customer, LoanPlan(start_day, paid=paid), now=house)
        Listing.objects.filter(pk=loan.listing_id).update(application=record.application)
    trial = run(start(draft_of(maker, house, STRICT), maker, house), house)
    counts = read_counts(trial.figures["segments"]["all"][""])
    assert (counts["known"], counts["right_before"], counts["right_after"]) == (2, 1, 1)
    assert measure_accuracy(counts, "before") == measure_accuracy(counts, "after") == Decimal("0.5")
    same = run(start(draft_of(maker, house), maker, house), house)
    assert read_counts(same.figures["segments"]["all"][""])["right_after"] == 1
    # What was tried before outcomes were counted has none.
    assert measure_accuracy(read_counts(trial.figures["segments"]["all"][""][:8]), "after") is None


def test_changes_are_listed_to_those_who_see_the_applications(
    decided: list[DecisionRecord], maker: User, house: datetime
) -> None:
    trial = run(start(draft_of(maker, house, STRICT), maker, house), house)
    assert list_changes(maker, trial).count() > 0
    assert list_changes(make_staff("rm"), trial).count() == 0
    assert list_changes(make_staff("operations"), trial).count() == 0


def test_a_shadow_judges_what_comes_and_leaves_it_alone(
    decided: list[DecisionRecord],
    receive_report: Callable[..., BureauReport],
    maker: User,
    system: User,
    house: datetime,
) -> None:
    trial = start(draft_of(maker, house, STRICT), maker, house, kind="SHADOW")
    assert trials.run_portion(trial_id=trial.pk, now=house) == 0
    application = make_application(make_borrower(now=house), now=house, business_date=DAY)
    receive_report(application, score=760)
    [record] = decide_applications(application_ids=[application.pk], actor=system, now=house, business_date=DAY)
    # One that was decided this minute may have an older neighbour that is not committed yet.
    assert trials.run_portion(trial_id=trial.pk, now=house) == 0
    assert trials.run_portion(trial_id=trial.pk, now=house + timedelta(minutes=2)) == 1
    trial.refresh_from_db()
    assert (trial.state, trial.done) == ("RUNNING", 1)
    assert trial.figures["matrix"] == {f"{record.outcome}>REFER": 1}
    application.refresh_from_db()
    assert application.outcome == record.outcome == "APPROVE"


def test_a_trial_of_a_draft_that_changed_stops(decided: list[DecisionRecord], maker: User, house: datetime) -> None:
    draft = draft_of(maker, house)
    trial = start(draft, maker, house)
    tables.edit_table(table_id=draft.pk, changes=[STRICT], expected_hash=draft.content_hash, actor=maker, now=house)
    assert trials.run_portion(trial_id=trial.pk, now=house) == 0
    trial.refresh_from_db()
    assert (trial.state, trial.stop_reason, trial.done) == ("STOPPED", "changed", 0)


def test_only_those_who_edit_rules_try_them(decided: list[DecisionRecord], maker: User, house: datetime) -> None:
    draft = draft_of(maker, house)
    for role in ("rm", "auditor"):
        with pytest.raises(Refused):
            start(draft, make_staff(role), house)
    with pytest.raises(trials.TrialInvalid):
        start(draft, maker, house, to_date=DAY - timedelta(days=60))
    broken = Change(K.SET, "policy", "P4", "max_dpd_24_months", "> 1/0")
    with pytest.raises(trials.TrialInvalid):
        start(draft_of(maker, house, broken), maker, house)
    assert not RuleTrial.objects.exists()


def test_nothing_goes_into_force_untried_once_there_are_decisions(
    decided: list[DecisionRecord], maker: User, house: datetime
) -> None:
    draft = draft_of(maker, house, Change(K.SET, "policy", "P1", "note", "tested"))
    Parameter.objects.filter(rule_code="risk.back_test_min_decisions").update(value="4")
    with pytest.raises(trials.TrialMissing):
        config.submit_rule(model=DecisionTable, rule_id=draft.pk, reason="r", actor=maker, now=house)
    assert parameters.get_int("risk.back_test_min_decisions", on=date(2026, 3, 2)) == 4
    trial = run(start(draft, maker, house), house)
    approval = config.submit_rule(model=DecisionTable, rule_id=draft.pk, reason="r", actor=maker, now=house)
    assert approval.payload["trial"] == trial.public_id
    assert approval.payload["back_test"]["count"] == 4
    config.decide_rule(approval_id=approval.pk, is_approved=True, note="", actor=make_staff("risk-manager"), now=house)
    draft.refresh_from_db()
    assert draft.state == "PUBLISHED"


def test_a_decision_is_replayed_to_the_same_answer_with_its_rules_replaced_and_its_product_changed(
    decided: list[DecisionRecord], maker: User, house: datetime
) -> None:
    draft = draft_of(maker, house, STRICT, Change(K.SET, "policy", "P8", "action", "decline"))
    for index in range(len(draft.cases["cases"])):
        draft.refresh_from_db()
        case = draft.cases["cases"][index]
        fires = case["fires"] if case["fires"].startswith("policy") else "policy/P8"
        tables.save_case(
            table_id=draft.pk,
            index=index,
            name=case["name"],
            fires=fires,
            change=case["change"],
            expect=None,
            expected_hash=draft.content_hash,
            actor=maker,
            now=house,
        )
    DecisionTable.objects.filter(version=1).update(state="RETIRED", retired_at=house)
    Product.objects.update(rate_by_grade={"A": "0.2000"}, amount_min=Decimal("50000.00"))
    for record in DecisionRecord.objects.select_related("application"):
        replay = replay_decision(record)
        assert replay.is_judged and replay.is_same, replay.differences
        assert replay.rule_version == "standard v1 / standard v1"
    call_command("replay_decisions", sample=2)


def test_an_input_that_came_to_the_list_later_changes_no_old_answer(decided: list[DecisionRecord]) -> None:
    record = decided[0]
    stored = json.loads(record.inputs)
    for name in ("purpose", "term_months", "open_loan_count"):
        del stored["facts"][name]
    record.inputs = json.dumps(stored)
    assert replay_decision(record).is_same


def test_a_replay_tells_what_differs(decided: list[DecisionRecord]) -> None:
    record = decided[0]
    record.grade, record.score = "E", 1
    replay = replay_decision(record)
    assert [one.what for one in replay.differences] == ["score", "grade"]
    assert replay.is_judged and not replay.is_same


def test_the_study_of_defaults_is_made_once_a_month(house: datetime) -> None:
    assert trials.study_defaults(DAY, 0, 0, house) == 0
    assert DefaultStudy.objects.count() == 1
    trials.study_defaults(DAY + timedelta(days=1), 0, 0, house)
    assert DefaultStudy.objects.count() == 1
    trials.study_defaults(date(2026, 4, 1), 0, 0, house)
    assert DefaultStudy.objects.count() == 2
