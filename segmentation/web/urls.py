"""Addresses of the pages about segments."""

from django.urls import path

from segmentation.web import views

app_name = "segmentation"

urlpatterns = [
    path("segments/", views.SegmentListPage.as_view(), name="list"),
    path("segments/new/", views.EditPage.as_view(), name="new"),
    path("segments/preview/", views.Preview.as_view(), name="preview"),
    path("segments/<str:public_id>/", views.SegmentPage.as_view(), name="segment"),
    path("segments/<str:public_id>/edit/", views.EditPage.as_view(), name="edit"),
    path("segments/<str:public_id>/overlap/", views.Overlap.as_view(), name="overlap"),
    path("segments/<str:public_id>/<slug:act>/", views.SegmentAct.as_view(), name="act"),
    path("segments/<str:public_id>/customers/<str:customer_id>/", views.ExplainPage.as_view(), name="explain"),
    path("customers/<str:public_id>/segments/", views.CustomerSegments.as_view(), name="customer"),
]
