"""Operations staff read the books; they compare again, send again and clear cases up, two of them where money moves."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from core import clock
from core.errors import BusinessError, NotFound
from core.models import User
from customers.models import Customer
from ledger import operations, queries
from ledger.models import (
    Account,
    CustodyAccount,
    CustodyBatch,
    CustodyPosting,
    Entry,
    LedgerCase,
    PaymentOrder,
    ReconciliationDifference,
    ReconciliationRun,
    Transfer,
)
from ledger.operations.cases import CLEARANCE, HOLDING_KINDS
from staff import rights
from staff.admin_access import ReadableByStaff, holds
from staff.models import Approval


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "the admin has asked for a log-in"
    return request.user


def _attempt(request: HttpRequest, act: Callable[[], object], said: Any) -> None:
    """Run one operation and tell what came of it."""
    try:
        act()
    except BusinessError as refusal:
        messages.error(request, f"{refusal.sentence()} {refusal.advice()}")
    else:
        messages.success(request, said)


class EntryInline(ReadableByStaff, TabularInline):
    """The lines of a transfer."""

    model = Entry
    fields = ("account", "amount")
    extra = 0


@admin.register(Transfer)
class TransferAdmin(ReadableByStaff, ModelAdmin):
    """Every movement of money."""

    list_display = ("number", "type", "business_date", "posted_at", "reference_type", "reference_id", "memo")
    list_filter = ("type", "business_date")
    search_fields = ("number", "=idempotency_key", "=reference_id")
    ordering = ("-id",)
    list_select_related = ()
    inlines = (EntryInline,)


@admin.register(Account)
class AccountAdmin(ReadableByStaff, ModelAdmin):
    """Accounts with what they hold."""

    list_display = ("id", "kind", "customer", "balance", "opened_at")
    list_filter = ("kind",)
    search_fields = ("=id", "=customer__number")
    list_select_related = ("customer", "running")
    ordering = ("id",)

    @admin.display(description=_("balance"))
    def balance(self, account: Account) -> Any:
        """Return the kept balance of a customer, the sum of the platform's entries."""
        return account.running.balance if hasattr(account, "running") else queries.balance_of(account.pk)


@admin.register(PaymentOrder)
class PaymentOrderAdmin(ReadableByStaff, ModelAdmin):
    """Deposits, debits and withdrawals."""

    list_display = ("number", "kind", "status", "customer", "amount", "gateway", "created_at", "failure_code")
    list_filter = ("kind", "status", "gateway", "business_date")
    search_fields = ("number", "=gateway_number", "=customer__number")
    list_select_related = ("customer",)
    exclude = ("pay_url",)
    ordering = ("-id",)


@admin.register(CustodyAccount)
class CustodyAccountAdmin(ReadableByStaff, ModelAdmin):
    """Sub-accounts at the custodian."""

    list_display = ("customer", "status", "number", "refusal_code", "asked_at", "opened_at")
    list_filter = ("status",)
    search_fields = ("=number", "=customer__number")
    list_select_related = ("customer",)


@admin.register(CustodyBatch)
class CustodyBatchAdmin(ReadableByStaff, ModelAdmin):
    """Calls that carried instructions."""

    list_display = ("key", "state", "size", "refused_count", "prepared_at", "answered_at")
    list_filter = ("state",)
    ordering = ("-id",)


class _Working(ReadableByStaff, ModelAdmin):
    """Rows that operations staff act on by actions."""

    def has_work_permission(self, request: HttpRequest) -> bool:
        """Those who configure also clear up."""
        return holds(request, rights.CONFIGURE)


