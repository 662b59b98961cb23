"""Addresses of the pages about coupons."""

from django.urls import path

from marketing.web import customer, views

app_name = "marketing"

urlpatterns = [
    path("coupons/", views.OfferListPage.as_view(), name="offers"),
    path("coupons/new/", views.NewOfferPage.as_view(), name="new"),
    path("coupons/own-money/", views.OwnMoney.as_view(), name="own-money"),
    path("coupons/<str:public_id>/", views.OfferPage.as_view(), name="offer"),
    path("coupons/<str:public_id>/<slug:act>/", views.OfferAct.as_view(), name="offer-act"),
    path("customers/<str:public_id>/coupons/", customer.CustomerCoupons.as_view(), name="customer"),
    path("customers/<str:public_id>/coupons/give/", customer.GiveCoupon.as_view(), name="give"),
]
