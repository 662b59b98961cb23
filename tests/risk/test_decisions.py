"""From facts in the database to a decision on the application that can be explained and cannot be changed."""

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import orjson
import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import translation

from core.models import AuditEntry, Parameter, User
from customers.models import Customer, FinancialProfile, TimelineEntry, WorkItem
from customers.texts import render_text
from lending.models import Application, Offer, Product
from lending.operations.applications import withdraw_application
from lending.operations.decisions import Decided, PriceMissing, record_decisions
from lending.queries.terms import Quoter
from risk.models import BureauReport, DecisionRecord, DecisionTable, RuleState, Scorecard
from risk.operations import decisions
from risk.operations.decisions import review_key
from risk.queries.decisions import get_decision_view, list_referred
from risk.queries.facts import collect_facts
from risk.rules.inputs import FACTS, check_inputs
from tests.fixtures.borrowers import LoanPlan, make_application, make_borrower, make_loan, make_staff
from tests.risk.conftest import DAY

Receive = Callable[..., BureauReport]


@pytest.fixture
def borrower(house: datetime) -> Customer:
    return make_borrower(now=house)


@pytest.fixture
def decide(house: datetime, system: User) -> Callable[[Application], Application]:
    def run(application: Application) -> Application:
        decisions.decide_applications(application_ids=[application.pk], actor=system, now=house, business_date=DAY)
        return Application.objects.get(pk=application.pk)

    return run


Decide = Callable[[Application], Application]


def _outcome(application: Application) -> tuple[object, ...]:
    """Return all that two applications of the same sort should have in common."""
    record = DecisionRecord.objects.get(application=application)
    offer = Offer.objects.filter(application=application).first()
    told = TimelineEntry.objects.filter(customer_id=application.customer_id).order_by("text_code")
    tier = Customer.objects.get(pk=application.customer_id)
    return (
        (application.state, application.grade, application.score, application.annual_rate, application.rule_version),
        (application.approved_amount, application.reason_codes, application.ended_at, application.decided_at),
        (record.outcome, record.score, record.contributions, record.fired, orjson.loads(record.inputs)),
        offer and (offer.amount, offer.schedule, offer.cost_table, offer.disclosure_hash, offer.expires_at),
        [(entry.text_code, entry.kind) for entry in told],
        (tier.risk_tier, {**tier.labels["risk_tier"]["reason"], "application": ""}),
        WorkItem.objects.filter(key=review_key(application.pk), customer_id=application.customer_id).count(),
        AuditEntry.objects.get(action="lending.application_decided", target_id=str(application.pk)).data,
    )


