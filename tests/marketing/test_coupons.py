"""Coupons on a real database: offers approved by two, handed out, used, paid, released; refusals change nothing."""

from datetime import timedelta
from typing import Any

import pytest

from core.errors import NotFound, Refused
from customers.models import TimelineEntry
from ledger.operations.own_funds import ask_own_funds, decide_own_funds, pay_in_own_funds
from ledger.queries import balance_of
from ledger.rules.accounts import PLATFORM_OWN
from lending.models import Listing, Loan
from lending.operations.applications import withdraw_application
from lending.operations.listings import end_listing
from lending.operations.loans import cancel_loan
from marketing.models import Coupon, CouponIssue, CouponOffer
from marketing.operations import issuing, offers, redeeming
from marketing.operations.redeeming import CouponNotUsable
from marketing.queries.saving import judge, read_situation
from messaging.models import Message
from segmentation.models import Membership, Segment
from staff.operations import OwnApproval
from tests.fixtures.borrowers import make_staff
from tests.lending.operations import markets
from tests.lending.operations.markets import DAY, D, at
from tests.marketing import offers as make
from tests.pictures import refused, unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def test_own_money_is_booked_by_two() -> None:
    maker, checker = make_staff("operations"), make_staff("manager")
    asked = ask_own_funds(amount=D("5000.00"), reason="r", actor=maker, now=at())
    assert balance_of(PLATFORM_OWN) == 0
    decide_own_funds(approval_id=asked.pk, is_approved=True, note="", actor=checker, now=at())
    assert balance_of(PLATFORM_OWN) == D("5000.00")
    with refused(Refused):
        ask_own_funds(amount=D("1.00"), reason="r", actor=make_staff("rm"), now=at())


def test_an_offer_runs_when_another_person_approves_it_and_own_money_covers_it() -> None:
    offer = make.draft_offer()
    asked = offers.submit_offer(offer_id=offer.pk, reason="r", actor=offer.made_by, now=at())
    manager = make_staff("manager")
    decision: dict[str, Any] = {"approval_id": asked.pk, "is_approved": True, "note": "", "now": at()}
    with refused(offers.OwnMoneyTooLow):
        offers.decide_offer(**decision, actor=manager)
    pay_in_own_funds(amount=D("1500.00"), key="own", actor=None, now=at())
    offer.made_by.staff_member.roles.set(manager.staff_member.roles.all())
    del offer.made_by._staff_access
    with refused(OwnApproval):
        offers.decide_offer(**decision, actor=offer.made_by)
    offers.decide_offer(**decision, actor=manager)
    offer.refresh_from_db()
    assert (offer.state, offer.approved_by) == (CouponOffer.State.APPROVED, manager)
    # What is left of own money covers only half of another such budget.
    other = make.draft_offer()
    asked = offers.submit_offer(offer_id=other.pk, reason="r", actor=other.made_by, now=at())
    with refused(offers.OwnMoneyTooLow):
        offers.decide_offer(**{**decision, "approval_id": asked.pk}, actor=manager)


def test_terms_that_changed_after_the_question_are_not_approved() -> None:
    offer = make.draft_offer()
    asked = offers.submit_offer(offer_id=offer.pk, reason="r", actor=offer.made_by, now=at())
    pay_in_own_funds(amount=D("9000.00"), key="own", actor=None, now=at())
    offers.apply_offer(target_id=str(offer.pk), values={"budget": "2000.00"}, actor=make_staff("manager"), now=at())
    with refused(offers.OfferChanged):
        offers.decide_offer(approval_id=asked.pk, is_approved=True, note="", actor=make_staff("manager"), now=at())


@pytest.mark.parametrize(
    "wrong",
    [{"discount_rate": D("0")}, {"budget": D("0.00")}, {"valid_until": DAY - timedelta(days=1)}, {"name": " "}],
)
def test_impossible_terms_are_refused(wrong: dict[str, Any]) -> None:
    actor = make_staff("operations")
    with refused(offers.OfferInvalid):
        make.draft_offer(**wrong, actor=actor)


