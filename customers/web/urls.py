"""Addresses of the customer pages."""

from django.urls import path, re_path

from customers.web.views import acts, listing, record

app_name = "customers"

urlpatterns = [
    path("customers/", listing.CustomerListPage.as_view(), name="list"),
    path("customers/export/", listing.CustomerExport.as_view(), name="export"),
    path("customers/<str:public_id>/", record.CustomerPage.as_view(), name="page"),
    path("customers/<str:public_id>/timeline/", record.CustomerTimeline.as_view(), name="timeline"),
    path("customers/<str:public_id>/changes/", record.CustomerChanges.as_view(), name="changes"),
    path("customers/<str:public_id>/contact/", acts.RecordContact.as_view(), name="contact"),
    path("customers/<str:public_id>/reminder/", acts.SetReminder.as_view(), name="reminder"),
    path("customers/<str:public_id>/reveal/<slug:field>/", acts.Reveal.as_view(), name="reveal"),
    path("undo/<str:public_id>/", acts.Undo.as_view(), name="undo"),
    re_path(r"^work/(?P<public_id>[\w-]+)/(?P<act>done|snooze|undo)/$", acts.WorkAct.as_view(), name="work-act"),
]
