"""Products, applications, offers."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.views import CustomerAPIView, CustomerListView, read_body
from customers.queries.own import get_own_customer_id
from customers.texts import render_text
from lending.api.product_sheet import write_sheet
from lending.api.serializers.borrowing import (
    AcceptanceSerializer,
    ApplicationAskedSerializer,
    ApplicationRowSerializer,
    ApplicationSerializer,
    OwnListingSerializer,
    ProductSerializer,
)
from lending.models import Application, Listing, Offer
from lending.operations import applications, listings, offers
from lending.queries.disclosure import get_product_id, list_products
from lending.queries.own import get_own_application, get_own_listing_id, list_applications

_OFFER = (
    "state",
    "amount",
    "periods",
    "method",
    "annual_rate",
    "apr_nominal",
    "apr_effective",
    "cap_rate",
    "total_interest",
    "total_fees",
    "total_payment",
    "cost_table",
    "schedule",
    "disclosure_hash",
    "expires_at",
    "accepted_at",
)
_APPLICATION = (
    "number",
    "amount",
    "periods",
    "method",
    "purpose",
    "purpose_text",
    "state",
    "submitted_at",
    "decided_at",
    "ended_at",
    "outcome",
    "grade",
    "annual_rate",
    "approved_amount",
)


def _pick(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _describe(application: Application) -> dict[str, Any]:
    offer: Offer | None = getattr(application, "offer", None)
    listing: Listing | None = getattr(application, "listing", None)
    decision = None
    if application.decided_at is not None:
        reasons = [{"code": code, "text": render_text(f"risk.reason.{code}", {})} for code in application.reason_codes]
        decision = {**_pick(application, ("outcome", "grade", "decided_at")), "reasons": reasons}
    return {
        "id": application.public_id,
        "product_code": application.product.code,
        **_pick(application, _APPLICATION),
        "decision": decision,
        "offer": _pick(offer, _OFFER) if offer is not None else None,
        "listing": describe_listing(listing) if listing is not None else None,
    }


def describe_listing(listing: Listing) -> dict[str, Any]:
    """Return what a borrower sees of his own listing."""
    names = ("number", "state", "amount", "funded", "bid_count", "deadline_date")
    return {"id": listing.public_id, **_pick(listing, names)}


class ProductsView(APIView):
    """What can be borrowed."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="products_list", responses=ProductSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return the products that take applications."""
        products = list_products(clock.business_date())
        return Response([{**product, "sheet": write_sheet(product)} for product in products])


class ApplicationsView(CustomerListView, CustomerAPIView):
    """A borrower's applications."""

    needs_idempotency_key = True
    serializer_class = ApplicationRowSerializer

    def get_rows(self) -> Any:
        """Return the caller's applications."""
        return list_applications(Q(customer_id=get_own_customer_id(self.request.user)))

    @extend_schema(operation_id="me_applications_list", responses=ApplicationRowSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your applications, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=ApplicationAskedSerializer, responses={201: ApplicationSerializer})
    def post(self, request: Request) -> Response:
        """Apply for a loan; the decision takes a few seconds."""
        body = read_body(ApplicationAskedSerializer, request)
        customer_id = get_own_customer_id(request.user)

        def apply(_key: str) -> tuple[int, Any]:
            product_id = get_product_id(body.pop("product"))
            application = applications.submit_application(
                customer_id=customer_id,
                product_id=product_id,
                now=clock.now(),
                business_date=clock.business_date(),
                **body,
            )
            return 201, _describe(application)

        return self.answer_once(request, apply)


class ApplicationView(CustomerAPIView):
    """One application."""

    @extend_schema(responses=ApplicationSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return an application with its decision, offer and listing."""
        return Response(_describe(get_own_application(get_own_customer_id(request.user), public_id)))


class WithdrawalOfApplicationView(CustomerAPIView):
    """A change of mind."""

    needs_idempotency_key = True

    @extend_schema(request=None, responses={200: ApplicationSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Withdraw an application that is not accepted yet."""
        customer_id = get_own_customer_id(request.user)
        application = get_own_application(customer_id, public_id)

        def withdraw(_key: str) -> tuple[int, Any]:
            applications.withdraw_application(application_id=application.pk, customer_id=customer_id, now=clock.now())
            return 200, _describe(get_own_application(customer_id, public_id))

        return self.answer_once(request, withdraw)


class AcceptanceView(CustomerAPIView):
    """The yes to an offer."""

    needs_idempotency_key = True

    @extend_schema(request=AcceptanceSerializer, responses={201: OwnListingSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Accept the offer whose disclosure you have read; its listing opens."""
        body = self.read_body(AcceptanceSerializer, request)
        customer_id = get_own_customer_id(request.user)
        application = get_own_application(customer_id, public_id)

        def accept(_key: str) -> tuple[int, Any]:
            offer: Offer | None = getattr(application, "offer", None)
            if offer is None:
                raise offers.OfferNotOpen
            listing = offers.accept_offer(
                offer_id=offer.pk,
                customer_id=customer_id,
                disclosure_hash=body["disclosure_hash"],
                now=clock.now(),
                business_date=clock.business_date(),
            )
            return 201, describe_listing(listing)

        return self.answer_once(request, accept)


class CancellationView(CustomerAPIView):
    """The end of an own listing."""

    needs_idempotency_key = True

    @extend_schema(request=None, responses={200: OwnListingSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Take your listing back before it is filled; every bid is released."""
        customer_id = get_own_customer_id(request.user)
        listing_id = get_own_listing_id(customer_id, public_id)

        def cancel(_key: str) -> tuple[int, Any]:
            listing = listings.cancel_listing(
                listing_id=listing_id,
                customer_id=customer_id,
                now=clock.now(),
                business_date=clock.business_date(),
            )
            return 200, describe_listing(listing)

        return self.answer_once(request, cancel)
