"""The facts sheet for who cares for safety: guarantee, collateral, custody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import clock
from customers.queries.staff import access_customer
from segmentation.queries.safety import read_safety
from staff import rights
from staff.pages import StaffPage


class SafetySheet(StaffPage):
    """What protects one customer's money, to be talked through with him; it promises nothing."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the sheet."""
        customer = access_customer(self.access, public_id)
        context = {"customer": customer, "found": read_safety(customer.pk), "today": clock.business_date()}
        return render(request, "segmentation/safety.html", context)
