"""Addresses below `/api/v1/`."""

from django.urls import path

from risk.api import models, views

urlpatterns = [
    path("staff/alerts/", views.StaffAlertsView.as_view()),
    path("staff/models/", models.StaffChampionsView.as_view()),
    path("staff/challengers/", models.StaffChallengersView.as_view()),
]
