"""The fairness report: approvals and prices by groups that no decision may look at."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock, parameters
from core.web.reading import read_day
from customers.models import Customer
from customers.rules.regions import find_province_name
from risk.queries.fairness import Group, list_groups
from staff import rights
from staff.pages import StaffPage

_YEAR = timedelta(days=365)


class FairnessPage(StaffPage):
    """Approvals, prices and amounts by sex, age and region."""

    right = rights.VIEW_RULES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the report of a window, a year unless asked otherwise."""
        today = clock.business_date()
        start = read_day(request.GET.get("from", "")) or today - _YEAR
        end = read_day(request.GET.get("to", "")) or today
        least = parameters.get_int("risk.small_cell", on=today)
        titles = {"sex": _("Sex"), "age": _("Age at the decision"), "region": _("Region of the identity card")}
        reports = [
            {
                "title": title,
                "groups": [
                    (_name(kind, group), group) for group in list_groups(kind, start=start, end=end, least=least)
                ],
            }
            for kind, title in titles.items()
        ]
        context = {"reports": reports, "start": start, "end": end, "least": least}
        return render(request, "risk/fairness.html", context)


def _name(kind: str, group: Group) -> str:
    if kind == "sex":
        return str(dict(Customer._meta.get_field("sex").flatchoices).get(group.name, group.name))
    return find_province_name(group.name) or group.name if kind == "region" else group.name
