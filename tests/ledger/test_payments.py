"""Payment orders and the partners' answers, in every order and number."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.errors import NotFound
from core.models import AuditEntry, OutboxEvent
from core.parameters import set_value
from customers.models import BankCard, Customer, TimelineEntry, WorkItem
from integrations.ports import PaymentKind, PaymentResult, PaymentStatus
from ledger.models import CustodyAccount, LedgerCase, PaymentOrder, Transfer
from ledger.operations import (
    AmountInvalid,
    AuthorisationMissing,
    CardMissing,
    CaseClosed,
    CustodyAccountMissing,
    DepositTooLarge,
    IdempotencyConflict,
    InsufficientFunds,
    MoneyHeld,
    ask_clearance,
    create_card_debit,
    create_deposit,
    decide_clearance,
    expire_orders,
    open_case,
    record_order_submitted,
    record_payment_result,
    refuse_order,
    request_withdrawal,
    resolve_case,
)
from ledger.queries import access_order, balance_of, balance_of_customer, list_orders_to_ask
from ledger.rules.accounts import CUSTODY, SUSPENSE
from staff.operations import OwnApproval
from tests.ledger.conftest import DAY, card_of, check_books, count_rows

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def deposit(now):
    def create(customer_id, amount="100.00", **changes) -> PaymentOrder:
        values = {
            "customer_id": customer_id,
            "amount": D(amount),
            "gateway": "wechat",
            "authorisation": "AUTH-1",
            "idempotency_key": "d",
            "now": now,
            "business_date": DAY,
        }
        return create_deposit(**{**values, **changes})

    return create


@pytest.fixture
def withdraw(now):
    def create(customer_id, amount="100.00", **changes) -> PaymentOrder:
        values = {
            "customer_id": customer_id,
            "card_id": card_of(customer_id),
            "amount": D(amount),
            "authorisation": "AUTH-1",
            "idempotency_key": "w",
            "now": now,
            "business_date": DAY,
            "actor": None,
        }
        return request_withdrawal(**{**values, **changes})

    return create


@pytest.fixture
def answer(now):
    """Return a function that brings a partner's answer about an order."""

    def bring(order: PaymentOrder, status: str, amount: str | None = None, **changes) -> PaymentOrder | None:
        kind = PaymentKind.CARD_PAYOUT if order.kind == "WITHDRAWAL" else PaymentKind(order.kind)
        result = PaymentResult(
            kind=kind,
            gateway=order.gateway,
            order_number=order.number,
            gateway_number=f"G{order.number}",
            status=PaymentStatus(status),
            amount=D(amount) if amount else order.amount,
            paid_at=now,
            failure_code="DECLINED" if status == "FAILED" else "",
        )
        return record_payment_result(result=replace(result, **changes), now=now, business_date=DAY)

    return bring


def events() -> list[str]:
    return list(OutboxEvent.objects.order_by("id").values_list("name", flat=True))


def test_a_deposit_is_credited_once_however_often_it_is_reported(make_clients, deposit, answer):
    (pk,) = make_clients()
    order = deposit(pk, purpose="REPAYMENT", reference=("lending.loan", 7))
    for _time in range(3):
        answer(order, "SUCCEEDED")
    order.refresh_from_db()
    assert (order.status, order.gateway_number) == ("SUCCEEDED", f"G{order.number}")
    assert balance_of_customer(pk).available == D("100.00")
    assert balance_of(CUSTODY) == D("-100.00")
    assert Transfer.objects.get().type == "DEPOSIT"
    assert events() == ["ledger.payment_order_created", "ledger.deposit_received"]
    assert OutboxEvent.objects.order_by("id").last().payload["reference_id"] == "7"
    assert TimelineEntry.objects.get(customer_id=pk).amount == D("100.00")
    assert AuditEntry.objects.filter(action="ledger.deposit_succeeded").count() == 1
    check_books()


def test_a_success_after_the_end_is_still_credited(make_clients, deposit, answer, now):
    (pk,) = make_clients()
    order = deposit(pk)
    assert expire_orders(now=now + timedelta(minutes=31)) == [order.pk]
    assert expire_orders(now=now + timedelta(minutes=31)) == []
    answer(order, "CLOSED")
    order.refresh_from_db()
    assert order.status == "EXPIRED"
    answer(order, "SUCCEEDED")
    order.refresh_from_db()
    assert order.status == "SUCCEEDED"
    assert balance_of_customer(pk).available == D("100.00")
    check_books()


