"""Addresses below `/api/v1/`."""

from django.urls import path

from risk.api import views

urlpatterns = [path("staff/alerts/", views.StaffAlertsView.as_view())]
