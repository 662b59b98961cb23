"""Arranging one's first page of the day."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.rules.ordering import arrange, move
from customers.operations.today import arrange_today, reset_today, switch_digest
from customers.queries.today import PARTS
from staff import rights
from staff.pages import StaffPage


class ArrangeToday(StaffPage):
    """Which parts Today has, in which order, and whether its summary comes by mail."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the choice; `move` asks for one step where no script moves the lines."""
        user, given = request.user, request.POST
        if given.get("usual"):
            reset_today(user=user)  # type: ignore[arg-type]
        else:
            order = move(arrange(PARTS, given.getlist("order")), given.get("move", ""))
            arrange_today(user=user, order=order, shown=given.getlist("shown"))  # type: ignore[arg-type]
        if self.access.has(rights.CLAIM_CUSTOMERS):
            switch_digest(user=user, is_on=bool(given.get("digest")))  # type: ignore[arg-type]
        messages.success(request, _("Arranged."))
        return redirect("analytics:today")
