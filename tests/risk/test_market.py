"""Market news: taken in once, proposed for the cap, shown with whom it concerns; stress tests on the live book."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from core import parameters
from core.errors import Refused
from core.models import AuditEntry, User
from customers.models import WorkItem
from integrations.ports.market import MarketNews, PublishedPolicy, PublishedRate
from lending.models import LenderShare, Loan
from risk.models import MarketRate, PolicyNotice, StressRun
from risk.operations import market, monitoring, stress
from risk.queries import market as reads
from staff.models import Approval
from staff.operations import decide_change
from staff.queries import get_access
from tests.fixtures.borrowers import LoanPlan, make_borrower, make_loan, make_staff
from tests.risk.conftest import DAY

NEWS = MarketNews(
    rates=[
        PublishedRate("LPR_1Y", DAY, Decimal("0.0280"), "同业拆借中心"),
        PublishedRate("LPR_1Y", date(2024, 10, 21), Decimal("0.0310"), "同业拆借中心"),
        PublishedRate("LPR_1Y", DAY, Decimal("0.0290"), "又说一遍"),
        PublishedRate("UNKNOWN", DAY, Decimal("0.5"), "?"),
    ],
    policies=[
        PublishedPolicy("文〔2026〕1号", "经营贷款用途核查", "监管局", DAY, None, "核查用途", ("WORKING_CAPITAL",), ())
    ],
)


@pytest.fixture
def officer(house: datetime) -> User:
    monitoring.seed_monitoring(DAY, house)
    return make_staff("risk-officer")


@pytest.fixture
def loan(officer: User, house: datetime) -> Loan:
    plan = LoanPlan(DAY - timedelta(days=5), annual_rate=Decimal("0.115"))
    loan = make_loan(make_borrower(now=house), plan, now=house)
    LenderShare.objects.create(loan=loan, investor=make_borrower(now=house), principal=Decimal("12000.00"))
    return loan


def take_in(house: datetime) -> int:
    return market.take_in_news(news=NEWS, now=house, business_date=DAY)


class TestNews:
    def test_news_comes_in_once(self, officer: User, house: datetime) -> None:
        assert take_in(house) == 3
        assert take_in(house) == 0
        assert MarketRate.objects.count() == 2 and PolicyNotice.objects.count() == 1
        assert WorkItem.objects.filter(kind__in=["risk.rate_moved", "risk.policy"], state="OPEN").count() == 2
        assert AuditEntry.objects.filter(action="risk.rate_recorded").count() == 2

    def test_a_new_lpr_is_in_force_when_a_second_person_agrees(self, officer: User, house: datetime) -> None:
        take_in(house)
        assert parameters.get_decimal("lending.lpr_1y", on=DAY) == Decimal("0.03")
        approval = Approval.objects.get(state="PENDING")
        decide_change(approval_id=approval.pk, is_approved=True, note="", actor=make_staff("manager"), now=house)
        assert parameters.get_decimal("lending.lpr_1y", on=DAY) == Decimal("0.028")

    def test_whom_a_lower_cap_concerns(self, loan: Loan, officer: User, house: datetime) -> None:
        make_loan(make_borrower(now=house), LoanPlan(DAY, annual_rate=Decimal("0.11")), now=house)
        take_in(house)
        move = reads.get_move(officer, "LPR_1Y", DAY)
        assert (move.before, move.cap, move.cap_before) == (Decimal("0.031"), Decimal("0.112"), Decimal("0.124"))
        access = get_access(officer)
        assert access is not None and move.cap is not None
        concerned = reads.concern_by_cap(access, move.cap)
        assert (concerned.loans, concerned.customers, concerned.principal) == (1, 1, Decimal("12000.00"))
        assert concerned.rows.get() == loan

    def test_a_policy_is_assessed_once_by_somebody_entitled(self, loan: Loan, officer: User, house: datetime) -> None:
        take_in(house)
        notice = PolicyNotice.objects.get()
        access = get_access(officer)
        assert access is not None and reads.concern_by_policy(access, notice).loans == 0
        for actor, text, refusal in (
            (make_staff("rm"), "x", Refused),
            (officer, " ", market.AssessmentMissing),
        ):
            with pytest.raises(refusal):
                market.assess_policy(notice_id=notice.pk, text=text, actor=actor, now=house)
        assert PolicyNotice.objects.get().state == "NEW"
        market.assess_policy(notice_id=notice.pk, text="用途核查加一步", actor=officer, now=house)
        assert not WorkItem.objects.filter(kind="risk.policy", state="OPEN").exists()
        with pytest.raises(market.PolicyAssessed):
            market.assess_policy(notice_id=notice.pk, text="again", actor=officer, now=house)
        assert PolicyNotice.objects.get().assessment == "用途核查加一步"


class TestFile:
    def test_a_file_is_taken_whole(self, officer: User, house: datetime) -> None:
        raw = "code,published_date,value,source\nLPR_1Y,2026-02-24,0.0300,央行\nLPR_5Y,2026-02-24,0.0350,央行\n"
        operations = make_staff("operations")
        count = market.import_rates(raw=raw.encode("gb18030"), actor=operations, now=house, business_date=DAY)
        assert count == MarketRate.objects.filter(origin="FILE").count() == 2

    @pytest.mark.parametrize(
        "row",
        [
            "LPR_9Y,2026-02-24,0.03,x",
            "LPR_1Y,24.2.,0.03,x",
            "LPR_1Y,2026-02-24,3.0,x",
            "LPR_1Y,2026-02-24,0.03",
            "a",
            "LPR_1Y,2026-01-20,0.0310,x",
            "LPR_1Y,2026-02-24,NaN,x",
            "LPR_1Y,2026-02-24,0.03,a\0b",
            "LPR_1Y,9999-12-31,0.03,x",
            "LPR_1Y,2026-02-24,1E-30,x",
        ],
    )
    def test_or_not_at_all(self, officer: User, house: datetime, row: str) -> None:
        raw = f"code,published_date,value,source\nLPR_1Y,2026-01-20,0.0300,x\n{row}\n".encode()
        with pytest.raises(market.RateFileInvalid):
            market.import_rates(raw=raw, actor=make_staff("operations"), now=house, business_date=DAY)
        with pytest.raises(Refused):
            market.import_rates(raw=raw, actor=officer, now=house, business_date=DAY)
        assert not MarketRate.objects.exists()


class TestStress:
    def test_defaults_on_the_live_book(self, loan: Loan, officer: User, house: datetime) -> None:
        run = stress.run_default_shock(
            multiplier=Decimal(3), loss_share=Decimal("0.6"), note="", actor=officer, business_date=DAY, now=house
        )
        # 12 000 in M0 at 3 %, 60 % lost: 216.00, three times 648.00.
        assert (run.result["loss"], run.result["stressed_loss"]) == ("216.00", "648.00")
        assert (run.result["investors"], run.result["hard_hit"], run.result["worst_share"]) == (1, 0, "0.054000")
        assert AuditEntry.objects.filter(action="risk.stress_run").count() == 1

    def test_a_rate_on_the_live_book(self, loan: Loan, officer: User, house: datetime) -> None:
        run = stress.run_rate_shock(move=Decimal("-0.005"), note="", actor=officer, business_date=DAY, now=house)
        assert Decimal(run.result["cap"]) == Decimal("0.1")
        (row,) = run.result["rows"]
        assert row["principal"] == "12000.00"
        assert Decimal(run.result["lost_interest"]) == (Decimal(row["interest"]) / 10).quantize(Decimal("0.01"))
        assert run.result["grades"]

    def test_refusals_keep_nothing(self, loan: Loan, officer: User, house: datetime) -> None:
        common = {"note": "", "business_date": DAY, "now": house}
        with pytest.raises(stress.AssumptionInvalid):
            stress.run_default_shock(multiplier=Decimal(0), loss_share=Decimal(1), actor=officer, **common)
        with pytest.raises(stress.AssumptionInvalid):
            stress.run_rate_shock(move=Decimal("-0.04"), actor=officer, **common)
        with pytest.raises(Refused):
            stress.run_rate_shock(move=Decimal("0.01"), actor=make_staff("manager"), **common)
        assert not StressRun.objects.exists()
