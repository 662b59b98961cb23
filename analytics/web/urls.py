"""Addresses of Today, the dashboard and the command palette."""

from django.urls import path

from analytics.web import dashboard, palette, today

app_name = "analytics"

urlpatterns = [
    path("", today.TodayPage.as_view(), name="today"),
    path("today/charts/", today.TodayCharts.as_view(), name="today-charts"),
    path("palette/", palette.Palette.as_view(), name="palette"),
    path("analytics/", dashboard.DashboardPage.as_view(), name="dashboard"),
]
