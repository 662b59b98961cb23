"""Addresses of the pages about collections and cases between departments."""

from django.urls import path, re_path

from service.web import department_cases, views

app_name = "service"

urlpatterns = [
    path("collections/", views.CaseListPage.as_view(), name="cases"),
    path("collections/<str:public_id>/", views.CasePage.as_view(), name="case"),
    path("collections/<str:public_id>/contact/", views.RecordCollectionContact.as_view(), name="contact"),
    path("collections/<str:public_id>/promise/", views.TakePromise.as_view(), name="promise"),
    path("cases/", department_cases.DepartmentCaseListPage.as_view(), name="department-cases"),
    path("cases/new/", department_cases.OpenDepartmentCase.as_view(), name="department-case-new"),
    path("cases/<str:public_id>/", department_cases.DepartmentCasePage.as_view(), name="department-case"),
    re_path(
        r"^cases/(?P<public_id>[\w-]+)/(?P<act>take|pass|answer|close)/$",
        department_cases.DepartmentCaseAct.as_view(),
        name="department-case-act",
    ),
    path("cases/<str:public_id>/papers/", department_cases.AddPaper.as_view(), name="department-case-papers"),
    path("customers/<str:public_id>/cases/", department_cases.CustomerCases.as_view(), name="customer-cases"),
    path("loans/<str:public_id>/collections/", views.LoanCases.as_view(), name="loan"),
]
