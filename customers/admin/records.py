"""Customers as operations staff may read them: everything sensitive masked; who needs more uses the customer page."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from core import masking
from customers.models import BankCard, Consent, Customer, InvestorAssessment, TimelineEntry, WorkItem
from staff.admin_access import ReadableByStaff


class _Readable(ReadableByStaff, ModelAdmin):
    """A list and a page to look at."""


@admin.register(Customer)
class CustomerAdmin(_Readable):
    """Customers, masked."""

    list_display = ("number", "masked_name", "masked_phone", "status", "rm", "stage", "risk_tier", "registered_at")
    list_filter = ("status", "is_borrower", "is_investor", "stage", "risk_tier", "value_tier")
    search_fields = ("=number",)
    list_select_related = ("rm__user",)
    ordering = ("-id",)
    fields = (
        "number",
        "masked_name",
        "masked_phone",
        "masked_identity",
        "kind",
        "status",
        "is_borrower",
        "is_investor",
        "rm",
        "backup_rm",
        "source",
        "stage",
        "risk_tier",
        "value_tier",
        "investor_type",
        "registered_at",
        "identified_at",
    )
    readonly_fields = fields

    @admin.display(description=_("name"))
    def masked_name(self, customer: Customer) -> str:
        """Return the surname."""
        return masking.mask_name(customer.name)

    @admin.display(description=_("phone"))
    def masked_phone(self, customer: Customer) -> str:
        """Return the first and last digits."""
        return masking.mask_phone(customer.phone)

    @admin.display(description=_("identity number"))
    def masked_identity(self, customer: Customer) -> str:
        """Return the first and last digits."""
        return masking.mask_identity(customer.identity_number)


@admin.register(Consent)
class ConsentAdmin(_Readable):
    """Consents with their evidence."""

    list_display = ("customer_number", "purpose", "notice_version", "channel", "given_at", "withdrawn_at")
    list_filter = ("purpose", "channel")
    search_fields = ("=customer__number",)
    list_select_related = ("customer",)
    exclude = ("customer",)
    ordering = ("-id",)

    @admin.display(description=_("customer number"))
    def customer_number(self, row: Any) -> str:
        """Return the number: a name would be too much in a list."""
        return str(row.customer.number)


@admin.register(BankCard)
class BankCardAdmin(_Readable):
    """Bound cards: the last four digits only."""

    list_display = ("customer_number", "bank_name", "tail", "state", "asked_at", "bound_at")
    list_filter = ("state",)
    search_fields = ("=customer__number",)
    list_select_related = ("customer",)
    fields = ("customer_number", "bank_name", "tail", "state", "asked_at", "bound_at")
    readonly_fields = fields
    ordering = ("-id",)
    customer_number = ConsentAdmin.customer_number


@admin.register(InvestorAssessment)
class InvestorAssessmentAdmin(_Readable):
    """Outcomes of the questionnaire."""

    list_display = ("customer_number", "tier", "score", "questionnaire_version", "valid_until_date")
    list_filter = ("tier",)
    search_fields = ("=customer__number",)
    list_select_related = ("customer",)
    exclude = ("customer",)
    ordering = ("-id",)
    customer_number = ConsentAdmin.customer_number


@admin.register(TimelineEntry)
class TimelineEntryAdmin(_Readable):
    """What happened to customers."""

    list_display = ("at", "customer_number", "kind", "text_code", "amount")
    list_filter = ("kind",)
    search_fields = ("=customer__number",)
    list_select_related = ("customer",)
    exclude = ("customer",)
    ordering = ("-id",)
    customer_number = ConsentAdmin.customer_number


@admin.register(WorkItem)
class WorkItemAdmin(_Readable):
    """What is to be done and who has it."""

    list_display = ("raised_at", "group", "kind", "customer_number", "assignee", "state", "due_at")
    list_filter = ("state", "group", "kind")
    list_select_related = ("customer", "assignee__user")
    exclude = ("customer",)
    ordering = ("-id",)

    @admin.display(description=_("customer number"))
    def customer_number(self, row: WorkItem) -> str:
        """Return the number, where the work is about a customer."""
        return row.customer.number if row.customer else "–"
