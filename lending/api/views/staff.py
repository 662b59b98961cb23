"""Applications and loans as staff see them."""

from typing import Any

import django_filters
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import StaffListView, user_of
from lending.api.serializers.borrowing import StaffApplicationSerializer
from lending.api.serializers.lending import StaffLoanSerializer
from lending.models import Application, Loan
from lending.queries.own import list_applications, list_loans
from staff import rights
from staff.queries import access_right, scope_condition


class ApplicationFilter(django_filters.FilterSet):
    """What the list can be narrowed by."""

    class Meta:
        model = Application
        fields = ["state", "purpose"]


class LoanFilter(django_filters.FilterSet):
    """What the list can be narrowed by."""

    class Meta:
        model = Loan
        fields = ["state"]


class StaffApplicationsView(StaffListView):
    """Applications in one's scope."""

    required_scope = rights.VIEW_APPLICATIONS
    serializer_class = StaffApplicationSerializer
    filterset_class = ApplicationFilter
    queryset = Application.objects.none()

    def get_rows(self) -> Any:
        """Return the applications in the caller's scope."""
        access = access_right(user_of(self.request), rights.VIEW_APPLICATIONS)
        rows = list_applications(scope_condition(access, rights.VIEW_APPLICATIONS, owner="customer__rm"))
        return rows.annotate(customer_number=F("customer__number"))

    @extend_schema(operation_id="staff_applications_list", responses=StaffApplicationSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return applications in your scope, newest first."""
        return super().get(request, *args, **kwargs)


class StaffLoansView(StaffListView):
    """Loans in one's scope."""

    required_scope = rights.VIEW_LOANS
    serializer_class = StaffLoanSerializer
    filterset_class = LoanFilter
    queryset = Loan.objects.none()

    def get_rows(self) -> Any:
        """Return the loans in the caller's scope."""
        access = access_right(user_of(self.request), rights.VIEW_LOANS)
        rows = list_loans(scope_condition(access, rights.VIEW_LOANS, owner="borrower__rm"))
        return rows.annotate(customer_number=F("borrower__number"))

    @extend_schema(operation_id="staff_loans_list", responses=StaffLoanSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return loans in your scope, newest first."""
        return super().get(request, *args, **kwargs)
