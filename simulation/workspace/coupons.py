"""What marketing gives: an offer that activates newcomers, one that thanks for years together, and one on the way."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from ledger.operations.own_funds import ask_own_funds, decide_own_funds
from lending.models import Loan
from marketing.models import CouponOffer
from marketing.operations.issuing import ask_issue, give_coupon
from marketing.operations.offers import create_offer, decide_offer, submit_offer
from segmentation.models import Segment
from segmentation.operations.segments import create_segment
from simulation.workspace.story import Scene, Story

_ACTIVATION: Final = "新客首借贴息"
_LOYALTY: Final = "合作周年贴息"
_PAYERS: Final = "按期还款的借款人"
_PAYING: Final[dict[str, Any]] = {
    "all": [
        {"fact": "outstanding", "is": "min", "values": ["1"]},
        {"any": [{"fact": "overdue", "is": "empty"}, {"fact": "overdue", "is": "max", "values": ["0"]}]},
    ]
}


def list_scenes(story: Story) -> Sequence[Scene]:
    """Return when offers are made and coupons given; the first one early, so that loans are paid back with it."""
    early = min(63, (story.last_day - story.first_day).days - 7)
    return [
        Scene(early, 9, 10, _activate_newcomers),
        Scene(12, 9, 10, _thank_for_years),
        Scene(8, 15, 20, _give),
        Scene(5, 15, 0, _draft),
        Scene(4, 10, 15, _name_payers),
        Scene(3, 10, 15, _issue),
    ]


def _pay_in(story: Story, amount: Decimal) -> None:
    """Own money is booked by two people before a budget rests on it."""
    asked = ask_own_funds(
        amount=amount, reason="自有资金已划入存管账户，用于优惠活动", actor=story.user("wuyan"), now=story.world.now
    )
    decide_own_funds(
        approval_id=asked.pk, is_approved=True, note="存管行回单已核对", actor=story.user("xugang"), now=story.world.now
    )


def _draw_up(story: Story, **terms: Any) -> CouponOffer:
    today = story.world.today
    return create_offer(valid_from=today, actor=story.user("wuyan"), now=story.world.now, **terms)


def _approve(story: Story, offer: CouponOffer, why: str) -> None:
    _pay_in(story, offer.budget)
    asked = submit_offer(offer_id=offer.pk, reason=why, actor=story.user("wuyan"), now=story.world.now)
    decide_offer(approval_id=asked.pk, is_approved=True, note="同意", actor=story.user("xugang"), now=story.world.now)


def _activate_newcomers(story: Story) -> None:
    offer = _draw_up(
        story,
        name=_ACTIVATION,
        description="新客户首笔借款按期还款，前 6 个月贴息 3 个百分点",
        discount_rate=Decimal("0.030000"),
        covered_months=6,
        most_per_coupon=Decimal("600.00"),
        budget=Decimal("30000.00"),
        valid_until=story.world.today + timedelta(days=150),
        occasion=CouponOffer.Occasion.IDENTITY,
    )
    _approve(story, offer, "第四季度拉新：首单转化偏低")


def _thank_for_years(story: Story) -> None:
    offer = _draw_up(
        story,
        name=_LOYALTY,
        description="合作满一年的借款客户，再次借款按期还款贴息 2 个百分点",
        discount_rate=Decimal("0.020000"),
        most_per_coupon=Decimal("800.00"),
        budget=Decimal("20000.00"),
        valid_until=story.world.today + timedelta(days=365),
        coupon_days=90,
        first_deal_only=False,
        occasion=CouponOffer.Occasion.YEARS_1,
    )
    _approve(story, offer, "长期客户答谢")


def _give(story: Story) -> None:
    """An RM gives two good borrowers the loyalty coupon ahead of their year."""
    offer = CouponOffer.objects.filter(name=_LOYALTY).first()
    if offer is None:
        return
    good = [
        row
        for row in story.borrowers("lijing")
        if Loan.objects.filter(borrower=row, state=Loan.State.ACTIVE, standing__bucket="M0").exists()
    ]
    for customer in good[:2]:
        give_coupon(
            offer_id=offer.pk,
            customer_id=customer.pk,
            actor=story.user("lijing"),
            now=story.world.now,
            business_date=story.world.today,
        )


def _draft(story: Story) -> None:
    """An offer on the way: drafted, not yet submitted."""
    _draw_up(
        story,
        name="装修贷贴息",
        description="装修用途借款按期还款，前 3 个月贴息 2 个百分点",
        discount_rate=Decimal("0.020000"),
        covered_months=3,
        most_per_coupon=Decimal("300.00"),
        budget=Decimal("8000.00"),
        valid_until=story.world.today + timedelta(days=90),
        first_deal_only=False,
    )


def _name_payers(story: Story) -> None:
    """Those who pay as agreed are a group of their own."""
    create_segment(
        name=_PAYERS,
        description="有在贷余额且没有逾期：周年贴息的发放对象",
        kind=Segment.Kind.DYNAMIC,
        rule=_PAYING,
        actor=story.user("wuyan"),
        now=story.world.now,
    )


def _issue(story: Story) -> None:
    """The loyalty coupon for all of them."""
    offer, segment = CouponOffer.objects.filter(name=_LOYALTY).first(), Segment.objects.filter(name=_PAYERS).first()
    if offer is not None and segment is not None:
        ask_issue(
            offer_id=offer.pk,
            segment_id=segment.pk,
            actor=story.user("wuyan"),
            now=story.world.now,
            business_date=story.world.today,
        )
