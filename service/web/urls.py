"""Addresses of the collection pages."""

from django.urls import path

from service.web import views

app_name = "service"

urlpatterns = [
    path("collections/", views.CaseListPage.as_view(), name="cases"),
    path("collections/<str:public_id>/", views.CasePage.as_view(), name="case"),
    path("collections/<str:public_id>/contact/", views.RecordCollectionContact.as_view(), name="contact"),
    path("collections/<str:public_id>/promise/", views.TakePromise.as_view(), name="promise"),
    path("loans/<str:public_id>/collections/", views.LoanCases.as_view(), name="loan"),
]
