"""A draft of a decision table: edited step by step, tested by its own cases, put in force by a second person."""

from datetime import datetime
from typing import Any

import pytest

from core.errors import BusinessError, Refused
from core.models import AuditEntry, User
from risk.models import DecisionTable, DraftStep, RuleState
from risk.operations import configuration as config
from risk.operations import tables
from risk.queries.tables import check_table
from risk.rules.grid import Change, ChangeKind, read_grid
from tests.fixtures.borrowers import make_staff

K = ChangeKind


@pytest.fixture
def maker(house: datetime) -> User:
    return make_staff("risk-officer")


@pytest.fixture
def draft(maker: User, house: datetime) -> DecisionTable:
    return tables.start_draft(source_id=DecisionTable.objects.get().pk, actor=maker, now=house)


def edit(draft: DecisionTable, actor: User, now: datetime, *changes: Change) -> DecisionTable:
    draft.refresh_from_db()
    return tables.edit_table(table_id=draft.pk, changes=changes, expected_hash=draft.content_hash, actor=actor, now=now)


def picture() -> list[Any]:
    return list(DecisionTable.objects.order_by("pk").values_list("content_hash", "step", "note", "state"))


def test_there_is_one_draft_at_a_time(draft: DecisionTable, maker: User, house: datetime) -> None:
    again = tables.start_draft(source_id=DecisionTable.objects.get(version=1).pk, actor=maker, now=house)
    assert (again.pk, draft.version, draft.state) == (draft.pk, 2, RuleState.DRAFT)
    assert check_table(draft).problems == ()


