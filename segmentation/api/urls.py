"""Addresses below `/api/v1/`."""

from django.urls import path

import core.api.paths  # noqa: F401 - registers the converters
from segmentation.api import labels, lifecycle, recommend, views

urlpatterns = [
    path("staff/labels/", labels.LabelCountsView.as_view()),
    path("staff/labels/customers/", labels.LabelHoldersView.as_view()),
    path("staff/customers/<public_id:public_id>/labels/", labels.CustomerLabelsView.as_view()),
    path("staff/segments/", views.SegmentsView.as_view()),
    path("staff/segments/preview/", views.PreviewView.as_view()),
    path("staff/segments/<public_id:public_id>/", views.SegmentView.as_view()),
    path("staff/segments/<public_id:public_id>/members/", views.MembersView.as_view()),
    path("staff/segments/<public_id:public_id>/archive/", views.ArchiveView.as_view()),
    path("staff/segments/<public_id:public_id>/restore/", views.RestoreView.as_view()),
    path("staff/segments/<public_id:public_id>/customers/<public_id:customer>/", views.ExplanationView.as_view()),
    path("staff/service-packages/", lifecycle.PackagesView.as_view()),
    path("staff/service-packages/breaches/", lifecycle.BreachesView.as_view()),
    path("staff/declines/", lifecycle.DeclinesView.as_view()),
    path("staff/playbooks/", lifecycle.PlaybooksView.as_view()),
    path("staff/segments/<public_id:public_id>/lookalikes/", recommend.LookAlikesView.as_view()),
    path("staff/segments/<public_id:public_id>/lookalikes/leads/", recommend.LookAlikeLeadsView.as_view()),
    path("staff/learnings/", recommend.LearningsView.as_view()),
    path("staff/clusters/", recommend.ClustersView.as_view()),
    path("staff/needs/", recommend.NextNeedsView.as_view()),
    path("staff/customers/<public_id:public_id>/recommendations/", recommend.CustomerRecommendationsView.as_view()),
    path("me/recommendations/", recommend.OwnRecommendationsView.as_view()),
]
