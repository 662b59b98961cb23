"""Addresses of lending's pages."""

from django.urls import path

from lending.web.views import contracts, customer, listings, loans

app_name = "lending"

urlpatterns = [
    path("listings/", listings.ListingListPage.as_view(), name="listings"),
    path("listings/<str:public_id>/", listings.ListingPage.as_view(), name="listing"),
    path("loans/", loans.LoanListPage.as_view(), name="loans"),
    path("loans/<str:public_id>/", loans.LoanPage.as_view(), name="loan"),
    path("loans/<str:public_id>/instalments/<int:n>/", loans.InstalmentSplit.as_view(), name="instalment"),
    path("loans/<str:public_id>/contract/", contracts.ContractPage.as_view(), name="contract"),
    path("loans/<str:public_id>/contract/file/", contracts.ContractFile.as_view(), name="contract-file"),
    path("customers/<str:public_id>/loans/", customer.CustomerLoans.as_view(), name="customer-loans"),
    path("customers/<str:public_id>/investments/", customer.CustomerShares.as_view(), name="customer-shares"),
    path("customers/<str:public_id>/money/", customer.CustomerMoney.as_view(), name="customer-money"),
]
