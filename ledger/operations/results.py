"""Take a payment partner's answer: callback, query or direct reply, once or fifty times."""

from datetime import date, datetime

from django.db import transaction

from core import audit
from core.outbox import publish
from customers.operations import history
from integrations.ports import PaymentKind, PaymentNotice, PaymentResult, PaymentStatus
from ledger.events import DepositFailed, DepositReceived, WithdrawalCompleted, WithdrawalFailed
from ledger.models import LedgerCase, PaymentOrder, TransferType
from ledger.operations.cases import open_case
from ledger.operations.funds import unfreeze_funds
from ledger.operations.posting import post_transfer
from ledger.rules.accounts import CUSTODY, SUSPENSE, available_account, frozen_account
from ledger.rules.payments import AMOUNT_MISMATCH, Verdict, judge_money_in, judge_money_out

_KINDS = {
    PaymentKind.DEPOSIT: PaymentOrder.Kind.DEPOSIT,
    PaymentKind.CARD_DEBIT: PaymentOrder.Kind.CARD_DEBIT,
    PaymentKind.CARD_PAYOUT: PaymentOrder.Kind.WITHDRAWAL,
}


def take_notice(*, notice: PaymentNotice, now: datetime, business_date: date, idempotency_key: str) -> None:
    """Take a verified callback; the order's own state, not the event's key, decides what is new."""
    record_payment_result(result=notice.result, now=now, business_date=business_date)


@transaction.atomic
def record_payment_result(*, result: PaymentResult, now: datetime, business_date: date) -> PaymentOrder | None:
    """Act on what a partner says about an order; saying it again changes nothing.

    Money that arrived without an order is set aside in suspense and opens a case; None is returned then.
    """
    order = (
        PaymentOrder.objects.select_for_update(no_key=True)
        .filter(number=result.order_number, kind=_KINDS[result.kind], gateway=result.gateway)
        .first()
    )
    if order is None:
        _take_unknown(result, now, business_date)
        return None
    if order.kind == PaymentOrder.Kind.WITHDRAWAL:
        _act_on_withdrawal(order, result, now, business_date)
    else:
        _act_on_deposit(order, result, now, business_date)
    return order


def _act_on_deposit(order: PaymentOrder, result: PaymentResult, now: datetime, business_date: date) -> None:
    verdict = judge_money_in(
        status=order.status,
        failure_code=order.failure_code,
        ordered=order.amount,
        answer=result.status,
        paid=result.amount,
    )
    match verdict:
        case Verdict.SUCCEED:
            _credit(order, result, now, business_date)
        case Verdict.HOLD:
            _hold(order, result, now, business_date)
        case Verdict.FAIL:
            _fail_deposit(order, PaymentOrder.Status.FAILED, result.failure_code or "FAILED", now)
        case Verdict.EXPIRE:
            _fail_deposit(order, PaymentOrder.Status.EXPIRED, "CLOSED", now)
        case Verdict.QUESTION:
            _question(order, result, now)


def _act_on_withdrawal(order: PaymentOrder, result: PaymentResult, now: datetime, business_date: date) -> None:
    verdict = judge_money_out(status=order.status, ordered=order.amount, answer=result.status, paid=result.amount)
    match verdict:
        case Verdict.SUCCEED:
            _complete_withdrawal(order, result, now, business_date)
        case Verdict.FAIL:
            _fail_withdrawal(order, result.failure_code or "FAILED", now, business_date)
        case Verdict.QUESTION:
            _question(order, result, now)


def _finish(
    order: PaymentOrder, status: str, now: datetime, *, gateway_number: str = "", failure_code: str = ""
) -> None:
    order.status = status
    order.finished_at = now
    order.failure_code = failure_code[:64]
    order.gateway_number = gateway_number or order.gateway_number
    order.save(update_fields=["status", "finished_at", "failure_code", "gateway_number"])
    audit.record(
        actor=None,
        action=f"ledger.{order.kind.lower()}_{status.lower()}",
        target=order,
        data={"number": order.number, "amount": str(order.amount), "failure_code": failure_code},
        now=now,
    )


def _note(order: PaymentOrder, text_code: str, now: datetime) -> None:
    history.add_timeline(
        customer_id=order.customer_id,
        kind="money",
        text_code=text_code,
        params={"number": order.number, "gateway": order.gateway, "code": order.failure_code},
        at=now,
        key=f"{text_code}:{order.number}",
        amount=order.amount,
    )


def _credit(order: PaymentOrder, result: PaymentResult, now: datetime, business_date: date) -> None:
    post_transfer(
        type=TransferType(order.kind),
        lines=[(CUSTODY, -order.amount), (available_account(order.customer_id), order.amount)],
        idempotency_key=f"deposit:{order.number}",
        business_date=business_date,
        now=now,
        actor=None,
        reference=("ledger.order", order.pk),
    )
    _finish(order, PaymentOrder.Status.SUCCEEDED, now, gateway_number=result.gateway_number)
    _note(order, "ledger.deposit_received", now)
    publish(
        DepositReceived(
            order.pk,
            order.customer_id,
            order.amount,
            order.kind,
            order.purpose,
            order.reference_type,
            order.reference_id,
        ),
        now=now,
    )


