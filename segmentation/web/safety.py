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

    # It shows balances and what is lent, as the tabs about money do.
    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the sheet."""
        customer = access_customer(self.access, public_id, self.right)
        context = {"customer": customer, "found": read_safety(customer.pk), "today": clock.business_date()}
        return render(request, "segmentation/safety.html", context)
