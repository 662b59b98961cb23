"""Addresses below `/api/v1/`."""

from django.urls import path

import core.api.paths  # noqa: F401 - registers the converters
from risk.api import decisions, models, views

urlpatterns = [
    path("me/applications/<public_id:public_id>/decision/", decisions.DecisionView.as_view()),
    path("me/applications/<public_id:public_id>/human-review/", decisions.HumanReviewView.as_view()),
    path("staff/alerts/", views.StaffAlertsView.as_view()),
    path("staff/models/", models.StaffChampionsView.as_view()),
    path("staff/challengers/", models.StaffChallengersView.as_view()),
]
