"""The list of customers as a file."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core import clock
from customers.web.exports import answer_export
from customers.web.selection import select
from staff import rights
from staff.pages import StaffPage
from staff.queries import scope_condition


class CustomerExport(StaffPage):
    """The list of the filter as CSV: masked, within scope and the day's limit, marked on every row."""

    right = rights.EXPORT_CUSTOMERS

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Send the rows with the columns of `?columns=`."""
        rows = select(self.access, request.GET).rows.filter(scope_condition(self.access, self.right, "rm"))
        return answer_export(
            rows=rows,
            columns=request.GET.get("columns", "").split(","),
            query=request.GET,
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
        )
