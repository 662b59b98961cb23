"""The admin: read by those with the right, acted on by two people, edited by nobody."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from core.models import User
from customers.models import Customer
from ledger.models import CustodyPosting, LedgerCase, ReconciliationRun, TransferType
from ledger.operations import open_case, post_transfer
from ledger.queries import balance_of_customer
from ledger.rules.accounts import CUSTODY, SUSPENSE
from staff.models import Approval, Department, Role, StaffMember
from tests.ledger.conftest import DAY, check_books, count_rows

pytestmark = pytest.mark.django_db
D = Decimal
MODELS = (
    "transfer",
    "account",
    "paymentorder",
    "custodyaccount",
    "custodybatch",
    "custodyposting",
    "reconciliationrun",
    "ledgercase",
)


@pytest.fixture
def login(set_business_date):
    """Return a function that logs a member of staff with the given rights in."""
    set_business_date(DAY)
    department = Department.objects.create(name="Operations", kind="OPERATIONS", path="000001/")

    def enter(name: str, *granted: str) -> Client:
        user = User.objects.create(username=name, kind=User.Kind.STAFF, is_staff=True)
        member = StaffMember.objects.create(user=user, department=department)
        member.roles.add(Role.objects.create(code=name, name=name, scope="ALL", rights=list(granted)))
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter


@pytest.fixture
def case(make_clients, now: datetime) -> LedgerCase:
    """Ninety yuan in suspense."""
    post_transfer(
        type=TransferType.UNMATCHED_PAYMENT,
        lines=[(CUSTODY, D("-90.00")), (SUSPENSE, D("90.00"))],
        idempotency_key="u",
        business_date=DAY,
        now=now,
        actor=None,
    )
    return open_case(kind="UNKNOWN_PAYMENT", key="u", is_blocking=False, now=now, amount=D("90.00"))


def told(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def change(client: Client, case: LedgerCase, **data: str):
    return client.post(reverse("admin:ledger_ledgercase_change", args=[case.pk]), data)


def act(client: Client, model: str, action: str, pk: object):
    data = {"action": action, "_selected_action": str(pk)}
    return client.post(reverse(f"admin:ledger_{model}_changelist"), data)


@pytest.mark.parametrize("model", MODELS)
def test_lists_are_read_by_those_with_the_right_only(model, login, case):
    address = reverse(f"admin:ledger_{model}_changelist")
    assert login("auditor", "operations.audit").get(address).status_code == 200
    assert login("rm", "customers.view").get(address).status_code == 403


def test_the_books_are_edited_by_nobody(login, case):
    client = login("operator", "operations.configure")
    transfer = CustodyPosting.objects.get().transfer
    before = count_rows()
    for model, pk in (("transfer", transfer.pk), ("account", CUSTODY)):
        page = reverse(f"admin:ledger_{model}_change", args=[pk])
        assert client.get(page).status_code == 200
        assert client.post(page, {"memo": "changed"}).status_code == 403
        assert client.post(reverse(f"admin:ledger_{model}_delete", args=[pk])).status_code == 403
        assert client.get(reverse(f"admin:ledger_{model}_add")).status_code == 403
    assert count_rows() == before


def test_two_people_let_money_out_of_suspense(login, case, make_clients):
    (pk,) = make_clients()
    number = Customer.objects.get(pk=pk).number
    operator = login("operator", "operations.configure", "operations.approve")
    manager = login("manager", "operations.approve")
    assert operator.get(reverse("admin:ledger_ledgercase_change", args=[case.pk])).status_code == 200
    assert "no such record" in told(change(operator, case, resolution="his", owner_number="nobody"))
    answer = change(operator, case, resolution="his", owner_number=number)
    assert "second person" in told(answer)
    assert "successfully" not in told(answer)
    assert "yourself" in told(act(operator, "ledgercase", "approve_clearance", case.pk))
    assert balance_of_customer(pk).available == D("0.00")
    assert "Decided" in told(act(manager, "ledgercase", "approve_clearance", case.pk))
    assert balance_of_customer(pk).available == D("90.00")
    assert Approval.objects.get().reason == "his"
    assert "Nobody has asked" in told(act(manager, "ledgercase", "reject_clearance", case.pk))
    check_books()


def test_a_case_without_money_is_resolved_in_words(login, now):
    case = open_case(kind="REFUSED_BY_BANK", key="r", is_blocking=True, now=now)
    change(login("operator", "operations.configure"), case, resolution="called the bank")
    case.refresh_from_db()
    assert (case.status, case.resolution, case.resolved_by.username) == ("RESOLVED", "called the bank", "operator")


def test_a_day_is_compared_again_and_a_refused_posting_sent_again(login, case, now):
    client = login("operator", "operations.configure")
    ReconciliationRun.objects.create(business_date=DAY, requested_at=now, state="DIFFERED")
    posting = CustodyPosting.objects.get()
    assert "fetched" in told(act(client, "reconciliationrun", "compare_again", DAY))
    assert "has not refused" in told(act(client, "custodyposting", "send_again", posting.pk))
    CustodyPosting.objects.update(state="REFUSED")
    assert "next batch" in told(act(client, "custodyposting", "send_again", posting.pk))
    posting.refresh_from_db()
    assert (posting.state, posting.attempt) == ("PENDING", 1)
    auditor = login("auditor", "operations.audit")
    act(auditor, "custodyposting", "send_again", posting.pk)
    posting.refresh_from_db()
    assert posting.attempt == 1
