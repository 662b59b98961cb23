"""Listings and bids."""

from decimal import Decimal
from typing import Any

import django_filters
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock, parameters
from core.api.views import CustomerAPIView, CustomerListView
from customers.queries.own import get_own_customer_id
from lending.api.serializers.lending import (
    BidAskedSerializer,
    BidSerializer,
    ListingRowSerializer,
    ListingSerializer,
)
from lending.models import Listing
from lending.operations import bids
from lending.queries.disclosure import (
    disclose_borrower,
    disclose_judgement,
    get_listing,
    list_listing_fees,
    list_listings,
)
from lending.queries.own import list_bids


class ListingFilter(django_filters.FilterSet):
    """What the market can be narrowed by; rates are fractions."""

    rate_min = django_filters.NumberFilter("annual_rate", "gte", max_digits=9, decimal_places=6)
    rate_max = django_filters.NumberFilter("annual_rate", "lte", max_digits=9, decimal_places=6)
    periods_min = django_filters.NumberFilter("periods", "gte", max_digits=3, decimal_places=0)
    periods_max = django_filters.NumberFilter("periods", "lte", max_digits=3, decimal_places=0)
    grade = django_filters.CharFilter("grade", max_length=4)
    state = django_filters.ChoiceFilter(choices=Listing.State.choices)

    class Meta:
        model = Listing
        fields: list[str] = []


class ListingsView(CustomerListView):
    """The market."""

    serializer_class = ListingRowSerializer
    filterset_class = ListingFilter
    queryset = Listing.objects.none()

    def get_rows(self) -> Any:
        """Return all listings."""
        return list_listings()

    @extend_schema(operation_id="listings_list", responses=ListingRowSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return listings, newest first."""
        return super().get(request, *args, **kwargs)


def _describe(listing: Listing) -> dict[str, Any]:
    columns = (
        "number",
        "title",
        "amount",
        "funded",
        "bid_count",
        "annual_rate",
        "periods",
        "method",
        "grade",
        "risk_grade",
        "state",
        "opened_at",
        "deadline_date",
    )
    product, application = listing.product, listing.application
    greatest = (listing.amount * product.bid_max_share).quantize(Decimal("0.01"))
    notice = parameters.get_value("lending.risk_notice_version", on=clock.business_date())
    return {
        "id": listing.public_id,
        **{name: getattr(listing, name) for name in columns},
        "product_code": product.code,
        "period_unit": product.period_unit,
        "purpose": application.purpose,
        "purpose_text": application.purpose_text,
        "interest_from": _("the day of the payout"),
        "source_of_repayment": _("the borrower's income"),
        "protection": _("None. Nobody guarantees principal or interest."),
        "fees": list_listing_fees(listing),
        "borrower": disclose_borrower(listing),
        "disclosures": disclose_judgement(listing),
        "bid_terms": {
            "least": product.bid_min,
            "step": product.bid_step,
            "greatest": greatest,
            "rest": listing.amount - listing.funded,
        },
        "risk_notice": {
            "version": notice,
            "text": _(
                "You lend your own money to a person you do not know. You may lose all of it. Neither the platform "
                "nor anybody else guarantees principal or interest."
            ),
        },
    }


class ListingView(CustomerAPIView):
    """One listing."""

    @extend_schema(operation_id="listings_retrieve", responses=ListingSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return everything to know before a bid."""
        return Response(_describe(get_listing(public_id)))


def _shape_bid(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in {"id", "public_id", "listing_public_id"}}
    return {"id": row["public_id"], "listing_id": row["listing_public_id"], **shown}


class BidView(CustomerAPIView):
    """Lending."""

    needs_idempotency_key = True

    @extend_schema(request=BidAskedSerializer, responses={201: BidSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Bid on a listing; the money is set aside at once."""
        body = self.read_body(BidAskedSerializer, request)
        investor_id = get_own_customer_id(request.user)
        listing = get_listing(public_id)

        def bid(key: str) -> tuple[int, Any]:
            placed = bids.place_bid(
                listing_id=listing.pk,
                investor_id=investor_id,
                amount=body["amount"],
                risk_notice_version=body["risk_notice_version"],
                idempotency_key=f"bid:{key}",
                now=clock.now(),
                business_date=clock.business_date(),
            )
            return 201, _shape_bid(list_bids(investor_id).get(pk=placed.bid.pk))

        return self.answer_once(request, bid)


class BidsView(CustomerListView):
    """An investor's bids."""

    serializer_class = BidSerializer

    def get_rows(self) -> Any:
        """Return the caller's bids."""
        return list_bids(get_own_customer_id(self.request.user))

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name the listing by its public id."""
        return _shape_bid(row)

    @extend_schema(operation_id="me_bids_list", responses=BidSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your bids, newest first."""
        return super().get(request, *args, **kwargs)
