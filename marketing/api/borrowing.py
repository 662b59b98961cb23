"""A customer's coupons: what he has, what each would save, using one."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.serializers import RateField, StrictSerializer, YuanField
from core.api.views import CustomerAPIView, CustomerListView, read_body
from customers.queries.own import get_own_customer_id
from lending.models import Offer
from lending.queries.own import get_own_application
from marketing.models import Coupon
from marketing.operations.redeeming import redeem_coupon
from marketing.queries.offers import get_own_coupon_id, list_own_coupons
from marketing.queries.saving import list_choices
from marketing.texts import name_reason


class CouponSerializer(serializers.Serializer[Any]):
    """A coupon: on interest paid on time it pays back the share by which it lowers the rate."""

    id = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(Coupon.State.choices)
    discount_rate = RateField()
    covered_months = serializers.IntegerField(allow_null=True)
    most_per_coupon = YuanField()
    issued_at = serializers.DateTimeField()
    expires_date = serializers.DateField()
    application_id = serializers.CharField(allow_null=True)
    reserved = YuanField()
    spent = YuanField()


class NotUsableSerializer(serializers.Serializer[Any]):
    """Why a coupon cannot be used."""

    code = serializers.CharField()
    text = serializers.CharField()


class ChoiceSerializer(serializers.Serializer[Any]):
    """What a coupon would save at most on this application when every instalment is paid on time."""

    id = serializers.CharField()
    name = serializers.CharField()
    expires_date = serializers.DateField()
    saving = YuanField()
    reasons = NotUsableSerializer(many=True)


class CouponChosenSerializer(StrictSerializer):
    """The coupon to use."""

    coupon = serializers.CharField(max_length=22)


_ROW = ("id", "public_id", "state", "issued_at", "expires_date", "reserved", "spent")


def _list_rows(customer_id: int) -> Any:
    return list_own_coupons(customer_id).values(
        *_ROW,
        name=F("offer__name"),
        discount_rate=F("offer__discount_rate"),
        covered_months=F("offer__covered_months"),
        most_per_coupon=F("offer__most_per_coupon"),
        used_for=F("application__public_id"),
    )


def _shape(row: dict[str, Any]) -> dict[str, Any]:
    del row["id"]
    return {"id": row.pop("public_id"), **row, "application_id": row.pop("used_for")}


class CouponsView(CustomerListView):
    """A customer's coupons."""

    serializer_class = CouponSerializer
    queryset = Coupon.objects.none()

    def get_rows(self) -> Any:
        """Return the caller's coupons."""
        return _list_rows(get_own_customer_id(self.request.user))

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name the application."""
        used_for = row.pop("used_for")
        return {**super().shape_row(row), "application_id": used_for}

    @extend_schema(operation_id="me_coupons_list", responses=CouponSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your coupons, newest first."""
        return super().get(request, *args, **kwargs)


class ApplicationCouponsView(CustomerAPIView):
    """The coupons for one application."""

    needs_idempotency_key = True

    @extend_schema(operation_id="me_application_coupons_list", responses=ChoiceSerializer(many=True))
    def get(self, request: Request, public_id: str) -> Response:
        """Return what each of your coupons would save, and why one cannot be used."""
        application = get_own_application(get_own_customer_id(request.user), public_id)
        offer: Offer | None = getattr(application, "offer", None)
        choices = list_choices(application, offer, business_date=clock.business_date(), now=clock.now())
        return Response(
            [
                {
                    "id": one.coupon.public_id,
                    "name": one.coupon.offer.name,
                    "expires_date": one.coupon.expires_date,
                    "saving": str(one.verdict.saving),
                    "reasons": [{"code": code, "text": str(name_reason(code))} for code in one.verdict.reasons],
                }
                for one in choices
            ]
        )

    @extend_schema(
        operation_id="me_application_coupons_use", request=CouponChosenSerializer, responses={201: CouponSerializer}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Use a coupon before you accept the offer; contract and rate stay as they are."""
        body = read_body(CouponChosenSerializer, request)
        customer_id = get_own_customer_id(request.user)
        application = get_own_application(customer_id, public_id)

        def use(_key: str) -> tuple[int, Any]:
            coupon = redeem_coupon(
                coupon_id=get_own_coupon_id(customer_id, body["coupon"]),
                customer_id=customer_id,
                application_id=application.pk,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                business_date=clock.business_date(),
            )
            return 201, _shape(dict(_list_rows(customer_id).get(pk=coupon.pk)))

        return self.answer_once(request, use)