def test_a_customer_gets_as_many_as_the_offer_says() -> None:
    offer, customer, rm = make.run_offer(), markets.make_borrower(), make_staff("rm")
    given: dict[str, Any] = {"offer_id": offer.pk, "actor": rm, "now": at(), "business_date": DAY}
    coupon = issuing.give_coupon(**given, customer_id=customer.pk)
    assert coupon.expires_date == DAY + timedelta(days=30)
    with refused(issuing.CouponNotGiven):
        issuing.give_coupon(**given, customer_id=customer.pk)
    stranger = markets.make_borrower()
    stranger.status = "FROZEN"
    stranger.save(update_fields=["status"])
    with refused(issuing.CouponNotGiven):
        issuing.give_coupon(**given, customer_id=stranger.pk)
    offers.move_offer(offer_id=offer.pk, move="pause", actor=offer.made_by, now=at())
    with refused(offers.OfferStateWrong):
        issuing.give_coupon(**given, customer_id=markets.make_borrower().pk)


def test_a_segment_gets_coupons_in_one_statement_and_the_counts_say_who_did_not() -> None:
    offer = make.run_offer(budget=D("5000.00"))
    segment = Segment.objects.create(name="s", kind="STATIC", created_at=at(), created_by=offer.made_by)
    people = [markets.make_borrower() for _n in range(4)]
    Membership.objects.bulk_create(Membership(segment=segment, customer=who, entered_at=at()) for who in people)
    Membership.objects.filter(customer=people[3]).update(left_at=at())
    people[2].status = "CLOSED"
    people[2].save(update_fields=["status"])
    first = make.give(offer, people[0])
    asked = {
        issuing.ask_issue(offer_id=offer.pk, segment_id=segment.pk, actor=offer.made_by, now=at(), business_date=DAY).pk
        for _click in range(2)
    }
    assert len(asked) == 1, "a second click while a worker hands out asks for nothing more"
    issue = CouponIssue.objects.get()
    issue = issuing.carry_out_issue(issue_id=issue.pk, now=at(), business_date=DAY)
    assert issue.counts == {"issued": 1, "has_enough": 1, "not_identified": 1}
    coupons = list(Coupon.objects.order_by("pk"))
    assert [row.customer_id for row in coupons] == [people[0].pk, people[1].pk]
    assert len({row.public_id for row in coupons}) == 2 and all(len(row.public_id) == 22 for row in coupons)
    assert issuing.carry_out_issue(issue_id=issue.pk, now=at(), business_date=DAY).counts == issue.counts
    assert Coupon.objects.count() == 2
    told = issuing.tell_holders(offer_id=offer.pk, first_id=first.pk, last_id=coupons[1].pk, now=at())
    assert told == 2 == TimelineEntry.objects.filter(text_code="marketing.coupon_issued").count()
    # Nobody has agreed to marketing: the messages are kept with the reason, none goes out.
    assert set(Message.objects.values_list("kind", "state", "reason")) == {
        ("MARKETING", "SUPPRESSED", "no_marketing_consent")
    }


def test_a_coupon_sets_its_greatest_cost_aside_before_the_acceptance() -> None:
    offer, application = make.run_offer(), make.approve_new()
    coupon = make.redeem(make.give(offer, application.customer), application)
    saving = (application.offer.total_interest * D("0.03") / application.annual_rate).quantize(D("0.01"), "ROUND_DOWN")
    offer.refresh_from_db()
    assert coupon.state == Coupon.State.RESERVED
    assert coupon.reserved == offer.reserved == saving > 0
    assert make.redeem(coupon, application).reserved == saving
    offer.refresh_from_db()
    assert offer.reserved == saving


def test_who_may_not_use_it_is_told_every_reason() -> None:
    offer = make.run_offer()
    application = make.approve_new()
    coupon = make.give(offer, application.customer)
    other = make.give(offer, make.approve_new().customer)
    with refused(NotFound):
        redeeming.redeem_coupon(
            coupon_id=other.pk, customer_id=application.customer_id, application_id=application.pk, actor=None,
            now=at(), business_date=DAY,
        )  # fmt: skip
    product = application.product.__class__.objects.exclude(pk=application.product_id).first()
    assert product is not None
    offer.products.add(product)
    CouponOffer.objects.filter(pk=offer.pk).update(budget=D("1.00"))
    with refused(CouponNotUsable):
        make.redeem(coupon, application, on=DAY)
    situation = read_situation(application, application.offer, business_date=DAY + timedelta(days=40), now=at())
    offer.refresh_from_db()
    verdict = judge(coupon, offer, {product.pk}, situation)
    assert verdict.reasons == ("COUPON_EXPIRED", "WRONG_PRODUCT", "BUDGET_USED_UP")
    markets.accept(application.offer)
    application.refresh_from_db()
    with refused(CouponNotUsable):
        make.redeem(coupon, application)


