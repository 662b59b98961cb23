"""A customer's own record and profile."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.versions import MatchMissing, VersionChanged, etag_of
from core.api.views import CustomerAPIView
from core.masking import mask_address, mask_email, mask_identity, mask_name, mask_phone
from customers.api.serializers import MeSerializer, ProfileChangeSerializer
from customers.models import Customer, FinancialProfile
from customers.operations import profile as profiles
from customers.queries.own import get_latest_profile, get_own_customer, get_preference, lock_own_customer

_ETAG = OpenApiParameter("ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200])
_AMOUNTS = ("monthly_debt_payment", "assets", "liabilities", "other_platform_balance")
_WORDS = ("occupation", "employer", "housing")


def _describe(customer: Customer) -> dict[str, Any]:
    preference = get_preference(customer)
    return {
        "id": customer.public_id,
        "number": customer.number,
        "status": customer.status,
        "name": mask_name(customer.name),
        "phone": mask_phone(customer.phone),
        "identity_number": mask_identity(customer.identity_number),
        "address": mask_address(customer.address),
        "email": mask_email(customer.email) if customer.email else "",
        "is_borrower": customer.is_borrower,
        "is_investor": customer.is_investor,
        "investor_type": customer.investor_type,
        "investor_type_expires_date": customer.investor_type_expires_date,
        "registered_at": customer.registered_at,
        "profile": _describe_profile(get_latest_profile(customer)),
        "preference": {"channels": preference.channels, "language": preference.language} if preference else None,
    }


def _describe_profile(profile: FinancialProfile | None) -> dict[str, Any] | None:
    if profile is None:
        return None
    return {
        "as_of_date": profile.as_of_date,
        "monthly_income": profile.monthly_income,
        **{name: getattr(profile, name) for name in (*_AMOUNTS, *_WORDS)},
        "is_student": profile.is_student,
        "employment_years": profile.employment_years,
    }


class MeView(CustomerAPIView):
    """The record itself."""

    @extend_schema(responses=MeSerializer, parameters=[_ETAG])
    def get(self, request: Request) -> Response:
        """Return your own record, sensitive figures masked."""
        described = _describe(get_own_customer(request.user))
        return Response(described, headers={"ETag": etag_of(described)})


class ProfileView(CustomerAPIView):
    """Finances, address and channels."""

    @extend_schema(
        request=ProfileChangeSerializer,
        responses={
            200: MeSerializer,
            412: OpenApiResponse(description="The record has changed since you read it."),
            428: OpenApiResponse(description="If-Match is missing."),
        },
        parameters=[_ETAG, OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)],
    )
    def patch(self, request: Request) -> Response:
        """Change your profile; what is left out stays."""
        expected = request.headers.get("If-Match", "")
        if not expected:
            raise MatchMissing
        body = self.read_body(ProfileChangeSerializer, request)
        with transaction.atomic():
            customer = lock_own_customer(request.user)
            if expected != etag_of(_describe(customer)):
                raise VersionChanged
            _change_preference(customer, body)
            _change_profile(customer, body)
            described = _describe(get_own_customer(request.user))
        return Response(described, headers={"ETag": etag_of(described)})


def _change_preference(customer: Customer, body: dict[str, Any]) -> None:
    channels, language = body.pop("channels", None), body.pop("language", None)
    if channels is None and language is None:
        return
    known = get_preference(customer)
    profiles.set_preference(
        customer_id=customer.pk,
        channels=channels or (known.channels if known else list(profiles.CHANNELS)),
        language=language or (known.language if known else "zh-hans"),
        now=clock.now(),
    )


def _change_profile(customer: Customer, body: dict[str, Any]) -> None:
    if not body:
        return
    known = get_latest_profile(customer) or FinancialProfile(monthly_income="0.00")
    old = {name: getattr(known, name) for name in (*_AMOUNTS, *_WORDS, "is_student", "employment_years")}
    facts: dict[str, Any] = {
        "address": customer.address,
        "email": customer.email,
        "monthly_income": known.monthly_income,
        **old,
        **body,
    }
    facts["monthly_income"] = str(facts["monthly_income"])
    facts.update({name: Decimal(facts[name]) for name in _AMOUNTS})
    profiles.update_profile(
        customer_id=customer.pk,
        source="SELF",
        now=clock.now(),
        business_date=clock.business_date(),
        **facts,
    )
