"""Reviews that are due, incidents that are measured, legal reviews that hold back."""

from datetime import datetime, timedelta

import pytest

from core.errors import Refused
from core.models import User
from customers.models import WorkItem
from lending.models import Product
from risk.models import Incident, LegalReview, RiskEntry
from risk.operations import register
from risk.queries.register import draw_matrix, measure
from staff.models import Approval
from staff.operations import ask_change, decide_change
from tests.fixtures.borrowers import make_staff
from tests.risk.conftest import DAY


@pytest.fixture
def officer(house: datetime) -> User:
    return make_staff("risk-officer")


def make_entry(officer: User, house: datetime, **changes: object) -> RiskEntry:
    entry = RiskEntry(
        **{
            "title": "出借人挤兑",
            "category": "LIQUIDITY",
            "likelihood": 3,
            "impact": 5,
            "response": "REDUCE",
            "owner": officer.staff_member,
            "review_date": DAY,
            "review_months": 6,
            **changes,
        }
    )
    return register.save_entry(entry=entry, note="", actor=officer, now=house)


class TestRegister:
    def test_a_review_that_is_due_comes_to_its_owner_until_it_is_done(self, officer: User, house: datetime) -> None:
        entry = make_entry(officer, house)
        make_entry(officer, house, title="later", review_date=DAY + timedelta(days=1))
        register.remind_of_reviews(DAY, 0, 0, house)
        register.remind_of_reviews(DAY, 0, 0, house)
        item = WorkItem.objects.get(kind="risk.entry")
        assert item.assignee == officer.staff_member
        register.review_entry(
            entry_id=entry.pk, likelihood=1, impact=5, response="ACCEPT", plan="", note="备付充足", closes=False,
            actor=officer, now=house, business_date=DAY,
        )  # fmt: skip
        entry.refresh_from_db()
        assert (entry.grade, entry.review_date.isoformat()) == (5, "2026-09-02")
        assert not WorkItem.objects.filter(kind="risk.entry", state="OPEN").exists()

    def test_refusals_change_nothing(self, officer: User, house: datetime) -> None:
        entry = make_entry(officer, house)
        before = RiskEntry.objects.values().get()
        look = {
            "entry_id": entry.pk,
            "response": "ACCEPT",
            "plan": "",
            "closes": False,
            "now": house,
            "business_date": DAY,
        }
        for changes, refusal in (
            ({"likelihood": 6, "impact": 1, "note": "x", "actor": officer}, register.EntryInvalid),
            ({"likelihood": 1, "impact": 1, "note": " ", "actor": officer}, register.EntryInvalid),
            ({"likelihood": 1, "impact": 1, "note": "x", "actor": make_staff("manager")}, Refused),
        ):
            with pytest.raises(refusal):
                register.review_entry(**look, **changes)
        assert RiskEntry.objects.values().get() == before

    def test_the_matrix_puts_the_worst_into_its_corner(self, officer: User, house: datetime) -> None:
        entry = make_entry(officer, house, likelihood=5)
        rows = draw_matrix([entry])
        assert rows[0][0] == 5 and rows[0][1][4].entries == [entry] and rows[0][1][4].tone == "late"
        assert [len(cells) for _likelihood, cells in rows] == [5] * 5


class TestIncidents:
    def test_a_drill_is_measured_against_what_is_allowed(self, officer: User, house: datetime) -> None:
        drill = Incident(
            kind="DRILL", title="恢复演练", began_at=house, noticed_at=house, restored_at=house + timedelta(minutes=61),
            data_until=house - timedelta(minutes=4), rto_minutes=60, rpo_minutes=5, owner=officer.staff_member,
        )  # fmt: skip
        register.save_incident(incident=drill, actor=officer, now=house)
        found = measure(drill)
        assert (found.down_minutes, found.is_rto_kept, found.lost_minutes, found.is_rpo_kept) == (61, False, 4, True)

    def test_closing_needs_measure_and_lesson_and_is_final(self, officer: User, house: datetime) -> None:
        incident = Incident(
            kind="INCIDENT", title="断电", began_at=house, noticed_at=house, rto_minutes=60, rpo_minutes=5,
            owner=officer.staff_member, is_closed=True,
        )  # fmt: skip
        with pytest.raises(register.EntryInvalid):
            register.save_incident(incident=incident, actor=officer, now=house)
        assert not Incident.objects.exists()
        incident.restored_at, incident.lessons = house, "双路供电"
        register.save_incident(incident=incident, actor=officer, now=house)
        incident.lessons = "changed"
        with pytest.raises(register.EntryClosed):
            register.save_incident(incident=incident, actor=officer, now=house)
        assert Incident.objects.get().lessons == "双路供电"


class TestLegalReview:
    @pytest.fixture
    def product(self, house: datetime) -> Product:
        return Product.objects.get(code="xinyong-debx")

    def ask(self, product: Product, officer: User, house: datetime) -> LegalReview:
        return register.ask_legal_review(
            kind="lending.product", target_id=str(product.pk), question="条款可否", due_date=DAY, actor=officer, now=house
        )  # fmt: skip

    def change(self, product: Product, house: datetime) -> Approval:
        return ask_change(
            target=product, values={"raising_workdays": 5}, reason="x", actor=make_staff("operations"), now=house
        )

    def test_nothing_goes_live_while_its_review_is_open_or_lost(
        self, product: Product, officer: User, house: datetime
    ) -> None:
        review = self.ask(product, officer, house)
        approval, manager = self.change(product, house), make_staff("manager")
        given = {"approval_id": approval.pk, "is_approved": True, "note": "", "actor": manager, "now": house}
        for _try in range(2):
            with pytest.raises(register.UnderLegalReview):
                decide_change(**given)
            assert Approval.objects.get().state == "PENDING"
            assert Product.objects.get(pk=product.pk).raising_workdays == product.raising_workdays
            LegalReview.objects.update(state="OBJECTED", reviewer=manager, opinion="no", decided_at=house)
        LegalReview.objects.update(state="OPEN", reviewer=None, opinion="", decided_at=None)
        with pytest.raises(register.OwnReview):
            register.decide_legal_review(review_id=review.pk, is_cleared=True, opinion="ok", actor=officer, now=house)
        lawyer = make_staff("risk-manager")
        register.decide_legal_review(review_id=review.pk, is_cleared=True, opinion="可以", actor=lawyer, now=house)
        decide_change(**given)
        assert Product.objects.get(pk=product.pk).raising_workdays == 5
        with pytest.raises(register.ReviewDecided):
            register.decide_legal_review(review_id=review.pk, is_cleared=False, opinion="x", actor=lawyer, now=house)

    def test_refusals_ask_nothing(self, product: Product, officer: User, house: datetime) -> None:
        self.ask(product, officer, house)
        given = {"due_date": DAY, "now": house}
        for kind, target, question, actor, refusal in (
            ("lending.product", str(product.pk), "x", officer, register.ReviewWaits),
            ("lending.product", "0", "x", officer, register.EntryInvalid),
            ("nothing", "1", "x", officer, register.EntryInvalid),
            ("messaging.template", "0", "x", officer, register.EntryInvalid),
            ("lending.product", str(product.pk), "x", make_staff("rm"), Refused),
        ):
            with pytest.raises(refusal):
                register.ask_legal_review(kind=kind, target_id=target, question=question, actor=actor, **given)
        assert LegalReview.objects.count() == 1
