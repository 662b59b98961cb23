"""Products change by two people; applications, listings, loans and contracts are there to read."""

from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from core import clock
from core.rules.formats import rate_text
from lending.models import (
    Application,
    Bid,
    Contract,
    ContractSignature,
    Instalment,
    LenderShare,
    Listing,
    Loan,
    Product,
    ProductFee,
    Repayment,
)
from lending.operations.contracts import draw_contract_again
from lending.operations.payout import retry_payout
from lending.operations.products import CHANGEABLE
from staff import rights
from staff.admin_access import ChangedByTwo, ReadableByStaff, ReasonForm, actor_of, attempt, holds


class _Readable(ReadableByStaff, ModelAdmin):
    """A list and a page to look at."""

    ordering = ("-id",)


class _Lines(ReadableByStaff, TabularInline):
    """Rows below a record."""

    extra = 0


class FeeLines(_Lines):
    """The fees of a product."""

    model = ProductFee
    fields = ("code", "name", "payee", "when", "basis", "rate", "amount")


class ProductForm(ReasonForm):
    """A product, its lists written with commas."""

    class Meta:
        model = Product
        fields = CHANGEABLE


@admin.register(Product)
class ProductAdmin(ChangedByTwo, ModelAdmin):
    """Products; running loans keep the terms they were signed with."""

    form = ProductForm
    changeable = CHANGEABLE
    list_display = ("code", "name", "state", "amount_min", "amount_max", "rates", "raising_workdays")
    list_filter = ("state",)
    search_fields = ("code", "name")
    inlines = (FeeLines,)

    @admin.display(description=_("annual rate by grade"))
    def rates(self, product: Product) -> str:
        """Return `A 7.40% · B 8.20%`."""
        return " · ".join(f"{grade} {rate_text(Decimal(rate))}" for grade, rate in product.rate_by_grade.items())

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Write the rates by grade as JSON, lists in one line."""
        if db_field.name == "periods_allowed":
            kwargs["widget"] = UnfoldAdminTextInputWidget
        if db_field.name == "rate_by_grade":
            widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"})
            return forms.JSONField(label=db_field.verbose_name, widget=widget)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Application)
class ApplicationAdmin(_Readable):
    """Applications and what was decided."""

    list_display = ("number", "product", "amount", "periods", "state", "outcome", "grade", "submitted_at")
    list_filter = ("state", "outcome", "grade", "product")
    search_fields = ("=number", "=customer__number")
    list_select_related = ("product",)
    exclude = ("customer", "project_hash", "purpose_text")


class BidLines(_Lines):
    """The bids of a listing."""

    model = Bid
    fields = ("amount", "state", "placed_at", "ended_at")


@admin.register(Listing)
class ListingAdmin(_Readable):
    """Listings with their bids."""

    list_display = ("number", "product", "amount", "funded", "bid_count", "grade", "state", "deadline_date")
    list_filter = ("state", "grade", "product")
    search_fields = ("=number",)
    list_select_related = ("product",)
    exclude = ("borrower",)
    inlines = (BidLines,)


class InstalmentLines(_Lines):
    """The schedule of a loan."""

    model = Instalment
    fields = ("n", "due_date", "principal", "interest", "fee", "penalty", "balance_after", "paid_at")
    ordering = ("n",)


class ShareLines(_Lines):
    """The lenders' parts, without their names."""

    model = LenderShare
    fields = ("principal", "principal_received")


@admin.register(Loan)
class LoanAdmin(_Readable):
    """Loans with schedule and shares; a payout that the custodian refused is asked for again here."""

    list_display = ("number", "product", "principal", "annual_rate", "periods", "state", "start_date", "maturity_date")
    list_filter = ("state", "product")
    search_fields = ("=number", "=borrower__number")
    list_select_related = ("product",)
    exclude = ("borrower",)
    inlines = (InstalmentLines, ShareLines)
    actions = ("pay_out_again", "draw_contract_again")

    def has_work_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Those who configure also repair."""
        return holds(request, rights.CONFIGURE)

    @admin.action(description=_("Pay out again"), permissions=["work"])
    def pay_out_again(self, request: HttpRequest, chosen: QuerySet[Loan]) -> None:
        """Ask the custodian again for the payout of the chosen loans."""
        for loan in chosen.order_by("pk"):
            said = _("The payout of %(number)s is asked for again.") % {"number": loan.number}
            attempt(request, partial(retry_payout, loan_id=loan.pk, actor=actor_of(request), now=clock.now()), said)

    @admin.action(description=_("Draw the contract again"), permissions=["work"])
    def draw_contract_again(self, request: HttpRequest, chosen: QuerySet[Loan]) -> None:
        """Draw the contracts of the chosen loans that could not be printed."""
        for loan in chosen.order_by("pk"):
            said = _("The contract of %(number)s is drawn.") % {"number": loan.number}
            draw = partial(draw_contract_again, loan_id=loan.pk, actor=actor_of(request), now=clock.now())
            attempt(request, draw, said)


class SignatureLines(_Lines):
    """Who signed with which certificate."""

    model = ContractSignature
    fields = ("party", "intent_at", "certificate_serial", "signed_at")


@admin.register(Contract)
class ContractAdmin(_Readable):
    """Contracts with their hashes and signatures; the paper itself stands on the loan's page."""

    list_display = ("number", "loan", "state", "template_version", "made_at", "signed_at")
    list_filter = ("state", "template_version")
    search_fields = ("=number", "=loan__number")
    list_select_related = ("loan",)
    exclude = ("pdf", "signed_pdf")
    inlines = (SignatureLines,)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the files where they are."""
        return super().get_queryset(request).defer("pdf", "signed_pdf")


@admin.register(Repayment)
class RepaymentAdmin(_Readable):
    """Payments of borrowers."""

    list_display = ("id", "loan", "kind", "amount", "principal", "interest", "penalty", "fee", "business_date")
    list_filter = ("kind", "business_date")
    search_fields = ("=loan__number",)
    list_select_related = ("loan",)