def test_an_application_takes_one_coupon_and_a_second_loan_none_of_the_first() -> None:
    offer = make.run_offer(most_per_customer=2)
    application = make.approve_new()
    coupon, second = make.give(offer, application.customer), make.give(offer, application.customer)
    make.redeem(coupon, application)
    with refused(CouponNotUsable):
        make.redeem(second, application)
    loan = markets.fill(markets.accept(application.offer), ["10000.00"])
    markets.sign(markets.draw(loan))
    markets.pay_out(Loan.objects.get(pk=loan.pk))
    later = markets.apply_for(application.customer, amount="1000.00")
    quoted = markets.approve(later)
    later.refresh_from_db()
    situation = read_situation(later, quoted, business_date=DAY, now=at())
    assert judge(second, offer, set(), situation).reasons == ("NOT_FIRST_DEAL",)


def test_what_comes_to_nothing_gives_coupon_and_budget_back() -> None:
    offer = make.run_offer()
    withdrawn, failed, cancelled = (make.approve_new() for _n in range(3))
    coupons = [make.redeem(make.give(offer, one.customer), one) for one in (withdrawn, failed, cancelled)]
    withdraw_application(application_id=withdrawn.pk, customer_id=withdrawn.customer_id, now=at())
    redeeming.release_coupon(application_id=withdrawn.pk, now=at(), business_date=DAY)
    listing = markets.accept(failed.offer)
    end_listing(listing_id=listing.pk, state="FAILED", reason="DEADLINE", actor=None, now=at(), business_date=DAY)
    loan = markets.fill(markets.accept(cancelled.offer), ["10000.00"])
    cancel_loan(loan_id=loan.pk, reason="r", actor=None, now=at(), business_date=DAY)
    # Whatever its handlers missed, the close finds.
    assert redeeming.expire_coupons(business_date=DAY, now=at()) == 0
    for coupon in coupons:
        coupon.refresh_from_db()
        assert (coupon.state, coupon.application_id, coupon.reserved) == (Coupon.State.ISSUED, None, D("0.00"))
    offer.refresh_from_db()
    assert offer.reserved == 0
    assert Listing.objects.filter(state__in=["FAILED", "CANCELLED"]).count() == 2


def test_coupons_expire_after_their_last_day_and_those_in_use_do_not() -> None:
    offer, application = make.run_offer(), make.approve_new()
    used = make.redeem(make.give(offer, application.customer), application)
    unused = make.give(offer, make.approve_new().customer)
    last = unused.expires_date
    assert redeeming.expire_coupons(business_date=last - timedelta(days=1), now=at()) == 0
    assert redeeming.expire_coupons(business_date=last, now=at()) == 1
    used.refresh_from_db()
    unused.refresh_from_db()
    assert (used.state, unused.state) == (Coupon.State.RESERVED, Coupon.State.EXPIRED)
    redeeming.release_coupon(application_id=application.pk, now=at(), business_date=last + timedelta(days=1))
    used.refresh_from_db()
    assert (used.state, used.application_id) == (Coupon.State.RELEASED, None)


def test_two_applications_share_one_first_loan() -> None:
    borrower = markets.make_borrower()
    first, second = (markets.apply_for(borrower, amount=amount) for amount in ("10000.00", "12000.00"))
    for one in (first, second):
        markets.approve(one)
        one.refresh_from_db()
    coupons = [make.give(make.run_offer(name=name), borrower) for name in ("a", "b")]
    make.redeem(coupons[0], first)
    with unchanged(), pytest.raises(CouponNotUsable) as told:
        make.redeem(coupons[1], second)
    assert told.value.reasons == ("NOT_FIRST_DEAL",)
    withdraw_application(application_id=first.pk, customer_id=borrower.pk, now=at())
    redeeming.release_coupon(application_id=first.pk, now=at(), business_date=DAY)
    assert make.redeem(coupons[1], second).state == Coupon.State.RESERVED
