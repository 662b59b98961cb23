"""Sums of a day, splitting, lists and cases: who is caught, who is frozen, who may know."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.errors import Refused
from core.fields import blind_index
from core.models import AuditEntry, User
from customers.models import BankCard, Customer, TimelineEntry, WorkItem
from ledger.models import PaymentOrder
from risk.models import ListedPerson, ListMatch, SuspicionCase
from risk.operations import laundering, monitoring
from risk.rules.laundering import AmountLimits, DaySum, judge_sums
from tests.fixtures.borrowers import make_borrower, make_staff
from tests.risk.conftest import DAY

LIMITS = AmountLimits(Decimal(500_000), Decimal("0.3"), 3)


def day(amount: int) -> DaySum:
    return DaySum(Decimal(amount), Decimal(amount), 1)


@pytest.mark.parametrize(
    ("amounts", "kind"),
    [
        ([500_000], "LARGE"),
        ([499_999], ""),
        ([200_000, 200_000, 200_000], "SPLIT"),
        ([200_000, 200_000, 99_999], ""),
        ([150_000, 150_000, 149_999], ""),
        ([200_000, 200_000], ""),
        ([600_000, 200_000, 200_000], ""),
    ],
)
def test_what_is_large_and_what_is_split(amounts: list[int], kind: str) -> None:
    days = [day(amount) for amount in amounts]
    assert judge_sums(days[-1], days, LIMITS) == kind


@pytest.fixture
def desk(house: datetime) -> tuple[User, User]:
    """Somebody who proposes and somebody who decides."""
    monitoring.seed_monitoring(DAY, house)
    return make_staff("risk-officer"), make_staff("risk-manager")


def move(customer: Customer, amount: str, now: datetime, *, ago: int = 0, kind: str = "DEPOSIT") -> None:
    number = PaymentOrder.objects.count()
    PaymentOrder.objects.create(
        number=f"PO-{number}",
        kind=kind,
        status="SUCCEEDED",
        customer=customer,
        amount=Decimal(amount),
        gateway="wechat" if kind == "DEPOSIT" else "bank",
        card=None if kind == "DEPOSIT" else BankCard.objects.get(customer=customer),
        purpose="x",
        authorisation="x",
        idempotency_key=f"key-{number}",
        business_date=DAY - timedelta(days=ago),
        created_at=now,
    )


def run(now: datetime) -> int:
    return laundering.open_sum_cases(business_date=DAY, now=now)


class TestSums:
    def test_a_large_day_opens_one_case(self, desk: tuple[User, User], house: datetime) -> None:
        borrower = make_borrower(now=house, rm=make_staff("rm"))
        for amount in ("300000.00", "200000.00"):
            move(borrower, amount, house)
        move(borrower, "400000.00", house, kind="WITHDRAWAL")
        assert (run(house), run(house)) == (1, 0)
        case = SuspicionCase.objects.get()
        assert (case.kind, case.amount, case.customer) == ("LARGE", Decimal("500000.00"), borrower)
        # Five working days after Monday.
        assert case.due_date == DAY + timedelta(days=7)
        item = WorkItem.objects.get(kind="risk.suspicion")
        assert (item.customer, item.right) == (None, "risk.work_aml")
        assert not TimelineEntry.objects.filter(customer=borrower).exists()

    def test_a_split_week_opens_one(self, desk: tuple[User, User], house: datetime) -> None:
        borrower = make_borrower(now=house)
        for ago in (0, 2, 4):
            move(borrower, "200000.00", house, ago=ago)
        move(make_borrower(now=house), "200000.00", house)
        assert run(house) == 1
        case = SuspicionCase.objects.get()
        assert (case.kind, case.amount, len(case.evidence)) == ("SPLIT", Decimal("600000.00"), 3)


def bring_in(actor: User, house: datetime, *rows: str) -> tuple[int, int]:
    raw = "\n".join(["reference,name,identity_number,birth_date", *rows]).encode()
    return laundering.import_list(list_name="制裁名单", raw=raw, actor=actor, business_date=DAY, now=house)


class TestLists:
    def test_the_same_number_freezes_at_once(self, desk: tuple[User, User], house: datetime) -> None:
        borrower = make_borrower(now=house, rm=make_staff("rm"))
        number = "11010519491231002X"
        Customer.objects.filter(pk=borrower.pk).update(identity_index=blind_index(number, "identity"))
        assert bring_in(desk[1], house, f"A-1,张三丰,{number.lower()},") == (1, 1)
        borrower.refresh_from_db()
        assert borrower.status == "FROZEN"
        case = SuspicionCase.objects.get()
        assert (case.kind, ListMatch.objects.get().grounds[0]) == ("LIST", "IDENTITY")
        # The list keeps no number, the trail no reason.
        assert not ListedPerson.objects.filter(name__contains=number).exists()
        entry = AuditEntry.objects.get(action="customers.frozen")
        assert (entry.reason, entry.data) == ("", {})
        laundering.judge_match(
            match_id=ListMatch.objects.get().pk, is_same=False, note="号码有误", actor=desk[0], business_date=DAY, now=house
        )  # fmt: skip
        borrower.refresh_from_db()
        assert borrower.status == "IDENTIFIED"

    def test_a_like_name_waits_for_somebody_who_looks(self, desk: tuple[User, User], house: datetime) -> None:
        borrower = make_borrower(now=house)
        Customer.objects.filter(pk=borrower.pk).update(
            search_grams=["小明", "王小"], name_key="wang2王 xiao3小 ming2明"
        )
        assert bring_in(desk[1], house, "A-1,王小明,,1990-03-07", "A-2,赵大力,,") == (2, 1)
        match = ListMatch.objects.get()
        assert (match.score, match.state) == (75, "OPEN")
        assert Customer.objects.get(pk=borrower.pk).status == "IDENTIFIED" and not SuspicionCase.objects.exists()
        given = {"match_id": match.pk, "business_date": DAY, "now": house}
        laundering.judge_match(is_same=True, note="照片一致", actor=desk[0], **given)
        assert Customer.objects.get(pk=borrower.pk).status == "FROZEN" and SuspicionCase.objects.count() == 1
        with pytest.raises(laundering.MatchDecided):
            laundering.judge_match(is_same=False, note="x", actor=desk[0], **given)

    def test_who_is_gone_from_the_file_is_off_the_list_and_back_again(
        self, desk: tuple[User, User], house: datetime
    ) -> None:
        bring_in(desk[1], house, "A-1,甲乙,,", "A-2,丙丁,,")
        bring_in(desk[1], house, "A-2,丙丁,,")
        assert list(ListedPerson.objects.filter(is_active=True).values_list("reference", flat=True)) == ["A-2"]
        bring_in(desk[1], house, "A-1,甲乙,,")
        assert list(ListedPerson.objects.filter(is_active=True).values_list("reference", flat=True)) == ["A-1"]

    @pytest.mark.parametrize("row", ["A-1,甲乙,", ",甲乙,,", "A-1,,,", "A-1,甲乙,,5.1.1990"])
    def test_a_bad_file_changes_nothing(self, desk: tuple[User, User], house: datetime, row: str) -> None:
        with pytest.raises(laundering.ListInvalid):
            bring_in(desk[1], house, "A-0,丙丁,,", row)
        with pytest.raises(Refused):
            bring_in(desk[0], house, "A-0,丙丁,,")
        assert not ListedPerson.objects.exists()

    def test_newcomers_are_compared_by_the_close(self, desk: tuple[User, User], house: datetime) -> None:
        bring_in(desk[1], house, "A-1,王小明,,")
        borrower = make_borrower(now=house)
        Customer.objects.filter(pk=borrower.pk).update(search_grams=["小明"], identified_at=house)
        assert laundering.screen_newcomers(DAY, 0, 0, house) == 1
        assert laundering.screen_newcomers(DAY, 0, 0, house) == 0


class TestCases:
    @pytest.fixture
    def case(self, desk: tuple[User, User], house: datetime) -> SuspicionCase:
        return laundering.note_suspicion(
            customer_id=make_borrower(now=house).pk, text="快进快出", actor=desk[0], business_date=DAY, now=house
        )

    def test_one_proposes_another_decides(self, case: SuspicionCase, desk: tuple[User, User], house: datetime) -> None:
        officer, manager = desk
        common = {"case_id": case.pk, "now": house}
        with pytest.raises(laundering.NothingProposed):
            laundering.decide_case(is_agreed=True, note="", actor=manager, **common)
        laundering.propose_outcome(proposal="REPORT", grounds="三日内转出", actor=manager, **common)
        before = SuspicionCase.objects.values().get()
        with pytest.raises(laundering.OwnProposal):
            laundering.decide_case(is_agreed=True, note="", actor=manager, **common)
        for act in (
            lambda: laundering.decide_case(is_agreed=True, note="", actor=officer, **common),
            lambda: laundering.propose_outcome(proposal="DISMISS", grounds="x", actor=make_staff("rm"), **common),
        ):
            with pytest.raises(Refused):
                act()
        with pytest.raises(laundering.GroundsMissing):
            laundering.propose_outcome(proposal="REPORT", grounds=" ", actor=officer, **common)
        assert SuspicionCase.objects.values().get() == before
        laundering.decide_case(is_agreed=False, note="证据不足", actor=make_staff("risk-manager"), **common)
        laundering.propose_outcome(proposal="DISMISS", grounds="卖房款", actor=officer, **common)
        laundering.decide_case(is_agreed=True, note="", actor=manager, **common)
        case.refresh_from_db()
        assert (case.state, case.decided_by, case.report) == ("DISMISSED", manager, {})
        with pytest.raises(laundering.CaseDecided):
            laundering.propose_outcome(proposal="REPORT", grounds="x", actor=officer, **common)
        assert not WorkItem.objects.filter(kind="risk.suspicion", state="OPEN").exists()