class TestOutcomes:
    def test_a_good_application_is_approved_and_offered(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        decided = decide(application)
        assert (decided.state, decided.outcome, decided.grade) == ("APPROVED", "APPROVE", "A")
        assert (decided.annual_rate, decided.approved_amount) == (Decimal("0.072000"), Decimal("30000.00"))
        assert decided.rule_version == "standard v1 / standard v1"
        assert Offer.objects.get(application=application).amount == Decimal("30000.00")
        record = DecisionRecord.objects.get()
        assert record.base_points + sum(part["points"] for part in record.contributions) == record.score
        assert [row["place"] for row in record.fired] == ["grading/G1"]
        assert not WorkItem.objects.filter(kind="risk.review").exists()

    def test_a_weak_score_gets_less(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY, amount="10100.00")
        receive_report(
            application, score=600, overdue_count_24_months=2, card_utilisation="0.9", oldest_account_months=5
        )
        decided = decide(application)
        assert (decided.grade, decided.reason_codes) == ("D", ["SCORE_D"])
        assert decided.approved_amount == Decimal("8000.00")

    def test_a_hard_rule_declines(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application, is_overdue_now=True)
        decided = decide(application)
        assert (decided.state, decided.reason_codes) == ("DECLINED", ["OVERDUE_ELSEWHERE"])
        assert decided.annual_rate is None and decided.approved_amount is None
        assert not Offer.objects.exists()
        assert Customer.objects.get(pk=borrower.pk).risk_tier == "HIGH"

    def test_doubt_goes_to_a_person(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application, query_count_3_months=14)
        decided = decide(application)
        assert (decided.state, decided.reason_codes) == ("REFERRED", ["MANY_QUERIES"])
        item = WorkItem.objects.get(kind="risk.review")
        assert (item.group, item.right, item.assignee_id) == ("APPROVAL", "lending.review_application", None)
        with translation.override("en"):
            assert application.number in render_text(item.reason_code, item.params)

    def test_without_income_a_person_decides(self, house: datetime, receive_report: Receive, decide: Decide) -> None:
        borrower = make_borrower(now=house, income="")
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        decided = decide(application)
        assert (decided.outcome, decided.reason_codes) == ("REFER", ["INCOME_UNKNOWN"])

    def test_a_low_score_names_its_factors(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(
            application,
            score=400,
            overdue_count_24_months=6,
            max_days_past_due_24_months=70,
            card_utilisation="0.95",
            oldest_account_months=3,
        )
        decided = decide(application)
        assert decided.outcome == "DECLINE"
        assert decided.reason_codes == ["SCORE_TOO_LOW", "FACTOR_BUREAU_SCORE", "FACTOR_OVERDUE_COUNT_24_MONTHS"]

    def test_too_little_for_the_product(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY, amount="1000.00")
        receive_report(
            application, score=600, overdue_count_24_months=2, card_utilisation="0.9", oldest_account_months=5
        )
        decided = decide(application)
        assert (decided.outcome, decided.reason_codes) == ("REFER", ["AMOUNT_TOO_SMALL"])


class TestFailsClosed:
    @pytest.mark.parametrize("model", [Scorecard, DecisionTable])
    def test_without_rules(
        self,
        model: type[Scorecard] | type[DecisionTable],
        borrower: Customer,
        house: datetime,
        receive_report: Receive,
        decide: Decide,
    ) -> None:
        model.objects.update(state=RuleState.RETIRED)
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        assert decide(application).reason_codes == ["RULES_MISSING"]

    def test_without_a_rate(self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide) -> None:
        Product.objects.update(rate_by_grade={"E": "0.10"})
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        assert decide(application).reason_codes == ["RATE_MISSING"]

    def test_with_facts_that_do_not_fit(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        report = receive_report(application)
        content = orjson.loads(report.report)
        content["open_loan_count"] = "many"
        BureauReport.objects.filter(pk=report.pk).update(report=orjson.dumps(content).decode())
        decided = decide(application)
        assert (decided.outcome, decided.reason_codes) == ("REFER", ["INPUTS_INVALID"])

    def test_before_the_report(self, borrower: Customer, house: datetime, decide: Decide) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        assert decide(application).reason_codes == ["BUREAU_UNAVAILABLE"]

    def test_a_lawful_price_is_lendings_last_word(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        Product.objects.update(rate_by_grade={"A": "0.2400"})
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        decided = decide(application)
        assert (decided.state, decided.reason_codes) == ("DECLINED", ["SCORE_A", "PRICE_ABOVE_CAP"])

    def test_without_a_price_a_person_decides_and_nobody_can_approve(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        Parameter.objects.filter(rule_code="lending.lpr_1y").delete()
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        decided = decide(application)
        assert (decided.state, decided.reason_codes) == ("REFERRED", ["SCORE_A", "PRICE_MISSING"])
        assert (decided.annual_rate, decided.approved_amount) == (None, None)
        approval = Decided(
            outcome="APPROVE", reason_codes=[], grade="A", annual_rate=Decimal("0.08"), approved_amount=decided.amount
        )
        with pytest.raises(PriceMissing), transaction.atomic():
            record_decisions([(decided, approval)], Quoter(), actor=None, now=house, business_date=DAY)
        decided.refresh_from_db()
        assert decided.state == "REFERRED" and not Offer.objects.exists()

    def test_terms_without_a_schedule_are_for_a_person(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        Product.objects.filter(pk=application.product_id).update(principal_grace=application.periods)
        assert decide(application).reason_codes == ["PRICE_MISSING"]

    def test_withdrawn_or_decided_applications_stay_as_they_are(
        self, borrower: Customer, house: datetime, system: User, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        withdraw_application(application_id=application.pk, customer_id=borrower.pk, now=house)
        assert decide(application).state == "WITHDRAWN"
        assert not DecisionRecord.objects.exists()
        other = make_application(borrower, now=house, business_date=DAY)
        receive_report(other)
        decide(other)
        again = decisions.decide_applications(application_ids=[other.pk], actor=system, now=house, business_date=DAY)
        assert again == [] and DecisionRecord.objects.count() == 1

    def test_many_at_once_are_decided_as_each_alone(
        self,
        house: datetime,
        system: User,
        receive_report: Receive,
        decide: Decide,
        django_assert_max_num_queries: Callable[[int], object],
    ) -> None:
        reports: list[dict[str, object] | None] = [
            {}, {"is_overdue_now": True}, {"query_count_3_months": 14}, None, {"score": 640}
        ]  # fmt: skip

        def ask() -> list[Application]:
            made = []
            for report in reports:
                application = make_application(make_borrower(now=house), now=house, business_date=DAY)
                if report is not None:
                    receive_report(application, **report)
                made.append(application)
            return made

        alone = [decide(application) for application in ask()]
        together = ask()
        withdrawn = ask()[0]
        withdraw_application(application_id=withdrawn.pk, customer_id=withdrawn.customer_id, now=house)
        wanted = [application.pk for application in (*together, withdrawn)]
        with django_assert_max_num_queries(35):  # type: ignore[attr-defined]
            records = decisions.decide_applications(application_ids=wanted, actor=system, now=house, business_date=DAY)
        assert [record.application_id for record in records] == wanted[:-1]
        assert {one.state for one in alone} == {"APPROVED", "DECLINED", "REFERRED"}
        for first, second in zip(alone, together, strict=True):
            assert _outcome(Application.objects.get(pk=second.pk)) == _outcome(first)
        withdrawn.refresh_from_db()
        assert withdrawn.state == "WITHDRAWN"


class TestRecord:
    def test_it_cannot_be_changed(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        decide(application)
        for sql in ("UPDATE risk_decisionrecord SET score = 999", "DELETE FROM risk_decisionrecord"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)

    def test_inputs_are_stored_as_they_were_encrypted_and_hold_nothing_forbidden(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        Customer.objects.filter(pk=borrower.pk).update(sex="F", region_code="650000")
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        decide(application)
        record = DecisionRecord.objects.get()
        inputs = orjson.loads(record.inputs)
        assert inputs["facts"].keys() == FACTS.keys()
        check_inputs(inputs["facts"])
        assert inputs["evidence"]["monthly_income"] == "15000.00"
        text = record.inputs
        assert "650000" not in text and borrower.identity_number not in text and "1990" not in text
        with connection.cursor() as cursor:
            cursor.execute("SELECT inputs FROM risk_decisionrecord")
            assert "debt_to_income" not in cursor.fetchone()[0]

    def test_people_who_differ_only_in_sex_age_and_region_are_judged_alike(
        self, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        outcomes = set()
        for sex, region, born in (("M", "110101", date(1970, 1, 1)), ("F", "540100", date(2003, 1, 1))):
            person = make_borrower(now=house)
            Customer.objects.filter(pk=person.pk).update(sex=sex, region_code=region, birth_date=born)
            application = make_application(person, now=house, business_date=DAY)
            receive_report(application)
            decided = decide(application)
            outcomes.add((decided.outcome, decided.grade, decided.score, decided.annual_rate, decided.approved_amount))
        assert len(outcomes) == 1

    def test_the_decision_is_audited_and_the_tier_follows(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        decide(application)
        assert AuditEntry.objects.filter(action="lending.application_decided").count() == 1
        after = Customer.objects.get(pk=borrower.pk)
        assert after.risk_tier == "LOW"
        label = after.labels["risk_tier"]
        assert (label["rule"], label["version"], label["reason"]["grade"]) == ("risk.tier", "1", "A")
        assert TimelineEntry.objects.filter(customer=borrower, text_code="customers.risk_tier.LOW").count() == 1


class TestView:
    def test_it_explains_everything(
        self, borrower: Customer, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application, query_count_3_months=14)
        assert get_decision_view(application) is None
        application = decide(application)
        view = get_decision_view(application)
        assert view is not None
        assert view.base_points is not None and view.score == view.base_points + sum(bar.points for bar in view.points)
        assert [row.place for row in view.fired] == ["policy/P8", "grading/G2"]
        assert view.fired[0].conditions == {"query_count_3_months": "> 11"}
        nearest = view.flips[0]
        assert (nearest.factor, nearest.from_value, nearest.to_value) == ("query_count_3_months", 14, 11)
        with translation.override("en"):
            assert view.reasons[0].customer != view.reasons[0].code
            assert "person" in str(view.reasons[0].customer)

    def test_it_explains_a_decision_that_no_rule_made(
        self, borrower: Customer, house: datetime, decide: Decide
    ) -> None:
        application = decide(make_application(borrower, now=house, business_date=DAY))
        view = get_decision_view(application)
        assert view is not None and view.score is None and view.flips == [] and view.points == []

    def test_referred_applications_stay_within_scope(
        self, house: datetime, receive_report: Receive, decide: Decide
    ) -> None:
        mine, other, officer = make_staff("rm"), make_staff("rm"), make_staff("risk-officer")
        application = make_application(make_borrower(now=house, rm=mine), now=house, business_date=DAY)
        receive_report(application, query_count_3_months=14)
        decide(application)
        assert [row.pk for row in list_referred(mine)] == [application.pk]
        assert list(list_referred(other)) == []
        assert [row.pk for row in list_referred(officer)] == [application.pk]


class TestFacts:
    def test_ratios_take_the_heavier_figure(self, borrower: Customer, house: datetime, receive_report: Receive) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        report = receive_report(application, monthly_payment="2500.00", other_platform_balance="12000.00")
        collected = collect_facts([(application, report)], DAY, Quoter())[application.pk]
        # 30 000 over 12 months at the highest rate, 10.4 %, with the 0.5 % service fee: 2 655.93 a month.
        instalment = Decimal(collected.evidence["monthly_instalment"])
        assert Decimal("2640") < instalment < Decimal("2670")
        expected = (Decimal("2500.00") + instalment) / Decimal("15000.00") * 10000
        assert collected.facts["debt_to_income_bp"] == math.ceil(expected)
        assert collected.facts["loan_to_income_bp"] == 1667
        assert collected.facts["undeclared_debt_fen"] == 1_200_000
        assert collected.facts["term_months"] == 12

    def test_our_own_loans_count(self, borrower: Customer, house: datetime, receive_report: Receive) -> None:
        start = DAY - timedelta(days=100)
        late_day = start + timedelta(days=30 + 17)
        make_loan(borrower, LoanPlan(start, paid=3, paid_dates={1: late_day}), now=house)
        make_loan(borrower, LoanPlan(DAY - timedelta(days=400), paid=12, state="SETTLED"), now=house)
        application = make_application(borrower, now=house, business_date=DAY)
        collected = collect_facts([(application, receive_report(application))], DAY, Quoter())[application.pk]
        assert collected.facts["own_active_loan_count"] == 1
        assert collected.facts["own_settled_loan_count"] == 1
        assert collected.facts["own_max_dpd"] == 17
        assert collected.facts["own_is_overdue"] is False
        assert collected.evidence["monthly_debt_here"] == "1100.00"

    def test_present_arrears_count(self, borrower: Customer, house: datetime, receive_report: Receive) -> None:
        make_loan(borrower, LoanPlan(DAY - timedelta(days=42), dpd=12, bucket="M1"), now=house)
        application = make_application(borrower, now=house, business_date=DAY)
        collected = collect_facts([(application, receive_report(application))], DAY, Quoter())[application.pk]
        assert collected.facts["own_is_overdue"] is True
        assert collected.facts["own_max_dpd"] == 12

    def test_the_newest_profile_counts(self, borrower: Customer, house: datetime, receive_report: Receive) -> None:
        FinancialProfile.objects.create(
            customer=borrower,
            as_of_date=DAY + timedelta(days=1),
            source="payslip",
            monthly_income="30000.00",
            housing="own",
        )
        application = make_application(borrower, now=house, business_date=DAY)
        collected = collect_facts([(application, receive_report(application))], DAY, Quoter())[application.pk]
        assert collected.evidence["monthly_income"] == "30000.00"
        assert collected.facts["housing"] == "OWN"
        assert collected.facts["employment_years"] == 0

    def test_the_number_of_queries_does_not_grow_with_the_history(
        self,
        borrower: Customer,
        house: datetime,
        receive_report: Receive,
        django_assert_max_num_queries: Callable[[int], object],
    ) -> None:
        for _ in range(5):
            make_loan(borrower, LoanPlan(DAY - timedelta(days=100), paid=3), now=house)
        application = make_application(borrower, now=house, business_date=DAY)
        report = receive_report(application)
        with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
            collect_facts(
                [(Application.objects.select_related("product").get(pk=application.pk), report)], DAY, Quoter()
            )


@pytest.mark.django_db(transaction=True)
def test_five_workers_decide_once(borrower: Customer, house: datetime, system: User, receive_report: Receive) -> None:
    application = make_application(borrower, now=house, business_date=DAY)
    receive_report(application)
    barrier, made = Barrier(5), []

    def work() -> None:
        try:
            barrier.wait(timeout=30)
            records = decisions.decide_applications(
                application_ids=[application.pk], actor=system, now=house, business_date=DAY
            )
            made.append(bool(records))
        finally:
            connections.close_all()

    threads = [Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(made) == [False, False, False, False, True]
    assert DecisionRecord.objects.count() == Offer.objects.count() == 1