def _hold(order: PaymentOrder, result: PaymentResult, now: datetime, business_date: date) -> None:
    _set_aside(result, f"deposit:{order.number}", ("ledger.order", order.pk), now, business_date)
    _fail_deposit(order, PaymentOrder.Status.FAILED, AMOUNT_MISMATCH, now)
    open_case(
        kind=LedgerCase.Kind.AMOUNT_MISMATCH,
        key=f"amount:{order.number}",
        is_blocking=False,
        now=now,
        customer_id=order.customer_id,
        amount=result.amount,
        detail={"number": order.number, "ordered": str(order.amount), "paid": str(result.amount)},
    )


def _set_aside(
    result: PaymentResult, key: str, reference: tuple[str, int | str], now: datetime, business_date: date
) -> None:
    post_transfer(
        type=TransferType.UNMATCHED_PAYMENT,
        lines=[(CUSTODY, -result.amount), (SUSPENSE, result.amount)],
        idempotency_key=key,
        business_date=business_date,
        now=now,
        actor=None,
        reference=reference,
        memo=f"{result.gateway} {result.gateway_number}"[:200],
    )


def _fail_deposit(order: PaymentOrder, status: str, failure_code: str, now: datetime) -> None:
    _finish(order, status, now, failure_code=failure_code)
    _note(order, "ledger.deposit_failed", now)
    publish(
        DepositFailed(
            order.pk,
            order.customer_id,
            order.amount,
            order.kind,
            order.purpose,
            order.reference_type,
            order.reference_id,
            failure_code,
        ),
        now=now,
    )


def _complete_withdrawal(order: PaymentOrder, result: PaymentResult, now: datetime, business_date: date) -> None:
    post_transfer(
        type=TransferType.WITHDRAWAL,
        lines=[(frozen_account(order.customer_id), -order.amount), (CUSTODY, order.amount)],
        idempotency_key=f"withdrawal:{order.number}",
        business_date=business_date,
        now=now,
        actor=None,
        reference=("ledger.order", order.pk),
    )
    _finish(order, PaymentOrder.Status.SUCCEEDED, now, gateway_number=result.gateway_number)
    _note(order, "ledger.withdrawal_completed", now)
    publish(WithdrawalCompleted(order.pk, order.customer_id, order.amount), now=now)


def _fail_withdrawal(order: PaymentOrder, failure_code: str, now: datetime, business_date: date) -> None:
    unfreeze_funds(
        customer_id=order.customer_id,
        amount=order.amount,
        idempotency_key=f"withdrawal-unfreeze:{order.number}",
        business_date=business_date,
        now=now,
        actor=None,
        reference=("ledger.order", order.pk),
    )
    _finish(order, PaymentOrder.Status.FAILED, now, failure_code=failure_code)
    _note(order, "ledger.withdrawal_failed", now)
    publish(WithdrawalFailed(order.pk, order.customer_id, order.amount, failure_code), now=now)


@transaction.atomic
def refuse_order(*, order_id: int, failure_code: str, now: datetime, business_date: date) -> PaymentOrder:
    """Fail an order that the partner refused to take; one that has ended stays as it is."""
    order = PaymentOrder.objects.select_for_update(no_key=True).get(pk=order_id)
    if order.status not in {PaymentOrder.Status.CREATED, PaymentOrder.Status.PENDING}:
        return order
    if order.kind == PaymentOrder.Kind.WITHDRAWAL:
        _fail_withdrawal(order, failure_code, now, business_date)
    else:
        _fail_deposit(order, PaymentOrder.Status.FAILED, failure_code, now)
    return order


def _question(order: PaymentOrder, result: PaymentResult, now: datetime) -> None:
    _open_case_once(
        LedgerCase.Kind.CONTRADICTORY_RESULT,
        f"contradiction:{order.number}",
        result,
        now,
        customer_id=order.customer_id,
        detail={"number": order.number, "status": order.status, "answer": result.status},
    )


def _take_unknown(result: PaymentResult, now: datetime, business_date: date) -> None:
    if result.status != PaymentStatus.SUCCEEDED:
        return
    is_money_in = result.kind != PaymentKind.CARD_PAYOUT
    key = f"unmatched:{result.gateway}:{result.order_number}"
    if is_money_in:
        _set_aside(result, key, ("ledger.unmatched", result.order_number[:40]), now, business_date)
    kind = LedgerCase.Kind.UNKNOWN_PAYMENT if is_money_in else LedgerCase.Kind.CONTRADICTORY_RESULT
    _open_case_once(kind, key, result, now, customer_id=None, detail={"number": result.order_number})


def _open_case_once(
    kind: LedgerCase.Kind,
    key: str,
    result: PaymentResult,
    now: datetime,
    *,
    customer_id: int | None,
    detail: dict[str, str],
) -> None:
    """Open a case unless the same answer has had one: a repeat of what was cleared up is no news."""
    if LedgerCase.objects.filter(key=key).exists():
        return
    open_case(
        kind=kind,
        key=key,
        is_blocking=kind == LedgerCase.Kind.CONTRADICTORY_RESULT,
        now=now,
        customer_id=customer_id,
        amount=result.amount,
        detail={**detail, "gateway_number": result.gateway_number, "paid": str(result.amount)},
    )
