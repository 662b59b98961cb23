"""Early warnings: whom to look at, why, and how often each rule was right."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.web.listing import take_page
from risk.models import WarningSignal
from risk.queries import warnings as reads
from risk.web.sections import list_sections
from staff import rights
from staff.pages import StaffPage


class WarningListPage(StaffPage):
    """Borrowers in the reader's scope with live warnings, or of the high tier, those with most points first."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list, and beside it the record of the rules for those who watch the house."""
        of = "high" if request.GET.get("of") == "high" else "warnings"
        rows = reads.list_high_tier(self.access) if of == "high" else reads.list_watched_customers(self.access)
        page = take_page(rows, request.GET, sorts={"points": "points"}, default="-points", is_few=True)
        signals: dict[int, list[dict[str, Any]]] = {}
        for signal in reads.list_signals([row.pk for row in page.rows]):
            signals.setdefault(signal.customer_id, []).append(show_signal(signal))
        context = {
            "page": page,
            "of": of,
            "queues": [
                {"label": label, "url": url, "is_current": key == of}
                for key, label, url in (
                    ("warnings", _("With warnings"), "?"),
                    ("high", _("High risk tier"), "?of=high"),
                )
            ],
            "rows": [
                {
                    "customer": row,
                    "url": f"{reverse('customers:page', args=[row.public_id])}?tab=risk",
                    "signals": signals.get(row.pk, []),
                }
                for row in page.rows
            ],
            "records": reads.list_records() if self.access.has(rights.MONITOR_RISK) else [],
            "sections": list_sections(self.access, "risk:warnings"),
        }
        return render(request, "risk/warnings.html", context)


def show_signal(signal: WarningSignal) -> dict[str, Any]:
    """Return a warning with its sentence."""
    return {"signal": signal, "text": reads.describe_signal(signal), "is_live": signal.ended_date is None}