def test_an_unpaid_deposit_fails_and_says_so(make_clients, deposit, answer):
    (pk,) = make_clients()
    order = deposit(pk)
    answer(order, "FAILED")
    answer(order, "FAILED")
    order.refresh_from_db()
    assert (order.status, order.failure_code) == ("FAILED", "DECLINED")
    assert events()[-1] == "ledger.deposit_failed"
    assert events().count("ledger.deposit_failed") == 1
    assert not Transfer.objects.exists()


def test_another_amount_goes_into_suspense_and_opens_a_case(make_clients, deposit, answer):
    (pk,) = make_clients()
    order = deposit(pk)
    for _time in range(3):
        answer(order, "SUCCEEDED", "90.00")
    assert balance_of_customer(pk).available == D("0.00")
    assert balance_of(SUSPENSE) == D("90.00")
    case = LedgerCase.objects.get()
    assert (case.kind, case.amount, case.is_blocking) == ("AMOUNT_MISMATCH", D("90.00"), False)
    assert WorkItem.objects.get().reason_code == "ledger.case_amount_mismatch"
    check_books()


def test_money_without_an_order_goes_into_suspense_once(make_clients, deposit, answer, now, clerk, checker):
    (pk,) = make_clients()
    order = deposit(pk)
    for _time in range(3):
        assert answer(order, "SUCCEEDED", order_number="PO00000000-UNKNOWN") is None
    assert balance_of(SUSPENSE) == D("100.00")
    case = LedgerCase.objects.get()
    assert case.kind == "UNKNOWN_PAYMENT"
    answer(order, "FAILED", order_number="PO00000000-NOTHING")
    assert LedgerCase.objects.count() == 1

    # Two people give the money to whom it belongs; after that the same report is no news.
    with pytest.raises(CaseClosed):
        resolve_case(case_id=case.pk, resolution="no", actor=clerk, now=now)
    approval = ask_clearance(case_id=case.pk, customer_id=pk, reason="his transfer", actor=clerk, now=now)
    before = count_rows()
    with pytest.raises(OwnApproval):
        decide_clearance(approval_id=approval.pk, is_approved=True, note="", actor=clerk, now=now, business_date=DAY)
    assert count_rows() == before
    decide_clearance(approval_id=approval.pk, is_approved=True, note="seen", actor=checker, now=now, business_date=DAY)
    assert balance_of(SUSPENSE) == D("0.00")
    assert balance_of_customer(pk).available == D("100.00")
    case.refresh_from_db()
    assert (case.status, case.resolved_by) == ("RESOLVED", checker)
    assert WorkItem.objects.get().state == "DONE"
    answer(order, "SUCCEEDED", order_number="PO00000000-UNKNOWN")
    assert LedgerCase.objects.count() == 1
    check_books()


def test_a_rejected_clearance_moves_nothing(make_clients, deposit, answer, now, clerk, checker):
    (pk,) = make_clients()
    answer(deposit(pk), "SUCCEEDED", "90.00")
    case = LedgerCase.objects.get()
    approval = ask_clearance(case_id=case.pk, customer_id=pk, reason="maybe", actor=clerk, now=now)
    decide_clearance(approval_id=approval.pk, is_approved=False, note="no", actor=checker, now=now, business_date=DAY)
    case.refresh_from_db()
    assert (case.status, balance_of(SUSPENSE)) == ("OPEN", D("90.00"))
    with pytest.raises(NotFound):
        decide_clearance(approval_id=0, is_approved=True, note="", actor=checker, now=now, business_date=DAY)


def test_a_failure_after_a_success_holds_the_customers_money(make_clients, deposit, withdraw, answer, now, clerk):
    pk, other = make_clients(2)
    order = deposit(pk)
    answer(order, "SUCCEEDED")
    answer(order, "FAILED")
    case = LedgerCase.objects.get()
    assert (case.kind, case.is_blocking, case.customer_id) == ("CONTRADICTORY_RESULT", True, pk)
    before = count_rows()
    with pytest.raises(MoneyHeld) as caught:
        withdraw(pk, "50.00")
    assert case.number in caught.value.sentence()
    assert count_rows() == before
    answer(deposit(other, idempotency_key="d2"), "SUCCEEDED")
    withdraw(other, "50.00")
    resolve_case(case_id=case.pk, resolution="the partner was wrong", actor=clerk, now=now)
    answer(order, "FAILED")
    assert LedgerCase.objects.count() == 1
    withdraw(pk, "50.00", idempotency_key="w2")
    check_books()


