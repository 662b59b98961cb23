"""The tour of the first day, and telling operations what does not work."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core import clock
from customers.operations.desk import set_setting
from customers.operations.reports import report_problem
from customers.web.frame_desk import TOUR
from customers.web.views.acts import safe_referer
from staff.pages import StaffPage, carry_out


class TakeTour(StaffPage):
    """Remember that somebody has been shown around, or let him be shown around once more."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep it and go to the first page."""
        again = bool(request.POST.get("again"))
        value: dict[str, str] = {} if again else {"taken": f"{clock.now():%Y-%m-%d}"}
        set_setting(user=request.user, key=TOUR, value=value)  # type: ignore[arg-type]
        return redirect("/")


class ReportProblem(StaffPage):
    """Put a problem on the list of operations."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Raise it and stay on the page."""
        back = safe_referer(request)

        def report() -> None:
            report_problem(
                text=request.POST.get("text", ""),
                page=urlsplit(back).path,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )

        return carry_out(request, back, report, _("Thank you. Operations have it on their list."))
