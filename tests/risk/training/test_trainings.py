"""From asking to a model in force: drafts come of a training, a second person decides, a challenger decides nothing."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from core.errors import InvalidInput, Refused
from core.models import User
from core.seeding import run_seeds
from customers.models import Customer
from lending.models import Application, Listing
from risk.models import (
    BureauReport,
    Challenger,
    DecisionRecord,
    DecisionTable,
    IndicatorValue,
    ModelTraining,
    Rescore,
    Scorecard,
)
from risk.operations import configuration as config
from risk.operations import decisions, rescoring, seed_models, trainings
from risk.operations.indicators import store_indicators
from risk.queries import model_watch
from risk.queries.trainings import Outcome, compare_scores, read_own_material
from risk.rules import standard
from risk.rules.inputs import FACTS
from risk.rules.scoring.material import Effort, Made, Material, is_never_input
from staff.models import Approval
from tests.fixtures.borrowers import LoanPlan, make_application, make_borrower, make_loan, make_staff
from tests.risk.conftest import DAY

Receive = Callable[..., BureauReport]


@pytest.fixture
def officer(house: datetime) -> User:
    seed_models.seed_model_watch(DAY, house)
    return make_staff("risk-officer")


@pytest.fixture
def head(officer: User) -> User:
    return make_staff("risk-manager")


def ask(officer: User, now: datetime, **changes: Any) -> ModelTraining:
    given: dict[str, Any] = {
        "code": "standard",
        "kinds": list(trainings.KINDS),
        "is_monotone": False,
        "window_months": 6,
        "bad_dpd": 30,
        "actor": officer,
        "now": now,
        "business_date": DAY,
    }
    return trainings.ask_training(**{**given, **changes})


def write_table(material: Material, count: int = 100, **more: list[Any]) -> bytes:
    text = io.StringIO()
    names = [*material.columns, "bad", *more]
    writer = csv.writer(text)
    writer.writerow(names)
    for place in range(count):
        row = ["" if values[place] is None else values[place] for values in material.columns.values()]
        writer.writerow([*row, int(material.bad[place]), *(values[place] for values in more.values())])
    return text.getvalue().encode()


@pytest.fixture
def drafts(officer: User, house: datetime, made: dict[str, Made]) -> ModelTraining:
    """A training that is done, with the models of the session."""
    training = ask(officer, house)
    assert trainings.run_training(
        training_id=training.pk, make=lambda _material, _kinds, _effort: list(made.values()), read_now=lambda: house
    )
    training.refresh_from_db()
    return training


def put_in_force(rule: Any, officer: User, head: User, now: datetime) -> None:
    approval = config.submit_rule(model=type(rule), rule_id=rule.pk, reason="better", actor=officer, now=now)
    config.decide_rule(approval_id=approval.pk, is_approved=True, note="", actor=head, now=now)


class TestTraining:
    def test_a_table_becomes_drafts_with_cards(self, officer: User, house: datetime, material: Material) -> None:
        raw = write_table(material, 400, 性别=["男"] * 400, note=["x"] * 400, group_sex=["F"] * 400)
        training = ask(officer, house, kinds=["points"], raw=raw, file_name="applicants.csv")
        assert training.columns["never"] == ["性别"] and training.columns["ignored"] == ["note"]
        assert b"applicants" not in bytes(training.content) and b"RENT" not in bytes(training.content)
        from risk.training.making import make_models

        done = trainings.run_training(
            training_id=training.pk, make=make_models, read_now=lambda: house, effort=Effort(folds=2)
        )
        training.refresh_from_db()
        assert done and (training.state, training.rows, training.content) == ("DONE", 400, None)
        [card] = training.scorecards.all()
        assert (card.version, card.state, card.made_by) == (2, "DRAFT", officer)
        assert card.card["quality"]["count"] == 400
        assert config.find_problems(card) == []
        assert not trainings.run_training(training_id=training.pk, make=make_models, read_now=lambda: house)
        assert Scorecard.objects.count() == 2

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda rows: [row.replace("bad", "outcome") for row in rows[:1]] + rows[1:], "bad"),
            (
                lambda rows: [",".join("bad" if h == "bad" else f"x-{h}" for h in rows[0].split(",")), *rows[1:]],
                "heading",
            ),
            (lambda rows: [*rows[:3], rows[3].replace("RENT", "CASTLE"), *rows[4:]], "housing, 4"),
            (lambda rows: [], "no rows"),
            (lambda rows: [f"{row},{row.split(',')[-1]}" for row in rows], "twice: bad"),
        ],
    )
    def test_a_table_with_a_mistake_is_refused_whole(
        self, officer: User, house: datetime, material: Material, change: Callable[[list[str]], list[str]], said: str
    ) -> None:
        columns = {**material.columns, "housing": ["RENT"] * len(material)}
        rows = write_table(Material(columns, material.bad), 5).decode().splitlines()
        with pytest.raises(trainings.UnreadableLearningTable) as caught:
            ask(officer, house, raw="\n".join(change(rows)).encode())
        assert said in str(caught.value.fields["file"])
        assert not ModelTraining.objects.exists()

    def test_who_may_not_edit_rules_asks_for_nothing(self, officer: User, house: datetime) -> None:
        with pytest.raises(Refused):
            ask(make_staff("rm"), house)
        with pytest.raises(InvalidInput):
            ask(officer, house, kinds=[])
        with pytest.raises(InvalidInput):
            ask(officer, house, window_months=0)
        assert not ModelTraining.objects.exists()

    def test_one_training_at_a_time(self, officer: User, house: datetime) -> None:
        ask(officer, house)
        with pytest.raises(trainings.TrainingRuns):
            ask(officer, house)
        assert ModelTraining.objects.count() == 1

    def test_too_few_outcomes_are_said(self, officer: User, house: datetime) -> None:
        from risk.training.making import make_models

        training = ask(officer, house)
        trainings.run_training(training_id=training.pk, make=make_models, read_now=lambda: house)
        training.refresh_from_db()
        assert training.state == "FAILED" and training.error
        assert Scorecard.objects.count() == 1

    def test_inputs_that_never_vary_are_said(self, officer: User, house: datetime, material: Material) -> None:
        from risk.training.making import make_models

        alike = {name: [values[0]] * len(values) for name, values in material.columns.items()}
        raw = write_table(Material(alike, material.bad), len(material))
        training = ask(officer, house, raw=raw)
        trainings.run_training(training_id=training.pk, make=make_models, read_now=lambda: house)
        training.refresh_from_db()
        assert (training.state, Scorecard.objects.count()) == ("FAILED", 1)
        assert training.error.startswith("No input differs")

    def test_a_failing_library_does_not_begin_again(self, officer: User, house: datetime) -> None:
        training = ask(officer, house)

        def fail(*_args: Any) -> list[Made]:
            raise FloatingPointError("x")

        with pytest.raises(FloatingPointError):
            trainings.run_training(training_id=training.pk, make=fail, read_now=lambda: house)
        training.refresh_from_db()
        assert (training.state, training.error) == (
            "FAILED",
            "The training broke off (FloatingPointError); the list of jobs has the details.",
        )
        assert trainings.list_open_trainings() == []


class TestOwnLoans:
    def test_only_loans_watched_long_enough_count(self, house: datetime, system: User, receive_report: Receive) -> None:
        begun = {"good": 250, "late": 250, "young": 60}
        for name, age in begun.items():
            customer = make_borrower(now=house)
            application = make_application(customer, now=house, business_date=DAY)
            receive_report(application)
            decisions.decide_applications(application_ids=[application.pk], actor=system, now=house, business_date=DAY)
            start = DAY - timedelta(days=age)
            paid = {2: start + timedelta(days=60 + 45)} if name == "late" else {}
            loan = make_loan(customer, LoanPlan(start, paid=3, paid_dates=paid), now=house)
            Listing.objects.filter(pk=loan.listing_id).update(application=application)
        refused = make_application(make_borrower(now=house), now=house, business_date=DAY)
        receive_report(refused, is_overdue_now=True)
        decisions.decide_applications(application_ids=[refused.pk], actor=system, now=house, business_date=DAY)
        material = read_own_material(window_months=6, bad_dpd=30, business_date=DAY)
        # Three instalments were paid: the fourth is open by more than thirty days within the six months.
        assert material.bad == [True, True]
        lenient = read_own_material(window_months=3, bad_dpd=30, business_date=DAY)
        assert lenient.bad == [False, True]
        assert material.columns.keys() == FACTS.keys()
        assert [len(values) for values in material.unknown.values()] == [1] * len(FACTS)
        assert set(material.groups) == {"sex", "age"}


class TestInForce:
    def test_a_second_person_puts_a_model_in_force(
        self, officer: User, head: User, house: datetime, drafts: ModelTraining, system: User, receive_report: Receive
    ) -> None:
        additive = drafts.scorecards.get(card__kind="additive")
        challenger = drafts.challengers.get()
        approval = config.submit_rule(model=Scorecard, rule_id=additive.pk, reason="better", actor=officer, now=house)
        with pytest.raises(Refused):
            config.decide_rule(approval_id=approval.pk, is_approved=True, note="", actor=officer, now=house)
        assert Scorecard.objects.get(state="PUBLISHED").version == 1
        config.decide_rule(approval_id=approval.pk, is_approved=True, note="", actor=head, now=house)
        put_in_force(challenger, officer, head, house)
        record = decide(make_borrower(now=house), house, system, receive_report)
        assert record.scorecard == additive and record.challenger == challenger
        assert record.base_points is not None
        assert record.base_points + sum(part["points"] for part in record.contributions) == record.score
        assert record.probability is not None and record.challenger_probability is not None
        assert record.challenger_score is not None
        assert compare_scores(challenger.pk).count == 1

    def test_a_challenger_decides_nothing(
        self, officer: User, head: User, house: datetime, drafts: ModelTraining, system: User, receive_report: Receive
    ) -> None:
        before = decide(make_borrower(now=house), house, system, receive_report)
        put_in_force(drafts.challengers.get(), officer, head, house)
        after = decide(make_borrower(now=house), house, system, receive_report)
        same = ("outcome", "grade", "score", "reason_codes", "approved_amount", "annual_rate")
        assert [getattr(before, name) for name in same] == [getattr(after, name) for name in same]
        assert before.challenger_score is None and after.challenger_score is not None

    def test_a_challenger_that_stumbles_stops_no_decision(
        self,
        officer: User,
        head: User,
        house: datetime,
        drafts: ModelTraining,
        system: User,
        receive_report: Receive,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        from risk.rules.scoring.models import Challenger as Rule

        put_in_force(drafts.challengers.get(), officer, head, house)
        monkeypatch.setattr(Rule, "judge", lambda _self, _facts: {}["x"])
        record = decide(make_borrower(now=house), house, system, receive_report)
        assert (record.outcome, record.challenger, record.challenger_score) == ("APPROVE", None, None)

    def test_the_database_keeps_a_challenger_in_force(
        self, officer: User, head: User, house: datetime, drafts: ModelTraining
    ) -> None:
        challenger = drafts.challengers.get()
        put_in_force(challenger, officer, head, house)
        with pytest.raises(DatabaseError, match="not a draft"), transaction.atomic():
            Challenger.objects.filter(pk=challenger.pk).update(card={})
        with pytest.raises(DatabaseError, match="not a draft"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM risk_challenger WHERE id = %s", [challenger.pk])
        assert Challenger.objects.get().card

    def test_what_fails_the_cases_of_the_table_in_force_stays_out_of_force(
        self, officer: User, house: datetime, drafts: ModelTraining
    ) -> None:
        points = drafts.scorecards.get(card__kind="points")
        assert config.list_case_changes(points) == [] == config.find_problems(points)
        case = {
            "fires": "grading/G6", "change": {"query_count_3_months": 30}, "expect": {"outcome": "DECLINE"}, "name": "30",
        }  # fmt: skip
        table = DecisionTable.objects.get()
        DecisionTable.objects.create(
            code="standard", version=2, state="DRAFT", content=table.content, made_at=house, is_shipped=True,
            cases={**table.cases, "cases": [*table.cases["cases"], case]},
        )  # fmt: skip
        DecisionTable.objects.filter(version=1).update(state="RETIRED", retired_at=house)
        DecisionTable.objects.filter(version=2).update(state="PUBLISHED")
        lines = config.list_case_changes(points)
        assert lines and all("/" in line for line in lines)
        with pytest.raises(config.RuleInvalid):
            config.submit_rule(model=Scorecard, rule_id=points.pk, reason="better", actor=officer, now=house)
        assert not Approval.objects.exists()


def decide(customer: Customer, now: datetime, system: User, receive_report: Receive) -> DecisionRecord:
    application = make_application(customer, now=now, business_date=DAY)
    receive_report(application)
    [record] = decisions.decide_applications(application_ids=[application.pk], actor=system, now=now, business_date=DAY)
    return record


class TestWatching:
    def test_drift_is_counted_by_the_bands_of_the_training(
        self, officer: User, head: User, house: datetime, drafts: ModelTraining, system: User, receive_report: Receive
    ) -> None:
        put_in_force(drafts.scorecards.get(card__kind="additive"), officer, head, house)
        for _n in range(3):
            decide(make_borrower(now=house), house, system, receive_report)
        [(code, drift, _same, count)] = model_watch.compute_score_drift(DAY)
        assert (code, count) == ("standard", 3) and drift > 1, (
            "three applicants of one bin are not those of the training"
        )
        inputs = {row[0]: row[1] for row in model_watch.compute_input_drift(DAY)}
        assert inputs["bureau_score"] > 1 and inputs.keys() <= FACTS.keys()
        assert model_watch.compute_score_drift(DAY + timedelta(days=31)) == []
        store_indicators(business_date=DAY)
        assert IndicatorValue.objects.filter(code="score_drift", dimension="standard").count() == 1

    def test_ranking_is_measured_when_the_month_has_matured(
        self, officer: User, house: datetime, system: User, receive_report: Receive
    ) -> None:
        rows = [Outcome(600, 0.1 + 0.02 * n, None, 0.3, n > 14) for n in range(30)]
        found = model_watch.measure_cohort(rows)
        assert (found["champion"].auc, found["champion"].count, found["challenger"].auc) == (1, 30, 0.5)
        ratio, count = model_watch.compare_expected(rows)["champion"]
        assert (ratio, count) == (pytest.approx(15 / sum(0.1 + 0.02 * n for n in range(30))), 30)
        assert model_watch.measure_cohort(rows[:20]) == {}, "five bad loans tell nothing"
        decide(make_borrower(now=house), house, system, receive_report)
        for compute in (model_watch.compute_auc, model_watch.compute_ks, model_watch.compute_calibration):
            assert compute(date(2026, 10, 31)) == compute(date(2026, 10, 30)) == []

    def test_borrowers_are_scored_again(self, house: datetime, system: User, receive_report: Receive) -> None:
        customer = make_borrower(now=house)
        record = decide(customer, house, system, receive_report)
        make_loan(customer, LoanPlan(DAY - timedelta(days=42), dpd=12, bucket="M1"), now=house)
        assert rescoring.rescore_borrowers(business_date=DAY, now=house) == 1
        assert rescoring.rescore_borrowers(business_date=DAY, now=house) == 1
        other = make_borrower(now=house)
        assert rescoring.rescore_borrowers(business_date=DAY, now=house, customer_ids=[other.pk]) == 0
        assert rescoring.rescore_borrowers(business_date=DAY, now=house, customer_ids=[]) == 0
        row = Rescore.objects.get()
        assert (row.customer, row.previous_score) == (customer, record.score)
        assert record.score is not None and row.score < record.score, "he is late with us now"


def test_no_stored_input_is_one_that_no_decision_may_look_at(
    officer: User, head: User, house: datetime, drafts: ModelTraining, system: User, receive_report: Receive
) -> None:
    """Region, sex and the like are in no stored decision and in no stored model (C12.1, PIPL 24, 55)."""
    put_in_force(drafts.challengers.get(), officer, head, house)
    decide(make_borrower(now=house), house, system, receive_report)
    seen: set[str] = set()
    for record in DecisionRecord.objects.all():
        seen |= orjson.loads(record.inputs)["facts"].keys()
        seen |= {part["factor"] for part in record.contributions}
    for rule in (*Scorecard.objects.all(), *Challenger.objects.all()):
        seen |= set(list_names(rule.content))
    assert seen == FACTS.keys() & seen and "bureau_score" in seen
    words = {word for name in seen for word in name.split("_")}
    assert [word for word in words if is_never_input(word)] == []
    assert "sex" not in FACTS and "region" not in FACTS and "age" not in {w for n in FACTS for w in n.split("_")}


def list_names(content: Any) -> list[str]:
    if isinstance(content, list):
        return [name for part in content for name in list_names(part)]
    if not isinstance(content, dict):
        return []
    own = [part["name"] for key in ("features", "factors") for part in content.get(key, []) if isinstance(part, dict)]
    nested = [name for key in ("members", "model") for name in list_names(content.get(key))]
    return [*own, *nested]


def test_the_command_trains_from_a_table(officer: User, material: Material, tmp_path: Any, capsys: Any) -> None:
    path = tmp_path / "applicants.csv"
    path.write_bytes(write_table(material, 300))
    call_command("train_models", officer.username, "--table", str(path), "--kinds", "points")
    assert "300 rows" in capsys.readouterr().out
    assert Scorecard.objects.filter(training__source="TABLE").count() == 1


def test_the_seed_enters_limits_once(house: datetime) -> None:
    run_seeds(business_date=DAY, now=house)
    run_seeds(business_date=DAY, now=house)
    from risk.models import AlertRule

    assert AlertRule.objects.filter(indicator="score_drift").count() == 1


def test_the_shipped_champion_has_no_reference_to_drift_from(house: datetime) -> None:
    assert model_watch.compute_score_drift(DAY) == []
    assert standard.SCORECARD["base_points"] == 500
    assert Application.objects.count() == 0
