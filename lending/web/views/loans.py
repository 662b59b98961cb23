"""Loans: the list, the page, the split of one instalment."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotFound
from core.registries import loan_panels
from core.web.listing import take_page
from customers.queries.reach import find_in_scope
from lending.models import Contract, Loan, Repayment
from lending.models.product import DayCount, Method
from lending.queries import own
from lending.queries.staff import (
    access_loan,
    list_payment_splits,
    list_shares,
    loans_in_scope,
    narrow_loans,
    plan_instalment,
    sum_accruals,
)
from lending.web.forms import LoanFilter
from staff import rights
from staff.pages import StaffPage
from staff.queries import Access

_SORTS = {
    "balance": "balance",
    "overdue": "overdue",
    "late": "days_late",
    "principal": "principal",
    "rate": "annual_rate",
}
TONES = {"ACTIVE": "good", "SETTLED": "plain", "CANCELLED": "plain"}


class LoanListPage(StaffPage):
    """Loans in the reader's scope."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = LoanFilter(request.GET)
        form.is_valid()
        page = take_page(narrow_loans(loans_in_scope(self.access), form.cleaned_data), request.GET, sorts=_SORTS)
        rows = [(loan, *describe_state(loan)) for loan in page.rows]
        return render(request, "lending/loans.html", {"form": form, "page": page, "rows": rows})


class LoanPage(StaffPage):
    """One loan: what was agreed, what was paid, who lent."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        loan = access_loan(self.access, public_id)
        charged, cut, accruals = sum_accruals(loan.pk)
        shares = list(list_shares(loan.pk))
        contract = Contract.objects.defer("pdf", "signed_pdf").filter(loan=loan).first()
        word, tone = describe_state(loan)
        context = {
            "loan": loan,
            "standing": getattr(loan, "standing", None),
            "state_word": word,
            "state_tone": tone,
            "steps": list_steps(loan, contract),
            "schedule": _mark(own.list_schedule(loan.pk), clock.business_date()),
            "repayments": _name_kinds(own.list_repayments(loan.pk).order_by("-id")[:50]),
            "method_word": Method(loan.method).label,
            "day_count_word": DayCount(loan.day_count).label,
            "shares": shares,
            "open_ids": find_in_scope(self.access, [share.investor_id for share in shares]),
            "contract": contract,
            "charged": charged,
            "cut": cut,
            "accruals": accruals,
            "panels": _list_panels(self.access, loan),
        }
        return render(request, "lending/loan.html", context)


class InstalmentSplit(StaffPage):
    """How one instalment is split among the lenders, to the fen."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str, n: int) -> HttpResponse:
        """Answer the fragment of a hover card."""
        loan = access_loan(self.access, public_id)
        if n not in range(1, loan.periods + 1):
            raise NotFound
        context = {
            "n": n,
            "payments": list_payment_splits(loan.pk, n),
            "plan": plan_instalment(loan.pk, n) if loan.state == Loan.State.ACTIVE else [],
            "open_ids": find_in_scope(self.access, [share.investor_id for share in list_shares(loan.pk)]),
        }
        return render(request, "lending/split.html", context)


def describe_state(loan: Loan) -> tuple[str, str]:
    """Return a loan's state in words and its tone; arrears come first."""
    standing = getattr(loan, "standing", None)
    if loan.state == Loan.State.ACTIVE and standing is not None and standing.dpd > 0:
        return _("overdue %(n)s days") % {"n": standing.dpd}, "late"
    return str(Loan.State(loan.state).label), TONES.get(loan.state, "info")


def list_steps(loan: Loan, contract: Contract | None) -> list[dict[str, Any]]:
    """Return a loan's way from the application to the last fen."""
    application, listing = loan.listing.application, loan.listing
    dates = [
        (_("Applied"), application.submitted_at.date()),
        (_("Approved"), application.decided_at and application.decided_at.date()),
        (_("Raised"), listing.ended_at and listing.ended_at.date()),
        (_("Signed"), contract and contract.signed_at and contract.signed_at.date()),
        (_("Paid out"), loan.start_date),
    ]
    order = [Loan.State.CONTRACTING, Loan.State.SIGNING, Loan.State.PAYING_OUT]
    steps: list[dict[str, Any]] = [{"label": label, "state": "done", "date": when} for label, when in dates]
    if loan.state == Loan.State.CANCELLED:
        return [*steps[:3], {"label": _("Cancelled"), "state": "stopped"}]
    if loan.state in order:
        reached = 4 if loan.state == Loan.State.PAYING_OUT else 3
        for place, step in enumerate(steps):
            step["state"] = "done" if place < reached else "now" if place == reached else "todo"
        return [*steps, {"label": _("Repaying"), "state": "todo"}, {"label": _("Settled"), "state": "todo"}]
    if loan.state == Loan.State.SETTLED:
        note = _("early") if loan.settled_early else ""
        settled = {"label": _("Settled"), "state": "done", "date": loan.settled_at and loan.settled_at.date()}
        return [*steps, {"label": _("Repaid"), "state": "done"}, {**settled, "note": note}]
    is_late = loan.standing.dpd > 0
    return [
        *steps,
        {"label": _("Repaying"), "state": "late" if is_late else "now", "date": loan.standing.next_due_date},
        {"label": _("Settled"), "state": "todo", "date": loan.maturity_date},
    ]


def _mark(rows: list[dict[str, Any]], today: date) -> list[dict[str, Any]]:
    """Say of each instalment how it stands: paid, overdue, due soon, to come."""
    for row in rows:
        row["payment"] = row["principal"] + row["interest"] + row["fee"]
        row["paid"] = row["principal_paid"] + row["interest_paid"] + row["fee_paid"] + row["penalty_paid"]
        if row["paid_at"]:
            row["word"], row["tone"] = _("paid"), "good"
        elif row["due_date"] < today:
            row["word"], row["tone"] = _("overdue"), "late"
        elif row["due_date"] == today:
            row["word"], row["tone"] = _("due today"), "warn"
        else:
            row["word"], row["tone"] = _("to come"), "plain"
    return rows


def _name_kinds(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "word": Repayment.Kind(row["kind"]).label} for row in rows]


def _list_panels(access: Access, loan: Loan) -> list[str]:
    urls = []
    for _key, panel in sorted(loan_panels.items(), key=lambda pair: pair[1].order):
        if panel.right and not access.has(panel.right):
            continue
        try:
            urls.append(reverse(panel.url_name, args=[loan.public_id]))
        except NoReverseMatch:
            continue
    return urls
