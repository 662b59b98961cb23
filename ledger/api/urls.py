"""Addresses below `/api/v1/`."""

from django.urls import path

import core.api.paths  # noqa: F401 - registers the converters
from ledger.api import views

urlpatterns = [
    path("me/account/entries/", views.StatementView.as_view()),
    path("me/deposits/", views.DepositsView.as_view()),
    path("me/deposits/<public_id:public_id>/", views.DepositView.as_view()),
    path("me/withdrawals/", views.WithdrawalsView.as_view()),
    path("me/withdrawals/<public_id:public_id>/", views.WithdrawalView.as_view()),
]
