"""Lending's tabs of the customer page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.rules.charts import Chart, Series, Shape, Tone
from core.rules.formats import money_text
from customers.queries.staff import access_customer
from ledger.models import TransferType
from ledger.queries import balance_of_customer, list_statement
from ledger.queries.cash import MonthFlow, list_cash_flow
from ledger.rules.accounts import available_account, frozen_account
from lending.queries.staff import (
    customer_applications,
    customer_bids,
    customer_loans,
    customer_shares,
    listings_in_scope,
    loans_in_scope,
)
from lending.web.views.loans import describe_state
from staff import rights
from staff.pages import StaffPage


class CustomerLoans(StaffPage):
    """What a customer borrows."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment of the tab."""
        customer = access_customer(self.access, public_id, self.right)
        context = {
            "loans": [(loan, *describe_state(loan)) for loan in customer_loans(customer.pk)[:100]],
            "applications": customer_applications(customer.pk)[:100]
            if self.access.has(rights.VIEW_APPLICATIONS)
            else [],
        }
        return render(request, "lending/customer_loans.html", context)


class CustomerShares(StaffPage):
    """What a customer lends."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment of the tab."""
        customer = access_customer(self.access, public_id, self.right)
        shares = [
            (share, share.principal - share.principal_received, *describe_state(share.loan))
            for share in customer_shares(customer.pk)[:100]
        ]
        bids = list(customer_bids(customer.pk)[:100])
        # Whom he lent to is often the customer of somebody else, whose pages answer as if they were not there.
        loans = loans_in_scope(self.access).filter(pk__in=[share.loan_id for share, *_rest in shares])
        listings = listings_in_scope(self.access).filter(pk__in=[bid.listing_id for bid in bids])
        context = {
            "shares": shares,
            "bids": bids,
            "open_loans": set(loans.values_list("pk", flat=True)),
            "open_listings": set(listings.values_list("pk", flat=True)),
        }
        return render(request, "lending/customer_shares.html", context)


class CustomerMoney(StaffPage):
    """What a customer has at the custodian and how it came."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment of the tab."""
        customer = access_customer(self.access, public_id, self.right)
        flow = list_cash_flow(available_account(customer.pk), frozen_account(customer.pk), clock.business_date())
        lines = [
            (line, TransferType(line.type).label) for line in list_statement(available_account(customer.pk), size=50)
        ]
        context = {"balance": balance_of_customer(customer.pk), "lines": lines, "chart": _draw(flow)}
        return render(request, "lending/customer_money.html", context)


def _draw(flow: list[MonthFlow]) -> Chart:
    came, went = sum(row.came for row in flow), sum(row.went for row in flow)
    return Chart(
        title=_("Cash flow"),
        x=[row.month for row in flow],
        series=[
            Series(_("Received"), [row.came for row in flow], Shape.BAR, Tone.GOOD, stack="flow"),
            Series(_("Paid"), [row.went for row in flow], Shape.BAR, Tone.PLAIN, stack="flow"),
        ],
        sentence=_("%(came)s came in and %(went)s went out in twelve months.")
        % {"came": money_text(came), "went": money_text(abs(went))},  # type: ignore[arg-type]
        definition=_("Movements of the customer's accounts at the custodian by business date; setting aside is none."),
    )