def test_a_withdrawal_freezes_at_once_and_leaves_on_success(make_clients, withdraw, answer):
    (pk,) = make_clients(balance="100.00")
    order = withdraw(pk, "60.00")
    assert (balance_of_customer(pk).available, balance_of_customer(pk).frozen) == (D("40.00"), D("60.00"))
    answer(order, "PENDING")
    for _time in range(3):
        answer(order, "SUCCEEDED")
    assert (balance_of_customer(pk).available, balance_of_customer(pk).frozen) == (D("40.00"), D("0.00"))
    assert balance_of(CUSTODY) == D("-40.00")
    assert events().count("ledger.withdrawal_completed") == 1
    answer(order, "FAILED")
    assert LedgerCase.objects.get().kind == "CONTRADICTORY_RESULT"
    assert balance_of_customer(pk).total == D("40.00")
    check_books()


def test_a_failed_withdrawal_sets_the_money_free(make_clients, withdraw, answer):
    (pk,) = make_clients(balance="100.00")
    order = withdraw(pk, "60.00")
    for _time in range(3):
        answer(order, "FAILED")
    assert (balance_of_customer(pk).available, balance_of_customer(pk).frozen) == (D("100.00"), D("0.00"))
    assert events().count("ledger.withdrawal_failed") == 1
    answer(order, "SUCCEEDED")
    assert LedgerCase.objects.get().is_blocking
    assert balance_of_customer(pk).total == D("100.00")
    check_books()


def test_a_withdrawal_of_another_amount_is_a_question(make_clients, withdraw, answer):
    (pk,) = make_clients(balance="100.00")
    answer(withdraw(pk, "60.00"), "SUCCEEDED", "59.00")
    assert LedgerCase.objects.get().kind == "CONTRADICTORY_RESULT"
    assert balance_of_customer(pk).frozen == D("60.00")


def test_a_payout_nobody_ordered_holds_all_money(make_clients, withdraw, answer):
    pk, other = make_clients(2, balance="100.00")
    answer(withdraw(pk, "60.00"), "SUCCEEDED", order_number="PO00000000-UNKNOWN")
    assert LedgerCase.objects.get().customer_id is None
    with pytest.raises(MoneyHeld):
        withdraw(other, "1.00", idempotency_key="w2")


def test_a_refused_order_ends(make_clients, deposit, withdraw, now):
    pk, other = make_clients(2, balance="100.00")
    refused = refuse_order(order_id=deposit(pk).pk, failure_code="BAD_AMOUNT", now=now, business_date=DAY)
    assert (refused.status, refused.failure_code) == ("FAILED", "BAD_AMOUNT")
    order = withdraw(other, "60.00")
    refuse_order(order_id=order.pk, failure_code="CARD_CLOSED", now=now, business_date=DAY)
    before = count_rows()
    refuse_order(order_id=order.pk, failure_code="CARD_CLOSED", now=now, business_date=DAY)
    assert count_rows() == before
    assert balance_of_customer(other).frozen == D("0.00")


def test_a_debit_is_credited_with_its_purpose(make_clients, answer, now):
    (pk,) = make_clients()
    order = create_card_debit(
        customer_id=pk,
        card_id=card_of(pk),
        amount=D("30.00"),
        purpose="REPAYMENT",
        authorisation="MANDATE-1",
        idempotency_key="debit",
        now=now,
        business_date=DAY,
        reference=("lending.loan", 9),
    )
    answer(order, "SUCCEEDED")
    assert Transfer.objects.get().type == "CARD_DEBIT"
    payload = OutboxEvent.objects.order_by("id").last().payload
    assert (payload["kind"], payload["purpose"], payload["reference_id"]) == ("CARD_DEBIT", "REPAYMENT", "9")


