"""The coupons of one customer on his page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from customers.queries.staff import access_customer
from marketing.operations import issuing
from marketing.queries import offers as reads
from marketing.texts import name_reward
from marketing.web.words import STATE_TONES
from staff import rights
from staff.pages import StaffPage, carry_out

_SHOWN = 50


class CustomerCoupons(StaffPage):
    """What a customer has, used and saved."""

    right = rights.VIEW_COUPONS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment of the tab."""
        customer = access_customer(self.access, public_id, self.right)
        rows = reads.list_own_coupons(customer.pk).select_related("offer", "loan", "application").order_by("-id")
        may_give = self.access.has(rights.GIVE_COUPONS)
        context = {
            "customer": customer,
            "rows": [(coupon, STATE_TONES[coupon.state]) for coupon in rows[:_SHOWN]],
            "rewards": [
                (row, name_reward(row.get_occasion_display(), is_thanks=row.coupon_id is None))
                for row in reads.list_rewards(customer.pk)
            ],
            "offers": list(reads.list_running(clock.business_date())) if may_give else [],
        }
        return render(request, "marketing/customer.html", context)


class GiveCoupon(StaffPage):
    """Give a customer a coupon."""

    right = rights.GIVE_COUPONS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Give it and go back."""
        customer = access_customer(self.access, public_id, self.right)
        offer = reads.get_offer(request.POST.get("offer", ""))
        back = f"{reverse('customers:page', args=[public_id])}?tab=coupons"
        return carry_out(
            request,
            back,
            lambda: issuing.give_coupon(
                offer_id=offer.pk,
                customer_id=customer.pk,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                business_date=clock.business_date(),
            ),
            _("The customer has the coupon."),
        )
