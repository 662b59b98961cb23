"""Addresses below `/api/v1/`."""

from django.urls import path

import core.api.paths  # noqa: F401 - registers the converters
from lending.api.views import borrowing, guide, investing, loans, market, quotes, staff

urlpatterns = [
    path("quotes/", quotes.QuotesView.as_view()),
    path("products/", borrowing.ProductsView.as_view()),
    path("me/guide/", guide.GuideView.as_view()),
    path("me/applications/", borrowing.ApplicationsView.as_view()),
    path("me/applications/<public_id:public_id>/", borrowing.ApplicationView.as_view()),
    path("me/applications/<public_id:public_id>/withdraw/", borrowing.WithdrawalOfApplicationView.as_view()),
    path("me/applications/<public_id:public_id>/accept/", borrowing.AcceptanceView.as_view()),
    path("me/listings/<public_id:public_id>/cancel/", borrowing.CancellationView.as_view()),
    path("listings/", market.ListingsView.as_view()),
    path("listings/<public_id:public_id>/", market.ListingView.as_view()),
    path("listings/<public_id:public_id>/bids/", market.BidView.as_view()),
    path("me/bids/", market.BidsView.as_view()),
    path("me/loans/", loans.LoansView.as_view()),
    path("me/loans/<public_id:public_id>/", loans.LoanView.as_view()),
    path("me/loans/<public_id:public_id>/contract/", loans.ContractView.as_view()),
    path("me/loans/<public_id:public_id>/contract.pdf", loans.ContractFileView.as_view()),
    path("me/loans/<public_id:public_id>/sign/", loans.SigningView.as_view()),
    path("me/loans/<public_id:public_id>/repayments/", loans.RepaymentsView.as_view()),
    path("me/loans/<public_id:public_id>/settlement/", loans.SettlementView.as_view()),
    path("me/account/", investing.AccountView.as_view()),
    path("me/investments/", investing.InvestmentsView.as_view()),
    path("me/investments/<public_id:public_id>/", investing.InvestmentView.as_view()),
    path("me/investments/<public_id:public_id>/contract.pdf", investing.InvestmentContractView.as_view()),
    path("staff/applications/", staff.StaffApplicationsView.as_view()),
    path("staff/loans/", staff.StaffLoansView.as_view()),
]
