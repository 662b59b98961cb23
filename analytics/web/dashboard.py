"""The dashboard."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from staff import rights
from staff.pages import StaffPage


class DashboardPage(StaffPage):
    """The book in figures and charts."""

    right = rights.VIEW_ANALYTICS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        return render(request, "analytics/dashboard.html", {})
