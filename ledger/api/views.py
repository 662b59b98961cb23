"""A customer's statement, deposits and withdrawals."""

import hashlib
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core import clock
from core.api.pagination import open_cursor, seal_cursor
from core.api.views import CustomerAPIView, CustomerListView, read_body, user_of
from core.errors import NotFound
from customers.queries.own import get_own_card_id, get_own_customer_id
from ledger.api.serializers import (
    DepositAskedSerializer,
    DepositSerializer,
    StatementQuerySerializer,
    StatementSerializer,
    WithdrawalAskedSerializer,
    WithdrawalSerializer,
)
from ledger.models import PaymentOrder, TransferType
from ledger.operations.payments import create_deposit, request_withdrawal
from ledger.queries import list_statement
from ledger.queries.own import list_own_orders
from ledger.rules.accounts import available_account, frozen_account

_DEPOSIT, _WITHDRAWAL = PaymentOrder.Kind.DEPOSIT, PaymentOrder.Kind.WITHDRAWAL
# A deposit names no card, a withdrawal no payment address and no end of its own.
_HIDDEN = {_DEPOSIT: {"card_tail"}, _WITHDRAWAL: {"pay_url", "expires_at", "gateway"}}


def _authorise(key: str) -> str:
    """Name the customer's own order, as bank and custodian ask: the request under its idempotency key."""
    return f"API-{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def _shape(row: dict[str, Any], kind: PaymentOrder.Kind) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in _HIDDEN[kind] | {"id", "public_id"}}
    return {"id": row["public_id"], **shown}


def _describe(order_id: int, customer_id: int, kind: PaymentOrder.Kind) -> dict[str, Any]:
    return _shape(list_own_orders(customer_id, kind).get(pk=order_id), kind)


class StatementView(CustomerAPIView):
    """What moved on a customer's account."""

    @extend_schema(parameters=[StatementQuerySerializer], responses=StatementSerializer)
    def get(self, request: Request) -> Response:
        """Return one page of your statement, newest first, with the balance after each line."""
        query = StatementQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        wish = query.validated_data
        customer_id = get_own_customer_id(request.user)
        account = available_account(customer_id) if wish["account"] == "available" else frozen_account(customer_id)
        before = open_cursor(wish["cursor"]) if "cursor" in wish else None
        if not isinstance(before, int | None):
            raise NotFound
        rows = list_statement(account, before_entry_id=before, size=wish["page_size"])
        following = None
        if len(rows) == wish["page_size"]:
            following = replace_query_param(request.build_absolute_uri(), "cursor", seal_cursor(rows[-1].entry_id))
        results = [
            {
                "number": row.number,
                "type": row.type,
                "text": str(TransferType(row.type).label),
                "business_date": row.business_date,
                "posted_at": row.posted_at,
                "amount": row.amount,
                "balance": row.balance,
            }
            for row in rows
        ]
        return Response({"next": following, "results": results})


class _OrdersView(CustomerListView, CustomerAPIView):
    """Orders of one kind."""

    needs_idempotency_key = True
    kind = _DEPOSIT

    def get_rows(self) -> Any:
        """Return the caller's orders."""
        return list_own_orders(get_own_customer_id(self.request.user), self.kind)

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Leave out what the kind does not have."""
        return _shape(row, self.kind)


class DepositsView(_OrdersView):
    """Money in."""

    serializer_class = DepositSerializer

    @extend_schema(operation_id="me_deposits_list", responses=DepositSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your deposits, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=DepositAskedSerializer, responses={202: DepositSerializer})
    def post(self, request: Request) -> Response:
        """Order a deposit; ask for it again until `pay_url` is there."""
        body = read_body(DepositAskedSerializer, request)
        customer_id = get_own_customer_id(request.user)

        def order(key: str) -> tuple[int, Any]:
            created = create_deposit(
                customer_id=customer_id,
                amount=body["amount"],
                gateway=body["gateway"],
                authorisation=_authorise(key),
                idempotency_key=f"deposit:{key}",
                now=clock.now(),
                business_date=clock.business_date(),
            )
            return 202, _describe(created.pk, customer_id, _DEPOSIT)

        return self.answer_once(request, order)


class WithdrawalsView(_OrdersView):
    """Money out."""

    kind = _WITHDRAWAL
    serializer_class = WithdrawalSerializer

    @extend_schema(operation_id="me_withdrawals_list", responses=WithdrawalSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your withdrawals, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=WithdrawalAskedSerializer, responses={202: WithdrawalSerializer})
    def post(self, request: Request) -> Response:
        """Have money sent to your card; it is set aside at once."""
        body = read_body(WithdrawalAskedSerializer, request)
        customer_id = get_own_customer_id(request.user)

        def order(key: str) -> tuple[int, Any]:
            created = request_withdrawal(
                customer_id=customer_id,
                card_id=get_own_card_id(customer_id, body["card"]),
                amount=body["amount"],
                authorisation=_authorise(key),
                idempotency_key=f"withdrawal:{key}",
                now=clock.now(),
                business_date=clock.business_date(),
                actor=user_of(request),
            )
            return 202, _describe(created.pk, customer_id, _WITHDRAWAL)

        return self.answer_once(request, order)


class _OrderView(CustomerAPIView):
    """One order."""

    kind = _DEPOSIT

    def read(self, request: Request, public_id: str) -> Response:
        """Return the caller's order. Raises NotFound."""
        row = list_own_orders(get_own_customer_id(request.user), self.kind).filter(public_id=public_id).first()
        if row is None:
            raise NotFound
        return Response(_shape(row, self.kind))


class DepositView(_OrderView):
    """One deposit."""

    @extend_schema(responses=DepositSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return a deposit; `pay_url` is where to pay."""
        return self.read(request, public_id)


class WithdrawalView(_OrderView):
    """One withdrawal."""

    kind = _WITHDRAWAL

    @extend_schema(responses=WithdrawalSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return a withdrawal."""
        return self.read(request, public_id)