@admin.register(CustodyPosting)
class CustodyPostingAdmin(_Working):
    """Where each transfer stands at the custodian."""

    list_display = ("transfer", "state", "statement_date", "batch", "attempt", "refusal_code")
    list_filter = ("state", "statement_date")
    search_fields = ("=transfer__number",)
    list_select_related = ("transfer", "batch")
    ordering = ("-id",)
    actions = ("send_again",)

    @admin.action(description=_("Send again what the bank refused"), permissions=["work"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[CustodyPosting]) -> None:
        """Give each refused posting another attempt."""
        for posting in chosen:
            _attempt(
                request,
                partial(
                    operations.resend_posting,
                    transfer_id=posting.transfer_id,
                    reason="sent again from the admin",
                    actor=_actor(request),
                    now=clock.now(),
                ),
                _("It goes out with the next batch."),
            )


class DifferenceInline(ReadableByStaff, TabularInline):
    """What differs."""

    model = ReconciliationDifference
    fields = ("kind", "key", "account_number", "is_frozen", "ledger_amount", "bank_amount", "found_at", "resolved_at")
    extra = 0
    ordering = ("resolved_at", "id")


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(_Working):
    """The days compared with the custodian's statements."""

    list_display = (
        "business_date",
        "state",
        "difference_count",
        "line_count",
        "account_count",
        "attempts",
        "compared_at",
    )
    list_filter = ("state",)
    ordering = ("-business_date",)
    inlines = (DifferenceInline,)
    actions = ("compare_again",)

    @admin.action(description=_("Compare again"), permissions=["work"])
    def compare_again(self, request: HttpRequest, chosen: QuerySet[ReconciliationRun]) -> None:
        """Fetch the statements once more."""
        for run in chosen:
            operations.ask_reconciliation(business_date=run.business_date, now=clock.now())
        messages.success(request, _("The statements are being fetched; look again in a minute."))


class CaseForm(forms.ModelForm):
    """How a case is cleared up: in words, and to whom money in suspense belongs."""

    owner_number = forms.CharField(
        label=_("customer number of the owner"), required=False, widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = LedgerCase
        fields = ("resolution",)


@admin.register(LedgerCase)
class LedgerCaseAdmin(_Working):
    """Questions about money: one person clears up or asks, another one lets money move."""

    form = CaseForm
    list_display = ("number", "kind", "status", "is_blocking", "customer", "amount", "opened_at", "resolved_by")
    list_filter = ("status", "kind", "is_blocking")
    search_fields = ("number", "key")
    list_select_related = ("customer", "resolved_by")
    ordering = ("-id",)
    actions = ("approve_clearance", "reject_clearance")
    _shown = ("number", "kind", "status", "is_blocking", "customer", "amount", "detail", "opened_at", "resolved_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Ask for the owner only where money waits for one."""
        asks_owner = obj is not None and obj.kind in HOLDING_KINDS and self.has_change_permission(request, obj)
        return [*self._shown, "resolution", *(["owner_number"] if asks_owner else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only the way out can be written."""
        return list(self._shown)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let those who clear up write on open cases."""
        return self.has_work_permission(request) and (obj is None or obj.status == LedgerCase.Status.OPEN)

    def save_model(self, request: HttpRequest, obj: LedgerCase, form: Any, change: bool) -> None:
        """Resolve the case, or ask a second person to let its money go."""
        reason = form.cleaned_data["resolution"]
        if obj.kind in HOLDING_KINDS:
            number = form.cleaned_data.get("owner_number", "")
            _attempt(request, lambda: self._ask(request, obj.pk, number, reason), _("A second person has to approve."))
        else:
            _attempt(
                request,
                lambda: operations.resolve_case(
                    case_id=obj.pk, resolution=reason, actor=_actor(request), now=clock.now()
                ),
                _("The case is resolved."),
            )

    def response_change(self, request: HttpRequest, obj: LedgerCase) -> HttpResponseRedirect:
        """Go back to the list: what came of it has been said, and it was no plain change."""
        return HttpResponseRedirect(reverse("admin:ledger_ledgercase_changelist"))

    @staticmethod
    def _ask(request: HttpRequest, case_id: int, number: str, reason: str) -> None:
        owner = Customer.objects.filter(number=number).first()
        if owner is None:
            raise NotFound
        operations.ask_clearance(
            case_id=case_id, customer_id=owner.pk, reason=reason, actor=_actor(request), now=clock.now()
        )

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Those who approve configuration also let money go."""
        return holds(request, rights.APPROVE_CONFIGURATION)

    @admin.action(description=_("Let the money go to its owner"), permissions=["approve"])
    def approve_clearance(self, request: HttpRequest, chosen: QuerySet[LedgerCase]) -> None:
        """Approve what somebody else asked for."""
        self._decide(request, chosen, is_approved=True)

    @admin.action(description=_("Reject the request"), permissions=["approve"])
    def reject_clearance(self, request: HttpRequest, chosen: QuerySet[LedgerCase]) -> None:
        """Reject what somebody else asked for."""
        self._decide(request, chosen, is_approved=False)

    @staticmethod
    def _decide(request: HttpRequest, chosen: QuerySet[LedgerCase], *, is_approved: bool) -> None:
        asked = Approval.objects.filter(
            kind=CLEARANCE, target_id__in=[str(case.pk) for case in chosen], state=Approval.State.PENDING
        )
        if not asked:
            messages.warning(request, _("Nobody has asked for it."))
        for approval in asked:
            _attempt(
                request,
                partial(
                    operations.decide_clearance,
                    approval_id=approval.pk,
                    is_approved=is_approved,
                    note="",
                    actor=_actor(request),
                    now=clock.now(),
                    business_date=clock.business_date(),
                ),
                _("Decided."),
            )
