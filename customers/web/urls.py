"""Addresses of the customer pages."""

from django.urls import path, re_path

from customers.web import urls_desk, urls_ownership, urls_quality, urls_work
from customers.web.views import acts, facts, listing, record, relations

app_name = "customers"

urlpatterns = [
    path("customers/", listing.CustomerListPage.as_view(), name="list"),
    *urls_quality.urlpatterns,
    *urls_desk.urlpatterns,
    *urls_work.urlpatterns,
    *urls_ownership.urlpatterns,
    path("customers/<str:public_id>/", record.CustomerPage.as_view(), name="page"),
    path("customers/<str:public_id>/timeline/", record.CustomerTimeline.as_view(), name="timeline"),
    path("customers/<str:public_id>/changes/", facts.ChangesPanel.as_view(), name="changes"),
    path("customers/<str:public_id>/profile/", facts.ProfilePanel.as_view(), name="profile"),
    path("customers/<str:public_id>/profile/<str:field>/", facts.FactField.as_view(), name="fact"),
    path("customers/<str:public_id>/profile/<str:field>/settle/", facts.SettleFact.as_view(), name="settle-fact"),
    path("customers/<str:public_id>/relations/", relations.RelationsPanel.as_view(), name="relations"),
    path(
        "customers/<str:public_id>/relations/<str:relation>/end/", relations.EndRelation.as_view(), name="end-relation"
    ),
    path("customers/<str:public_id>/household/", relations.HouseholdAct.as_view(), name="household"),
    path("customers/<str:public_id>/documents/", relations.DocumentsPanel.as_view(), name="documents"),
    path("customers/<str:public_id>/documents/<str:document>/", relations.OpenDocument.as_view(), name="document"),
    path(
        "customers/<str:public_id>/documents/<str:document>/remove/",
        relations.RemoveDocument.as_view(),
        name="remove-document",
    ),
    path("customers/<str:public_id>/contact/", acts.RecordContact.as_view(), name="contact"),
    path("customers/<str:public_id>/reminder/", acts.SetReminder.as_view(), name="reminder"),
    path("customers/<str:public_id>/reveal/<slug:field>/", acts.Reveal.as_view(), name="reveal"),
    path("undo/<str:public_id>/", acts.Undo.as_view(), name="undo"),
    re_path(r"^work/(?P<public_id>[\w-]+)/(?P<act>done|snooze|undo)/$", acts.WorkAct.as_view(), name="work-act"),
]
