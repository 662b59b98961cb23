"""Doors for events: coupons follow the loans they are used for."""

from core.outbox import EventContext, handles
from customers.events import CustomerIdentified
from lending.events import ApplicationWithdrawn, ListingEnded, LoanPaidOut, LoanSettled, RepaymentPosted
from lending.models import Listing
from marketing.events import CouponsIssued, IssueAsked, OfferEnded, RewardsDue, SubsidyDue
from marketing.operations import issuing, offers, redeeming, rewarding, subsidies


@handles(LoanPaidOut, name="marketing.note_payout")
def note_payout(event: LoanPaidOut, _context: EventContext) -> None:
    """Remember the loan of a coupon in use."""
    subsidies.note_payout(loan_id=event.loan_id)


@handles(RepaymentPosted, name="marketing.ask_subsidy", batch=500)
def ask_subsidy(batch: list[RepaymentPosted], context: EventContext) -> None:
    """Have loans with a coupon looked at, of many repaid by one question."""
    subsidies.ask_for_repaid(loan_ids=[event.loan_id for event in batch], now=context.now)


@handles(SubsidyDue, name="marketing.pay_due")
def pay_due(event: SubsidyDue, context: EventContext) -> None:
    """Pay back the discounted part of interest: paid on its due date, or paid ahead or in part once that has passed."""
    subsidies.pay_subsidies(loan_id=event.loan_id, now=context.now, business_date=context.business_date)


@handles(LoanSettled, name="marketing.settle_coupon")
def settle_coupon(event: LoanSettled, context: EventContext) -> None:
    """Pay what the loan has earned and give back the rest of what was set aside for it."""
    subsidies.pay_subsidies(loan_id=event.loan_id, now=context.now, business_date=context.business_date)


@handles(ApplicationWithdrawn, name="marketing.release_withdrawn")
def release_withdrawn(event: ApplicationWithdrawn, context: EventContext) -> None:
    """Give back the coupon of an application that its borrower withdrew."""
    redeeming.release_coupon(application_id=event.application_id, now=context.now, business_date=context.business_date)


@handles(ListingEnded, name="marketing.release_ended")
def release_ended(event: ListingEnded, context: EventContext) -> None:
    """Give back the coupon where a listing failed or the loan was cancelled before its payout."""
    application_id = Listing.objects.values_list("application_id", flat=True).get(pk=event.listing_id)
    redeeming.release_coupon(application_id=application_id, now=context.now, business_date=context.business_date)


@handles(IssueAsked, name="marketing.carry_out_issue")
def carry_out_issue(event: IssueAsked, context: EventContext) -> None:
    """Hand coupons out to a segment."""
    issuing.carry_out_issue(issue_id=event.issue_id, now=context.now, business_date=context.business_date)


@handles(CustomerIdentified, name="marketing.greet_identified")
def greet_identified(event: CustomerIdentified, context: EventContext) -> None:
    """Give a newcomer the coupon of an activation offer."""
    rewarding.reward_customer(
        customer_id=event.customer_id, occasion="IDENTITY", now=context.now, business_date=context.business_date
    )


@handles(RewardsDue, name="marketing.reward_waiting")
def reward_waiting(event: RewardsDue, context: EventContext) -> None:
    """Reward those who have come to an offer's occasion."""
    rewarding.reward_waiting(
        offer_id=event.offer_id, now=context.now, business_date=context.business_date, after=event.after
    )


@handles(CouponsIssued, name="marketing.tell_holders")
def tell_holders(event: CouponsIssued, context: EventContext) -> None:
    """Tell customers of their coupons."""
    issuing.tell_holders(offer_id=event.offer_id, first_id=event.first_id, last_id=event.last_id, now=context.now)


@handles(OfferEnded, name="marketing.call_in")
def call_in(event: OfferEnded, context: EventContext) -> None:
    """Call in what nobody uses of an offer that has ended."""
    offers.call_in_coupons(offer_id=event.offer_id, now=context.now)
