"""Customers as staff see them."""

from typing import Any

import django_filters
from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.permissions import ByMethod
from core.api.views import StaffListView, read_body, user_of
from core.masking import mask_name
from customers.api.serializers import NewCustomerSerializer, StaffCustomerSerializer
from customers.models import Customer
from customers.operations.intake import enter_company, enter_customer
from customers.queries.own import list_customers_in
from staff import rights
from staff.queries import access_right, scope_condition


class CustomerFilter(django_filters.FilterSet):
    """What the list can be narrowed by."""

    class Meta:
        model = Customer
        fields = ["status", "stage", "risk_tier", "value_tier", "is_borrower", "is_investor"]


class StaffCustomersView(StaffListView):
    """The list of customers in one's scope."""

    required_scope: Any = ByMethod(rights.VIEW_CUSTOMERS, rights.EDIT_CUSTOMERS)
    serializer_class = StaffCustomerSerializer
    filterset_class = CustomerFilter
    queryset = Customer.objects.none()

    def get_rows(self) -> Any:
        """Return the customers in the caller's scope."""
        access = access_right(user_of(self.request), rights.VIEW_CUSTOMERS)
        return list_customers_in(scope_condition(access, rights.VIEW_CUSTOMERS, owner="rm"))

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Mask the name."""
        return super().shape_row({**row, "name": mask_name(row["name"])})

    @extend_schema(operation_id="staff_customers_list", responses=StaffCustomerSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return customers in your scope, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="staff_customers_create", request=NewCustomerSerializer, responses={201: StaffCustomerSerializer}
    )
    def post(self, request: Request) -> Response:
        """Enter a person or a company; who works on his own customers only becomes the RM."""
        body = read_body(NewCustomerSerializer, request)
        enter = enter_company if body.pop("kind") == Customer.Kind.COMPANY else enter_customer
        is_another = body.pop("is_another")
        customer = enter(
            fields={name: text for name, text in body.items() if text},
            is_another=is_another,
            actor=user_of(request),
            now=clock.now(),
        )
        row = list_customers_in(Q(pk=customer.pk)).get()
        return Response(self.shape_row(row), status=201)
