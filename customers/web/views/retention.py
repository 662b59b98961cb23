"""What the next close erases because its retention has ended, and the holds that keep data."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from customers.fields import GROUPS
from customers.operations import retention
from customers.queries.retention import foresee_erasures, list_holds, list_months
from customers.queries.staff import access_customer
from customers.texts import name_code
from staff import rights
from staff.pages import StaffPage, carry_out


class RetentionPage(StaffPage):
    """The dry run and the holds."""

    right = rights.IMPORT_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what would go tonight; nothing is written."""
        on = clock.business_date()
        months = list_months(on)
        context = {
            "rows": [
                (customer, row, [name_code("field_group", group) for group in row.groups])
                for customer, row in foresee_erasures(self.access, on)
            ],
            "holds": list_holds(self.access),
            "months": [(name_code("field_group", group), months.get(group)) for group in [*GROUPS, "documents"]],
        }
        return render(request, "customers/quality/retention.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Place or lift a hold on a customer within reach."""
        customer = access_customer(self.access, request.POST.get("customer", ""))
        here = reverse("customers:retention")
        if request.POST.get("act") == "lift":
            return carry_out(
                request,
                here,
                lambda: retention.lift_hold(customer_id=customer.pk, actor=request.user, now=clock.now()),  # type: ignore[arg-type]
                _("The hold is lifted."),
            )
        return carry_out(
            request,
            here,
            lambda: retention.place_hold(
                customer_id=customer.pk,
                reason=request.POST.get("reason", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("The data is kept until the hold is lifted."),
        )
