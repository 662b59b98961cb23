"""Addresses below `/api/v1/`."""

from django.urls import path

import core.api.paths  # noqa: F401 - registers the converters
from marketing.api import borrowing, staff

urlpatterns = [
    path("me/coupons/", borrowing.CouponsView.as_view()),
    path("me/applications/<public_id:public_id>/coupons/", borrowing.ApplicationCouponsView.as_view()),
    path("staff/coupon-offers/", staff.StaffOffersView.as_view()),
    path("staff/coupon-offers/<public_id:public_id>/", staff.StaffOfferView.as_view()),
    path("staff/coupon-offers/<public_id:public_id>/issues/", staff.StaffIssuesView.as_view()),
    path("staff/customers/<public_id:public_id>/coupons/", staff.StaffCustomerCouponsView.as_view()),
]
