"""An investor's account and claims."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import CustomerAPIView, CustomerListView
from core.errors import NotFound
from customers.queries.own import get_own_customer_id
from ledger.queries import balance_of_customer
from ledger.queries.own import get_custody_status
from lending.api.serializers.lending import AccountSerializer, InvestmentRowSerializer, InvestmentSerializer
from lending.documents.rendering import render_viewer_copy
from lending.queries import own
from lending.queries.contract_data import build_contract_data


class AccountView(CustomerAPIView):
    """A customer's money."""

    @extend_schema(responses=AccountSerializer)
    def get(self, request: Request) -> Response:
        """Return what is available, what is set aside and what is lent out."""
        customer_id = get_own_customer_id(request.user)
        balance = balance_of_customer(customer_id)
        answer = {
            "available": balance.available,
            "frozen": balance.frozen,
            "in_loans": own.sum_in_loans(customer_id),
            "custody_status": get_custody_status(customer_id),
        }
        return Response(answer)


class InvestmentsView(CustomerListView):
    """An investor's claims."""

    serializer_class = InvestmentRowSerializer

    def get_rows(self) -> Any:
        """Return the caller's claims."""
        return own.list_investments(get_own_customer_id(self.request.user))

    @extend_schema(operation_id="me_investments_list", responses=InvestmentRowSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your claims, newest first."""
        return super().get(request, *args, **kwargs)


class InvestmentView(CustomerAPIView):
    """One claim."""

    @extend_schema(operation_id="me_investments_retrieve", responses=InvestmentSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return a claim with its latest receipts and what is still to come."""
        customer_id = get_own_customer_id(request.user)
        share = own.get_own_share(customer_id, public_id)
        row = own.list_investments(customer_id).get(pk=share.pk)
        del row["id"]
        planned = [
            {
                "n": item.n,
                "due_date": item.due_date,
                "principal": item.principal,
                "interest": item.interest,
                "penalty": item.penalty,
            }
            for item in own.plan_receipts(share)
        ]
        return Response(
            {"id": row.pop("public_id"), **row, "planned": planned, "received": own.list_receipts(share.pk)}
        )


class InvestmentContractView(CustomerAPIView):
    """A lender's copy of the contract."""

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, public_id: str) -> HttpResponse:
        """Return your copy of the contract: everybody else is masked, your receipts are added."""
        share = own.get_own_share(get_own_customer_id(request.user), public_id)
        contract = own.get_contract(share.loan_id)
        if not contract.signed_hash:
            raise NotFound
        data = build_contract_data(share.loan, contract_number=contract.number)
        copy = render_viewer_copy(data, viewer_reference=share.investor.number, original_sha256=contract.signed_hash)
        headers = {
            "Content-Disposition": f'inline; filename="{contract.number}.pdf"',
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(copy, content_type="application/pdf", headers=headers)
