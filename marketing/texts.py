"""The words of coupons on the timeline, in refusals and in counts: codes in the rows, the reader's language on the page."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.errors import Text
from customers.texts import register_text
from marketing import rules

_REASONS: Final[dict[str, Text]] = {
    rules.NOT_HIS_STATE: _("It has been used or called in."),
    rules.EXPIRED: _("It has expired."),
    rules.OFFER_NOT_OPEN: _("The campaign is not running."),
    rules.NO_OPEN_OFFER: _("There is no approved offer that waits for your acceptance."),
    rules.HAS_COUPON: _("The application has a coupon already."),
    rules.WRONG_PRODUCT: _("It is not meant for this product."),
    rules.NOT_FIRST_DEAL: _("It is meant for the first loan."),
    rules.NOTHING_TO_SAVE: _("It would save nothing."),
    rules.BUDGET_USED_UP: _("The campaign's budget is used up."),
}
# What came of each member of a segment.
_OUTCOMES: Final[dict[str, Text]] = {
    "issued": _("got a coupon"),
    "not_identified": _("not identified, frozen or closed"),
    "merged": _("record merged into another one"),
    "barred": _("no marketing for the time being"),
    "has_enough": _("has had as many as one may have"),
    "no_member": _("not in the offer's segment"),
    "not_running": _("left out, because the offer no longer ran or its budget was used up"),
}


def name_reason(code: str) -> Text:
    """Return why a coupon cannot be used, as a sentence."""
    return _REASONS.get(code, code)


def name_outcome(code: str) -> Text:
    """Return what came of members when coupons were handed out."""
    return _OUTCOMES.get(code, code)


def name_reward(occasion: Text, *, is_thanks: bool) -> Text:
    """Return how a customer was rewarded at an occasion."""
    template = _("%(occasion)s: thanked, does not borrow") if is_thanks else _("%(occasion)s: coupon")
    return template % {"occasion": occasion}


def register_texts() -> None:
    """Register the sentences of the timeline."""
    register_text("marketing.coupon_issued", _("Got the coupon “%(name)s”, usable until %(until)s"))
    register_text(
        "marketing.coupon_redeemed", _("Uses the coupon “%(name)s” for application %(number)s, at most ¥%(most)s")
    )
    register_text("marketing.coupon_given_back", _("The coupon “%(name)s” can be used again"))
    register_text("marketing.coupon_ended", _("The coupon “%(name)s” has ended, ¥%(spent)s paid"))
    register_text(
        "marketing.thanked", _("Thanked by “%(name)s” without a coupon, because the customer does not borrow")
    )
    register_text("marketing.subsidy_paid", _("Interest subsidy for loan %(number)s by the coupon “%(name)s”"))
