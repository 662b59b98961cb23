"""Offers changed by two people; coupons and handings out to look at."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from marketing.models import Coupon, CouponIssue, CouponOffer, Reward
from marketing.operations import offers
from staff.admin_access import ChangedByTwo, ReadableByStaff, ReasonForm


class CouponOfferForm(ReasonForm):
    """An offer with the reason why it should change."""

    class Meta:
        model = CouponOffer
        fields = offers.CHANGEABLE


@admin.register(CouponOffer)
class CouponOfferAdmin(ChangedByTwo, ModelAdmin):
    """Offers with their budgets."""

    form = CouponOfferForm
    changeable = offers.CHANGEABLE
    list_display = ("name", "state", "discount_rate", "budget", "reserved", "spent", "valid_from", "valid_until")
    list_filter = ("state",)
    search_fields = ("name",)


@admin.register(Coupon)
class CouponAdmin(ReadableByStaff, ModelAdmin):
    """Coupons with what they reserved and paid."""

    list_display = ("customer_number", "offer", "state", "issued_at", "expires_date", "reserved", "spent")
    list_filter = ("state",)
    list_select_related = ("customer", "offer")

    @admin.display(description=_("customer"))
    def customer_number(self, coupon: Coupon) -> str:
        """Return the number that pages show, never the key."""
        return coupon.customer.number


@admin.register(CouponIssue)
class CouponIssueAdmin(ReadableByStaff, ModelAdmin):
    """What came of handing coupons out to segments."""

    list_display = ("offer", "segment", "asked_at", "done_at", "counts", "asked_by")
    list_select_related = ("offer", "segment", "asked_by")


@admin.register(Reward)
class RewardAdmin(ReadableByStaff, ModelAdmin):
    """What offers gave by themselves, once a customer and occasion."""

    list_display = ("customer_number", "occasion", "offer", "coupon_state", "at")
    list_filter = ("occasion",)
    list_select_related = ("customer", "offer", "coupon")

    @admin.display(description=_("customer"))
    def customer_number(self, reward: Reward) -> str:
        """Return the number that pages show, never the key."""
        return reward.customer.number

    @admin.display(description=_("coupon"))
    def coupon_state(self, reward: Reward) -> str:
        """Return how the coupon stands; nothing where the customer was thanked alone."""
        return "–" if reward.coupon is None else reward.coupon.get_state_display()
