"""Rates by grade: changed by two people, never above the cap, shown against what the grades lose."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.errors import BusinessError, Refused
from core.models import Parameter, User
from core.registries import approvals
from lending.models import LoanState, Product
from risk.operations import pricing
from risk.operations.trials import study_defaults
from risk.queries.losses import get_loss_share
from risk.queries.pricing import list_grade_prices, list_price_changes
from risk.rules.losses import LossShare, Observed, Recovery, build_basis, estimate_loss_share, judge_grades
from staff.operations import OwnApproval
from tests.fixtures.borrowers import LoanPlan, make_borrower, make_loan, make_staff
from tests.risk.conftest import DAY

RATES = {"A": "0.0700", "B": "0.0780", "C": "0.0860", "D": "0.0940", "E": "0.1000"}


@pytest.fixture
def product(house: datetime) -> Product:
    return Product.objects.get(code="xinyong-debx")


def ask(product: Product, actor: User, now: datetime, **changes: str) -> int:
    approval = pricing.ask_prices(
        product_id=product.pk,
        rate_by_grade={**RATES, **changes},
        reason="fewer defaults",
        actor=actor,
        now=now,
        business_date=DAY,
    )
    return approval.pk


def test_two_people_change_the_rates_and_the_history_tells(product: Product, house: datetime) -> None:
    maker, checker = make_staff("risk-officer"), make_staff("risk-manager")
    before = product.rate_by_grade
    approval_id = ask(product, maker, house)
    product.refresh_from_db()
    assert product.rate_by_grade == before
    decide = approvals.get(pricing.PRICE)
    decide(approval_id=approval_id, is_approved=True, note="agreed", actor=checker, now=house)
    product.refresh_from_db()
    assert product.rate_by_grade == RATES
    change = list_price_changes(product, pricing.PRICE).get()
    assert (change.maker, change.checker, change.reason) == (maker, checker, "fewer defaults")
    assert (change.payload["before"], change.payload["rate_by_grade"]) == (before, RATES)
    # The fee of 0.5 % is much on three months, and little on a year.
    assert change.payload["above_cap"]["E"][0] == 3 and 12 not in change.payload["above_cap"]["E"]


@pytest.mark.parametrize(
    "changes",
    [
        {"E": "0.2400"},
        {"D": "0.1250", "E": "0.1250"},
        {"B": "0.0600"},
        {"C": "much"},
        {"C": "-0.01"},
        {"C": "1"},
        {"C": "NaN"},
        {"C": "0.08600001"},
        dict.fromkeys(RATES, ""),
    ],
)
def test_rates_that_cannot_be_offered_are_refused(product: Product, house: datetime, changes: dict[str, str]) -> None:
    before = product.rate_by_grade
    with pytest.raises(pricing.PricesInvalid):
        ask(product, make_staff("risk-officer"), house, **changes)
    product.refresh_from_db()
    assert product.rate_by_grade == before and not list_price_changes(product, pricing.PRICE).exists()


def test_a_cap_that_fell_meanwhile_stops_the_approval(product: Product, house: datetime) -> None:
    approval_id = ask(product, make_staff("risk-officer"), house)
    Parameter.objects.filter(rule_code="lending.lpr_1y").update(value="0.01")
    before = product.rate_by_grade
    with pytest.raises(pricing.PricesInvalid):
        pricing.decide_prices(
            approval_id=approval_id, is_approved=True, note="", actor=make_staff("risk-manager"), now=house
        )
    product.refresh_from_db()
    assert product.rate_by_grade == before
    assert list_price_changes(product, pricing.PRICE).get().state == "PENDING"


@pytest.mark.parametrize("role", ["rm", "auditor", "manager"])
def test_only_those_who_edit_rules_ask(product: Product, house: datetime, role: str) -> None:
    with pytest.raises(Refused):
        ask(product, make_staff(role), house)
    assert not list_price_changes(product, pricing.PRICE).exists()


def test_nobody_approves_his_own_rates(product: Product, house: datetime) -> None:
    manager = make_staff("risk-manager")
    approval_id = ask(product, manager, house)
    with pytest.raises(OwnApproval):
        pricing.decide_prices(approval_id=approval_id, is_approved=True, note="", actor=manager, now=house)
    with pytest.raises(Refused):
        pricing.decide_prices(
            approval_id=approval_id, is_approved=True, note="", actor=make_staff("risk-officer"), now=house
        )
    with pytest.raises(BusinessError):
        ask(product, make_staff("risk-officer"), house)
    assert list_price_changes(product, pricing.PRICE).get().state == "PENDING"


def test_defaults_of_the_seasoned_book_raise_the_expected_loss_of_their_grade(
    product: Product, house: datetime
) -> None:
    before = {row.grade: row for row in list_grade_prices(product, on=DAY)}
    plan = LoanPlan(
        start_date=DAY - timedelta(days=300),
        first_due_date=DAY - timedelta(days=270),
        method="equal_instalment",
        annual_rate=Decimal("0.08"),
        principal=Decimal("3000.00"),
        periods=3,
        interest=Decimal("20.00"),
        dpd=270,
        bucket="M4",
    )
    loan = make_loan(make_borrower(now=house), plan, now=house, product=product)
    application = loan.listing.application
    application.grade, application.score = "C", 590
    application.save(update_fields=["grade", "score"])
    assert LoanState.objects.get(loan=loan).dpd == 270
    assert study_defaults(DAY, 0, 0, house) == 1
    after = {row.grade: row for row in list_grade_prices(product, on=DAY)}
    assert (after["C"].loans, after["C"].defaults) == (1, 1)
    assert after["C"].pd > before["C"].pd and after["C"].expected_loss > before["C"].expected_loss
    assert after["C"].margin == after["C"].annual_rate - after["C"].expected_loss
    assert after["A"].defaults == 0


def test_what_defaults_left_takes_the_place_of_the_assumption(product: Product, house: datetime) -> None:
    def fail(ago: int, recovered: str) -> None:
        plan = LoanPlan(DAY - timedelta(days=ago), principal=Decimal("3000.00"), periods=3, interest=Decimal("20.00"))
        loan = make_loan(make_borrower(now=house), plan, now=house, product=product)
        loan.instalments.filter(n=1).update(principal_paid=Decimal(recovered))

    for recovered in ("900.00", "0.00"):
        fail(600, recovered)
    # Its year is not over.
    fail(400, "0.00")
    study_defaults(DAY, 0, 0, house)
    assert get_loss_share(DAY) == LossShare(Decimal("0.600000"))
    Parameter.objects.filter(rule_code="risk.lgd_min_defaults").update(value="2")
    assert get_loss_share(DAY) == LossShare(Decimal("0.850000"), 2)
    row = list_grade_prices(product, on=DAY)[0]
    assert (row.lgd, row.expected_loss) == (Decimal("0.850000"), (row.pd * row.lgd).quantize(Decimal("0.000001")))


class TestLosses:
    @pytest.mark.parametrize(
        ("recovery", "share"),
        [
            (Recovery(40, Decimal(400_000), Decimal(130_000)), LossShare(Decimal("0.675000"), 40)),
            (Recovery(29, Decimal(400_000), Decimal(130_000)), LossShare(Decimal("0.6"))),
            (Recovery(40, Decimal(0), Decimal(0)), LossShare(Decimal("0.6"))),
            (None, LossShare(Decimal("0.6"))),
        ],
    )
    def test_the_share_lost_by_hand(self, recovery: Recovery | None, share: LossShare) -> None:
        assert estimate_loss_share(recovery, assumed=Decimal("0.6"), least=30) == share

    def test_the_formula_by_hand(self) -> None:
        rows = [Observed("p", "B", 620, 200, 6, Decimal(1)), Observed("p", "D", 540, 50, 5, Decimal(1))]
        basis = build_basis(rows, prior_pd=0.04, prior_score=600, lgd=0.6)
        assert basis.base_pd == pytest.approx((11 + 50 * 0.04) / 300)
        assert basis.mean_score == pytest.approx((630 * 200 + 550 * 50 + 50 * 600) / 300)
        prior = basis.base_pd * 2 ** ((basis.mean_score - 630) / 40)
        assert basis.estimate_pd(635) == pytest.approx((6 + 50 * prior) / 250)
        assert basis.expect_loss_fen(635, 1_000_000) == round(basis.estimate_pd(635) * 0.6 * 1_000_000)

    def test_a_worse_score_never_loses_less_where_nothing_was_seen(self) -> None:
        basis = build_basis([], prior_pd=0.04, prior_score=600, lgd=0.6)
        chances = [basis.estimate_pd(score) for score in range(300, 900, 20)]
        assert chances == sorted(chances, reverse=True) and max(chances) < 1

    def test_a_grade_without_loans_has_the_rate_of_the_book(self) -> None:
        rows = [Observed("p", "B", 620, 150, 0, Decimal(1))]
        losses = judge_grades(rows, "AB", base_pd=0.04, lgd=0.5)
        assert losses["A"].pd == pytest.approx(0.04)
        assert losses["B"].pd == pytest.approx(0.01)
        assert losses["A"].expected_loss_rate == pytest.approx(0.02)