def test_edits_go_back_and_forth(draft: DecisionTable, maker: User, house: datetime) -> None:
    cell = Change(K.SET, "policy", "P4", "max_dpd_24_months", "＞ 60")
    edit(draft, maker, house, cell)
    edited = edit(draft, maker, house, Change(K.REMOVE_ROW, "policy", "P9"))
    assert len(read_grid(edited.content)["policy"].rows) == 10

    def step(is_back: bool) -> DecisionTable:
        draft.refresh_from_db()
        return tables.step_draft(
            table_id=draft.pk, is_back=is_back, expected_hash=draft.content_hash, actor=maker, now=house
        )

    assert len(read_grid(step(True).content)["policy"].rows) == 11
    assert read_grid(step(True).content)["policy"].rows[3].cells["max_dpd_24_months"] == "> 90"
    with pytest.raises(tables.NothingToStep):
        step(True)
    assert read_grid(step(False).content)["policy"].rows[3].cells["max_dpd_24_months"] == "> 60"
    # An edit after going back is a new way forth.
    edit(draft, maker, house, Change(K.SET, "policy", "P1", "note", "名单"))
    with pytest.raises(tables.NothingToStep):
        step(False)
    assert list(DraftStep.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


def test_an_edit_that_changes_nothing_is_no_step(draft: DecisionTable, maker: User, house: datetime) -> None:
    before = picture()
    edit(draft, maker, house, Change(K.SET, "policy", "P4", "max_dpd_24_months", "> 90"))
    assert picture() == before


@pytest.mark.parametrize(
    ("role", "refusal"), [("rm", Refused), ("auditor", Refused), ("manager", Refused), ("risk-officer", None)]
)
def test_only_those_who_edit_rules_edit(draft: DecisionTable, house: datetime, role: str, refusal: Any) -> None:
    actor, before = make_staff(role), picture()
    change = Change(K.REMOVE_ROW, "policy", "P9")
    if refusal is None:
        edit(draft, actor, house, change)
        assert picture() != before
        return
    with pytest.raises(refusal):
        edit(draft, actor, house, change)
    with pytest.raises(refusal):
        tables.start_draft(source_id=draft.pk, actor=actor, now=house)
    assert picture() == before


def test_a_draft_that_moved_is_not_overwritten(draft: DecisionTable, maker: User, house: datetime) -> None:
    seen = draft.content_hash
    edit(draft, maker, house, Change(K.REMOVE_ROW, "policy", "P9"))
    before = picture()
    with pytest.raises(tables.DraftMoved):
        tables.edit_table(
            table_id=draft.pk,
            changes=[Change(K.REMOVE_ROW, "policy", "P8")],
            expected_hash=seen,
            actor=maker,
            now=house,
        )
    with pytest.raises(tables.DraftMoved):
        tables.discard_draft(table_id=draft.pk, expected_hash=seen, actor=maker, now=house)
    assert picture() == before


def test_a_change_that_does_not_fit_changes_nothing(draft: DecisionTable, maker: User, house: datetime) -> None:
    before = picture()
    for bad in (Change(K.ADD_COLUMN, "policy", column="sex"), Change(K.REMOVE_ROW, "policy", "P77")):
        with pytest.raises(tables.ChangeInvalid):
            edit(draft, maker, house, Change(K.REMOVE_ROW, "policy", "P9"), bad)
    assert picture() == before


def test_what_is_in_force_is_not_edited(maker: User, house: datetime) -> None:
    before = picture()
    with pytest.raises(config.NotADraft):
        edit(DecisionTable.objects.get(), maker, house, Change(K.REMOVE_ROW, "policy", "P9"))
    assert picture() == before


def test_a_broken_cell_is_kept_and_keeps_the_draft_out_of_force(
    draft: DecisionTable, maker: User, house: datetime
) -> None:
    edited = edit(draft, maker, house, Change(K.SET, "policy", "P4", "max_dpd_24_months", "> 1/0"))
    assert [(one.place, one.code) for one in check_table(edited).problems] == [
        ("policy/P4/max_dpd_24_months", "cell_not_a_number")
    ]
    before = picture()
    with pytest.raises(config.RuleInvalid):
        config.submit_rule(model=DecisionTable, rule_id=draft.pk, reason="r", actor=maker, now=house)
    assert picture() == before


def test_a_new_row_needs_a_case_before_it_can_be_submitted(draft: DecisionTable, maker: User, house: datetime) -> None:
    edited = edit(
        draft,
        maker,
        house,
        Change(K.ADD_ROW, "policy", "P11"),
        Change(K.SET, "policy", "P12", "query_count_3_months", "> 20"),
        Change(K.SET, "policy", "P12", "action", "decline"),
        Change(K.SET, "policy", "P12", "reason", "MANY_QUERIES"),
    )
    assert [(one.place, one.code) for one in check_table(edited).problems] == [("policy/P12", "row_without_case")]
    tested = tables.add_case_of_row(
        table_id=draft.pk, place="policy/P12", expected_hash=edited.content_hash, actor=maker, now=house
    )
    assert check_table(tested).problems == ()
    added = tested.cases["cases"][-1]
    assert (added["change"], added["expect"]["outcome"]) == ({"query_count_3_months": 21}, "DECLINE")
    approval = config.submit_rule(model=DecisionTable, rule_id=draft.pk, reason="r", actor=maker, now=house)
    with pytest.raises(config.DraftWaiting):
        edit(draft, maker, house, Change(K.REMOVE_ROW, "policy", "P12"))
    checker = make_staff("risk-manager")
    config.decide_rule(approval_id=approval.pk, is_approved=True, note="", actor=checker, now=house)
    draft.refresh_from_db()
    assert (draft.state, draft.approved_by) == (RuleState.PUBLISHED, checker)


def test_cases_are_written_changed_and_removed(draft: DecisionTable, maker: User, house: datetime) -> None:
    def save(index: int | None, **given: Any) -> DecisionTable:
        draft.refresh_from_db()
        values = {"name": "", "fires": "policy/P5", "change": {"debt_to_income_bp": 9000}, "expect": None}
        return tables.save_case(
            table_id=draft.pk,
            index=index,
            expected_hash=draft.content_hash,
            actor=maker,
            now=house,
            **{**values, **given},
        )

    saved = save(None)
    last = len(saved.cases["cases"]) - 1
    assert saved.cases["cases"][last]["expect"]["reasons"] == ["DEBT_TOO_HIGH"]
    save(last, expect={"outcome": "APPROVE"})
    draft.refresh_from_db()
    assert [one.code for one in check_table(draft).problems] == ["case_differs"]
    before = picture()
    for wrong in ({"index": 999}, {"index": None, "change": {"housing": "TENT"}}):
        with pytest.raises(tables.CaseInvalid):
            save(**wrong)  # type: ignore[arg-type]
    assert picture() == before
    tables.remove_case(table_id=draft.pk, index=last, expected_hash=draft.content_hash, actor=maker, now=house)
    draft.refresh_from_db()
    assert check_table(draft).problems == ()


@pytest.mark.parametrize(
    "line", ["sex = M", "debt_to_income_bp", "debt_to_income_bp = many", "housing = TENT", "is_blacklisted = 1"]
)
def test_a_case_names_inputs_of_the_closed_list_only(line: str) -> None:
    with pytest.raises(tables.CaseInvalid):
        tables.read_values(f"amount_fen = 5\n{line}")


def test_values_of_a_case_are_read() -> None:
    text = "debt_to_income_bp = null\n\nis_blacklisted=true\nhousing = rent\nscore = 400"
    assert tables.read_values(text) == {
        "debt_to_income_bp": None,
        "is_blacklisted": True,
        "housing": "RENT",
        "score": 400,
    }


def test_a_draft_can_be_thrown_away(draft: DecisionTable, maker: User, house: datetime) -> None:
    tables.discard_draft(table_id=draft.pk, expected_hash=draft.content_hash, actor=maker, now=house)
    assert not DecisionTable.objects.filter(state=RuleState.DRAFT).exists() and not DraftStep.objects.exists()
    assert AuditEntry.objects.filter(action="risk.rule_discarded").count() == 1


def test_refusals_have_codes_of_their_own() -> None:
    refusals = [tables.DraftMoved, tables.ChangeInvalid, tables.CaseInvalid, tables.NothingToStep]
    assert len({refusal.code for refusal in refusals}) == len(refusals)
    assert all(issubclass(refusal, BusinessError) for refusal in refusals)
