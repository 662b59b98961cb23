"""What happens to coupons."""

from dataclasses import dataclass

from core.events import event_type


@event_type("marketing.issue_asked")
@dataclass(frozen=True)
class IssueAsked:
    """Coupons are to be handed out to the members of a segment."""

    issue_id: int


@event_type("marketing.rewards_due")
@dataclass(frozen=True)
class RewardsDue:
    """Customers may have come to the occasion of an offer since it was last looked at, those with keys above `after`."""

    offer_id: int
    after: int = 0


@event_type("marketing.coupons_issued")
@dataclass(frozen=True)
class CouponsIssued:
    """Coupons of one offer were handed out: those with keys from the first to the last."""

    offer_id: int
    first_id: int
    last_id: int


@event_type("marketing.offer_ended")
@dataclass(frozen=True)
class OfferEnded:
    """An offer has ended; what nobody uses of it is to be called in."""

    offer_id: int


@event_type("marketing.subsidy_due")
@dataclass(frozen=True)
class SubsidyDue:
    """The due date of an instalment has passed, of a loan with a coupon in use."""

    loan_id: int
