"""Addresses below `/api/v1/`."""

from django.urls import path

import core.api.paths  # noqa: F401 - registers the converters
from segmentation.api import views

urlpatterns = [
    path("staff/segments/", views.SegmentsView.as_view()),
    path("staff/segments/preview/", views.PreviewView.as_view()),
    path("staff/segments/<public_id:public_id>/", views.SegmentView.as_view()),
    path("staff/segments/<public_id:public_id>/members/", views.MembersView.as_view()),
]
