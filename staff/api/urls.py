"""Addresses below `/api/v1/`."""

from django.urls import path

from staff.api import views

urlpatterns = [path("auth/staff-token/", views.StaffTokenView.as_view())]