def test_the_same_key_is_the_same_order(make_clients, deposit, withdraw):
    pk, other = make_clients(2, balance="100.00")
    assert deposit(pk).pk == deposit(pk).pk
    assert withdraw(pk, "60.00").pk == withdraw(pk, "60.00").pk
    assert balance_of_customer(pk).frozen == D("60.00")
    before = count_rows()
    for changed in (lambda: deposit(pk, "101.00"), lambda: deposit(other), lambda: withdraw(pk, "61.00")):
        with pytest.raises(IdempotencyConflict):
            changed()
    assert count_rows() == before


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_an_amount_is_positive(make_clients, deposit, withdraw, amount):
    (pk,) = make_clients(balance="100.00")
    before = count_rows()
    for act in (deposit, withdraw):
        with pytest.raises(AmountInvalid):
            act(pk, amount)
    assert count_rows() == before


def test_money_moves_only_on_the_customers_own_word(make_clients, deposit, withdraw):
    (pk,) = make_clients(balance="100.00")
    before = count_rows()
    for act in (deposit, withdraw):
        with pytest.raises(AuthorisationMissing):
            act(pk, authorisation="")
    assert count_rows() == before


def test_nobody_pays_in_before_the_custodian_knows_him(make_clients, deposit):
    strange, unknown = make_clients(2)
    CustodyAccount.objects.filter(pk=strange).update(status="REQUESTED", number="")
    Customer.objects.filter(pk=unknown).update(status="FROZEN")
    before = count_rows()
    with pytest.raises(CustodyAccountMissing):
        deposit(strange)
    with pytest.raises(NotFound):
        deposit(unknown)
    assert count_rows() == before


def test_money_goes_to_an_own_bound_card_only(make_clients, withdraw):
    pk, other = make_clients(2, balance="100.00")
    before = count_rows()
    with pytest.raises(CardMissing):
        withdraw(pk, card_id=card_of(other))
    BankCard.objects.filter(customer_id=pk).update(state="UNBOUND")
    with pytest.raises(CardMissing):
        withdraw(pk)
    assert count_rows() == before


def test_nobody_withdraws_more_than_he_has(make_clients, withdraw):
    (pk,) = make_clients(balance="100.00")
    before = count_rows()
    with pytest.raises(InsufficientFunds):
        withdraw(pk, "100.01")
    assert count_rows() == before
    assert PaymentOrder.objects.count() == 0
    check_books()


def test_a_partner_who_has_the_order_is_asked_after_a_while(make_clients, deposit, now):
    (pk,) = make_clients()
    order = deposit(pk)
    assert list_orders_to_ask(now=now + timedelta(hours=1)) == []
    record_order_submitted(order_id=order.pk, now=now, pay_url="https://pay.example/1")
    assert list_orders_to_ask(now=now + timedelta(minutes=4)) == []
    assert list_orders_to_ask(now=now + timedelta(minutes=6)) == [order]
    assert access_order(customer_id=pk, public_id=order.public_id).pay_url == "https://pay.example/1"
    with pytest.raises(NotFound):
        access_order(customer_id=pk + 1, public_id=order.public_id)


def test_a_case_is_opened_once_a_key(make_clients, now, clerk):
    first = open_case(kind="RECONCILIATION", key="k", is_blocking=True, now=now)
    assert open_case(kind="RECONCILIATION", key="k", is_blocking=True, now=now).pk == first.pk
    assert WorkItem.objects.count() == 1
    resolve_case(case_id=first.pk, resolution="done", actor=clerk, now=now)
    before = count_rows()
    with pytest.raises(CaseClosed):
        resolve_case(case_id=first.pk, resolution="again", actor=clerk, now=now)
    with pytest.raises(NotFound):
        resolve_case(case_id=0, resolution="none", actor=clerk, now=now)
    assert count_rows() == before


def test_one_deposit_has_an_upper_limit_by_date(make_clients, deposit):
    (customer,) = make_clients()
    with pytest.raises(DepositTooLarge) as refusal:
        deposit(customer, "1000000.01")
    assert "1000000" in refusal.value.sentence() and refusal.value.status == 422
    assert not PaymentOrder.objects.exists() and not OutboxEvent.objects.exists()
    tomorrow = DAY + timedelta(days=1)
    set_value("ledger.deposit_max", "500", valid_from=tomorrow, source="test", business_date=DAY)
    assert deposit(customer, "1000000.00").amount == D("1000000.00")
    with pytest.raises(DepositTooLarge):
        deposit(customer, "500.01", idempotency_key="e", business_date=tomorrow)
    assert PaymentOrder.objects.count() == 1
