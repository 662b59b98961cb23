"""Cases: opened where money does not add up, resolved by people, two of them where money moves."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, NotFound
from core.ids import business_number
from core.models import User
from core.outbox import publish
from customers.models import WorkItem
from customers.operations import history
from ledger.events import CaseOpened, CaseResolved
from ledger.models import LedgerCase, TransferType
from ledger.operations.posting import post_transfer
from ledger.rules.accounts import SUSPENSE, available_account
from staff import rights
from staff.models import Approval
from staff.operations import ask_approval, decide_approval

CLEARANCE = "ledger.clear_suspense"
# Kinds whose money waits in the suspense account.
HOLDING_KINDS = (LedgerCase.Kind.AMOUNT_MISMATCH, LedgerCase.Kind.UNKNOWN_PAYMENT)


class MoneyHeld(BusinessError):
    """A blocking case is open, so no money leaves."""

    code = "money_held"
    message = _("Money cannot leave now: case %(number)s is being cleared up.")
    next_step = _("Try again later; your money stays yours.")


class CaseClosed(BusinessError):
    """The case has been resolved, or is of a kind that is resolved otherwise."""

    code = "case_closed"
    message = _("Case %(number)s cannot be resolved in this way.")


def require_free_money(customer_ids: Iterable[int]) -> None:
    """Pass when no blocking case is open for everybody or for one of the customers. Raises MoneyHeld."""
    blocking = LedgerCase.objects.filter(status=LedgerCase.Status.OPEN, is_blocking=True)
    number = (
        blocking.filter(Q(customer=None) | Q(customer__in=list(customer_ids)))
        .order_by("id")
        .values_list("number", flat=True)
        .first()
    )
    if number is not None:
        raise MoneyHeld(number=number)


@transaction.atomic
def open_case(
    *,
    kind: str,
    key: str,
    is_blocking: bool,
    now: datetime,
    customer_id: int | None = None,
    amount: Decimal | None = None,
    detail: dict[str, Any] | None = None,
) -> LedgerCase:
    """Open a case and put it on the operations staff's list; one that is open under the key stays as it is."""
    case = LedgerCase(
        number=business_number("LC", now.date()),
        kind=kind,
        key=key,
        is_blocking=is_blocking,
        customer_id=customer_id,
        amount=amount,
        detail=detail or {},
        opened_at=now,
    )
    LedgerCase.objects.bulk_create([case], ignore_conflicts=True)
    stored = LedgerCase.objects.get(key=key, status=LedgerCase.Status.OPEN)
    if stored.number != case.number:
        return stored
    audit.record(actor=None, action="ledger.case_opened", target=stored, data={"kind": kind, "key": key}, now=now)
    history.raise_work(
        group=WorkItem.Group.RISK,
        kind="ledger.case",
        reason_code=f"ledger.case_{kind.lower()}",
        params={"number": stored.number, "amount": amount},
        key=_work_key(stored),
        now=now,
        right=rights.CONFIGURE,
        urgency=10 if is_blocking else 50,
        url=f"/admin/ledger/ledgercase/{stored.pk}/change/",
    )
    publish(CaseOpened(stored.pk, kind, is_blocking, customer_id), now=now)
    return stored


def _work_key(case: LedgerCase) -> str:
    return f"ledger.case:{case.pk}"


@transaction.atomic
def resolve_case(*, case_id: int, resolution: str, actor: User | None, now: datetime) -> LedgerCase:
    """Close a case with the reason in words; money waiting in suspense is cleared by `ask_clearance` instead.

    Raises NotFound, CaseClosed.
    """
    case = _lock_case(case_id)
    if case.status != LedgerCase.Status.OPEN or case.kind in HOLDING_KINDS:
        raise CaseClosed(number=case.number)
    return _resolve(case, resolution, actor, now)


@transaction.atomic
def ask_clearance(*, case_id: int, customer_id: int, reason: str, actor: User, now: datetime) -> Approval:
    """Ask a second person to give a case's suspense money to a customer. Raises NotFound, CaseClosed, AlreadyAsked."""
    case = _lock_case(case_id)
    if case.status != LedgerCase.Status.OPEN or case.kind not in HOLDING_KINDS:
        raise CaseClosed(number=case.number)
    payload = {"customer_id": customer_id, "amount": str(case.amount)}
    return ask_approval(kind=CLEARANCE, target=case, payload=payload, reason=reason, actor=actor, now=now)


@transaction.atomic
def decide_clearance(
    *, approval_id: int, is_approved: bool, note: str, actor: User, now: datetime, business_date: date
) -> LedgerCase:
    """Decide a clearance; an approved one moves the money and resolves the case.

    Raises NotFound, CaseClosed, AlreadyDecided, OwnApproval, Refused.
    """
    asked = Approval.objects.filter(pk=approval_id, kind=CLEARANCE).first()
    if asked is None:
        raise NotFound
    case = _lock_case(int(asked.target_id))
    approval = decide_approval(approval_id=approval_id, is_approved=is_approved, note=note, actor=actor, now=now)
    if not is_approved:
        return case
    if case.status != LedgerCase.Status.OPEN or case.amount is None:
        raise CaseClosed(number=case.number)
    customer_id = int(approval.payload["customer_id"])
    post_transfer(
        type=TransferType.SUSPENSE_CLEARED,
        lines=[(SUSPENSE, -case.amount), (available_account(customer_id), case.amount)],
        idempotency_key=f"clearance:{case.number}",
        business_date=business_date,
        now=now,
        actor=actor,
        reference=("ledger.case", case.pk),
    )
    history.add_timeline(
        customer_id=customer_id,
        kind="money",
        text_code="ledger.suspense_cleared",
        params={"number": case.number},
        at=now,
        key=f"clearance:{case.number}",
        amount=case.amount,
    )
    return _resolve(case, approval.reason, actor, now)


def _lock_case(case_id: int) -> LedgerCase:
    case = LedgerCase.objects.select_for_update(no_key=True).filter(pk=case_id).first()
    if case is None:
        raise NotFound
    return case


def _resolve(case: LedgerCase, resolution: str, actor: User | None, now: datetime) -> LedgerCase:
    case.status = LedgerCase.Status.RESOLVED
    case.resolved_at = now
    case.resolved_by = actor
    case.resolution = resolution[:300]
    case.save(update_fields=["status", "resolved_at", "resolved_by", "resolution"])
    history.end_work(key=_work_key(case), now=now, actor=actor)
    audit.record(actor=actor, action="ledger.case_resolved", target=case, reason=resolution[:300], now=now)
    publish(CaseResolved(case.pk, case.kind), now=now)
    return case
