"""Coupon offers and coupons for staff tokens."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.permissions import ByMethod
from core.api.serializers import RateField, StrictSerializer, YuanField
from core.api.views import StaffAPIView, StaffListView, read_body, user_of
from customers.queries.staff import access_customer
from marketing.models import Coupon, CouponOffer
from marketing.operations import issuing
from marketing.queries import offers as reads
from segmentation.queries.segments import get_segment
from staff import rights
from staff.queries import access_right


class CouponOfferSerializer(serializers.Serializer[Any]):
    """An offer with its budget."""

    id = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(CouponOffer.State.choices)
    discount_rate = RateField()
    covered_months = serializers.IntegerField(allow_null=True)
    most_per_coupon = YuanField()
    budget = YuanField()
    reserved = YuanField()
    spent = YuanField()
    first_deal_only = serializers.BooleanField()
    occasion = serializers.ChoiceField([("", ""), *CouponOffer.Occasion.choices])
    valid_from = serializers.DateField()
    valid_until = serializers.DateField()


class CouponOfferFiguresSerializer(CouponOfferSerializer):
    """An offer with what came of it among the reader's own customers."""

    issued = serializers.IntegerField()
    redeemed = serializers.IntegerField()
    loans = serializers.IntegerField()
    spent_in_reach = YuanField()
    spent_per_loan = YuanField(allow_null=True)


class SegmentChosenSerializer(StrictSerializer):
    """Whose members get coupons."""

    segment = serializers.CharField(max_length=22)


class IssueSerializer(serializers.Serializer[Any]):
    """A handing out; the counts come when a worker has done it."""

    asked_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField())


class StaffCouponSerializer(serializers.Serializer[Any]):
    """A customer's coupon."""

    id = serializers.CharField()
    offer = serializers.CharField()
    state = serializers.ChoiceField(Coupon.State.choices)
    issued_at = serializers.DateTimeField()
    expires_date = serializers.DateField()
    reserved = YuanField()
    spent = YuanField()


class OfferChosenSerializer(StrictSerializer):
    """Of which offer a customer gets a coupon."""

    offer = serializers.CharField(max_length=22)


_OFFER = (
    "name",
    "state",
    "discount_rate",
    "covered_months",
    "most_per_coupon",
    "budget",
    "reserved",
    "spent",
    "first_deal_only",
    "occasion",
    "valid_from",
    "valid_until",
)
_COUPON = ("state", "issued_at", "expires_date", "reserved", "spent")


class StaffOffersView(StaffListView):
    """All offers."""

    required_scope = rights.VIEW_COUPONS
    serializer_class = CouponOfferSerializer
    queryset = CouponOffer.objects.none()

    def get_rows(self) -> Any:
        """Return the offers."""
        access_right(user_of(self.request), rights.VIEW_COUPONS)
        return reads.list_offers().order_by("-id").values("id", "public_id", *_OFFER)

    @extend_schema(operation_id="staff_coupon_offers_list", responses=CouponOfferSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return coupon offers, newest first."""
        return super().get(request, *args, **kwargs)


class StaffOfferView(StaffAPIView):
    """One offer."""

    required_scope = rights.VIEW_COUPONS

    @extend_schema(operation_id="staff_coupon_offers_read", responses=CouponOfferFiguresSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return an offer with what came of it among your customers."""
        access = access_right(user_of(request), rights.VIEW_COUPONS)
        offer = reads.get_offer(public_id)
        figures = reads.measure_offer(access, offer)
        return Response(
            {
                "id": offer.public_id,
                **{name: getattr(offer, name) for name in _OFFER},
                "issued": figures.issued,
                "redeemed": figures.redeemed,
                "loans": figures.loans,
                "spent_in_reach": figures.spent,
                "spent_per_loan": figures.per_loan,
            }
        )


class StaffIssuesView(StaffAPIView):
    """Handing coupons out to a segment."""

    required_scope = rights.EDIT_COUPONS
    needs_idempotency_key = True

    @extend_schema(
        operation_id="staff_coupon_offers_issue", request=SegmentChosenSerializer, responses={202: IssueSerializer}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Have coupons handed out to the members of a segment."""
        access_right(user_of(request), rights.EDIT_COUPONS)
        body = read_body(SegmentChosenSerializer, request)
        offer = reads.get_offer(public_id)

        def issue(_key: str) -> tuple[int, Any]:
            asked = issuing.ask_issue(
                offer_id=offer.pk,
                segment_id=get_segment(body["segment"]).pk,
                actor=user_of(request),
                now=clock.now(),
                business_date=clock.business_date(),
            )
            return 202, {"asked_at": asked.asked_at, "done_at": asked.done_at, "counts": asked.counts}

        return self.answer_once(request, issue)


class StaffCustomerCouponsView(StaffListView, StaffAPIView):
    """The coupons of one customer in one's reach."""

    required_scope: Any = ByMethod(rights.VIEW_COUPONS, rights.GIVE_COUPONS)
    needs_idempotency_key = True
    serializer_class = StaffCouponSerializer
    queryset = Coupon.objects.none()

    def get_rows(self) -> Any:
        """Return the customer's coupons."""
        access = access_right(user_of(self.request), rights.VIEW_COUPONS)
        customer = access_customer(access, self.kwargs["public_id"], rights.VIEW_COUPONS)
        return reads.list_own_coupons(customer.pk).values("id", "public_id", *_COUPON, name=F("offer__name"))

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name the offer."""
        name = row.pop("name")
        return {**super().shape_row(row), "offer": name}

    @extend_schema(operation_id="staff_customer_coupons_list", responses=StaffCouponSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the customer's coupons, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="staff_customer_coupons_give",
        request=OfferChosenSerializer,
        responses={201: StaffCouponSerializer},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Give the customer a coupon."""
        access = access_right(user_of(request), rights.GIVE_COUPONS)
        body = read_body(OfferChosenSerializer, request)
        customer = access_customer(access, public_id, rights.GIVE_COUPONS)

        def give(_key: str) -> tuple[int, Any]:
            offer = reads.get_offer(body["offer"])
            coupon = issuing.give_coupon(
                offer_id=offer.pk,
                customer_id=customer.pk,
                actor=user_of(request),
                now=clock.now(),
                business_date=clock.business_date(),
            )
            shown = {name: getattr(coupon, name) for name in _COUPON}
            return 201, {"id": coupon.public_id, **shown, "offer": offer.name}

        return self.answer_once(request, give)
