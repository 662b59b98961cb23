"""A borrower's loans: contract, signature, repayments, early settlement."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.views import CustomerAPIView, CustomerListView, read_body, user_of
from customers.operations import registration
from customers.queries.own import get_own_customer, get_own_customer_id
from lending.api.serializers.lending import (
    ContractSerializer,
    LoanRowSerializer,
    LoanSerializer,
    RepaymentAskedSerializer,
    RepaymentSerializer,
    SettlementAskedSerializer,
    SettlementSerializer,
    SigningSerializer,
)
from lending.models import Contract, Repayment
from lending.operations import contracts, repayments, settlements
from lending.queries import own


def _without_keys(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["public_id"], **{name: row[name] for name in row if name not in {"id", "public_id"}}}


class LoansView(CustomerListView):
    """A borrower's loans."""

    serializer_class = LoanRowSerializer

    def get_rows(self) -> Any:
        """Return the caller's loans."""
        return own.list_loans(Q(borrower_id=get_own_customer_id(self.request.user)))

    @extend_schema(operation_id="me_loans_list", responses=LoanRowSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your loans, newest first."""
        return super().get(request, *args, **kwargs)


class LoanView(CustomerAPIView):
    """One loan."""

    @extend_schema(operation_id="me_loans_retrieve", responses=LoanSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return a loan with its standing and its schedule."""
        loan = own.get_own_loan(get_own_customer_id(request.user), public_id)
        row = own.list_loans(Q(pk=loan.pk)).get()
        return Response({**_without_keys(row), "schedule": own.list_schedule(loan.pk)})


def _describe_contract(contract: Contract) -> dict[str, Any]:
    names = ("number", "state", "template_version", "pdf_hash", "signed_hash", "made_at", "signed_at")
    signatures = contract.signatures.order_by("pk").values("party", "intent_at", "signed_at")
    return {**{name: getattr(contract, name) for name in names}, "signatures": list(signatures)}


class ContractView(CustomerAPIView):
    """The contract of a loan."""

    @extend_schema(responses=ContractSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return the contract's state and the hash to be signed."""
        loan = own.get_own_loan(get_own_customer_id(request.user), public_id)
        return Response(_describe_contract(own.get_contract(loan.pk)))


class ContractFileView(CustomerAPIView):
    """The paper itself."""

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, public_id: str) -> HttpResponse:
        """Return the contract as PDF: signed when it is signed, else the text to be signed."""
        loan = own.get_own_loan(get_own_customer_id(request.user), public_id)
        contract = own.get_contract(loan.pk)
        return as_pdf(own.read_contract_file(contract.pk), contract.number)


def as_pdf(content: bytes, number: str) -> HttpResponse:
    """Answer a file that is shown, not kept by caches."""
    headers = {"Content-Disposition": f'inline; filename="{number}.pdf"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


class SigningView(CustomerAPIView):
    """The borrower's signature."""

    needs_idempotency_key = True

    @extend_schema(request=SigningSerializer, responses={202: ContractSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Sign the contract whose hash you name, with a code sent for SIGN; the seals follow within seconds."""
        body = self.read_body(SigningSerializer, request)
        customer = get_own_customer(request.user)
        contract = own.get_contract(own.get_own_loan(customer.pk, public_id).pk)

        verification_id = 0

        def check() -> None:
            nonlocal verification_id
            verification_id = registration.check_code(
                phone=customer.phone, purpose="SIGN", code=body["code"], now=clock.now()
            )

        def sign(_key: str) -> tuple[int, Any]:
            registration.spend_code(verification_id=verification_id, now=clock.now())
            signed = contracts.declare_borrower_will(
                contract_id=contract.pk,
                customer_id=customer.pk,
                pdf_hash=body["pdf_hash"],
                evidence="SMS code",
                now=clock.now(),
            )
            return 202, _describe_contract(signed)

        return self.answer_once(request, sign, check=check)


class RepaymentsView(CustomerListView, CustomerAPIView):
    """Payments of one loan."""

    needs_idempotency_key = True
    serializer_class = RepaymentSerializer

    def get_rows(self) -> Any:
        """Return the repayments of the caller's loan."""
        loan_id = own.get_own_loan_id(self.request.user, self.kwargs["public_id"])
        return own.list_repayments(loan_id)

    @extend_schema(operation_id="me_loans_repayments_list", responses=RepaymentSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a loan's repayments, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=RepaymentAskedSerializer, responses={201: RepaymentSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Pay from your available balance: an amount, or everything due today."""
        body = read_body(RepaymentAskedSerializer, request)
        loan = own.get_own_loan(get_own_customer_id(request.user), public_id)

        def pay(key: str) -> tuple[int, Any]:
            posted = repayments.record_repayment(
                loan_id=loan.pk,
                amount=body["amount"],
                idempotency_key=f"api:{key}",
                business_date=clock.business_date(),
                now=clock.now(),
                actor=user_of(request),
            )
            return 201, _describe_repayment(posted)

        return self.answer_once(request, pay)


def _describe_repayment(posted: Repayment) -> dict[str, Any]:
    return _without_keys(own.list_repayments(posted.loan_id).get(pk=posted.pk))


class SettlementView(CustomerAPIView):
    """The early end of a loan."""

    needs_idempotency_key = True

    @extend_schema(responses=SettlementSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return what ends the loan today."""
        loan = own.get_own_loan(get_own_customer_id(request.user), public_id)
        price = settlements.get_settlement_price(loan=loan, business_date=clock.business_date())
        names = ("on", "total", "principal", "interest", "penalty", "fee", "saved")
        return Response({name: getattr(price, name) for name in names})

    @extend_schema(request=SettlementAskedSerializer, responses={201: RepaymentSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Pay the whole loan at today's price."""
        body = self.read_body(SettlementAskedSerializer, request)
        loan = own.get_own_loan(get_own_customer_id(request.user), public_id)

        def settle(key: str) -> tuple[int, Any]:
            posted = settlements.settle_early(
                loan_id=loan.pk,
                expected_total=body["total"],
                idempotency_key=f"api:{key}",
                business_date=clock.business_date(),
                now=clock.now(),
                actor=user_of(request),
            )
            return 201, _describe_repayment(posted)

        return self.answer_once(request, settle)
