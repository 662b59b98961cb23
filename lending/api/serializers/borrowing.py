"""Bodies of products, applications and offers."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import RateField, StrictSerializer, YuanField
from lending.models import Application, Listing, Offer, ProductFee
from lending.models.product import DayCount, Method, PeriodUnit


class FeeSerializer(serializers.Serializer[Any]):
    """One fee of a product."""

    code = serializers.CharField()
    name = serializers.CharField()
    payee = serializers.CharField()
    when = serializers.ChoiceField(ProductFee.When.choices)
    basis = serializers.ChoiceField(ProductFee.Basis.choices)
    rate = RateField()
    amount = YuanField()


class ExampleSerializer(serializers.Serializer[Any]):
    """What a product's least amount over its longest time costs at its highest rate, paid out today."""

    amount = YuanField()
    method = serializers.ChoiceField(Method.choices)
    periods = serializers.IntegerField()
    annual_rate = RateField()
    payment = YuanField()
    total_interest = YuanField()
    total_fees = YuanField()
    total_payment = YuanField()
    total_cost = YuanField()
    apr_nominal = RateField()


class ProductSerializer(serializers.Serializer[Any]):
    """What can be borrowed, and on which terms."""

    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    methods = serializers.ListField(child=serializers.ChoiceField(Method.choices))
    period_unit = serializers.ChoiceField(PeriodUnit.choices)
    periods_allowed = serializers.ListField(child=serializers.IntegerField())
    amount_min = YuanField()
    amount_max = YuanField()
    amount_step = YuanField()
    day_count = serializers.ChoiceField(DayCount.choices)
    rounding = serializers.CharField()
    payment_step = YuanField()
    payment_rounding = serializers.CharField()
    principal_grace = serializers.IntegerField(help_text="Periods at the beginning in which no principal is due.")
    penalty_daily_rate = RateField()
    early_settlement_fee_rate = RateField()
    rate_by_grade = serializers.DictField(child=serializers.CharField())
    fees = FeeSerializer(many=True)
    example = ExampleSerializer(allow_null=True)
    sheet = serializers.ListField(child=serializers.CharField(), help_text="The product in plain sentences.")


class ApplicationAskedSerializer(StrictSerializer):
    """A wish for a loan; the balance on other platforms is a declaration with a date."""

    product = serializers.SlugField(max_length=50)
    amount = YuanField(min_value=1)
    periods = serializers.IntegerField(min_value=1, max_value=600)
    method = serializers.ChoiceField(Method.choices)
    purpose = serializers.ChoiceField(Application.Purpose.choices)
    purpose_text = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    other_platform_balance = YuanField(min_value=0)


class AcceptanceSerializer(StrictSerializer):
    """What the borrower has read: the offer's own hash."""

    disclosure_hash = serializers.CharField(max_length=64)


class ApplicationRowSerializer(serializers.Serializer[Any]):
    """A row of the list of applications."""

    id = serializers.CharField()
    number = serializers.CharField()
    product_code = serializers.CharField()
    amount = YuanField()
    periods = serializers.IntegerField()
    method = serializers.ChoiceField(Method.choices)
    purpose = serializers.ChoiceField(Application.Purpose.choices)
    state = serializers.ChoiceField(Application.State.choices)
    submitted_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()
    grade = serializers.CharField()
    annual_rate = RateField(allow_null=True)
    approved_amount = YuanField(allow_null=True)


class StaffApplicationSerializer(ApplicationRowSerializer):
    """The same for staff, with the customer's number."""

    customer_number = serializers.CharField()


class ReasonSerializer(serializers.Serializer[Any]):
    """Why it was decided so."""

    code = serializers.CharField()
    text = serializers.CharField()


class DecisionSerializer(serializers.Serializer[Any]):
    """The decision, its reasons in plain words."""

    outcome = serializers.CharField()
    grade = serializers.CharField()
    decided_at = serializers.DateTimeField()
    reasons = ReasonSerializer(many=True)


class CostSerializer(serializers.Serializer[Any]):
    """One charge: what, how, at which rate, to whom."""

    code = serializers.CharField()
    name = serializers.CharField()
    how = serializers.CharField()
    rate = serializers.CharField()
    amount = serializers.CharField()
    payee = serializers.CharField()
    stage = serializers.CharField()


class OfferRowSerializer(serializers.Serializer[Any]):
    """One instalment of the offer, for a payout on the day it was made."""

    n = serializers.IntegerField()
    due_date = serializers.DateField()
    principal = YuanField()
    interest = YuanField()
    fee = YuanField()
    payment = YuanField()
    balance = YuanField()


class OfferSerializer(serializers.Serializer[Any]):
    """The terms on offer with everything they cost."""

    state = serializers.ChoiceField(Offer.State.choices)
    amount = YuanField()
    periods = serializers.IntegerField()
    method = serializers.ChoiceField(Method.choices)
    annual_rate = RateField()
    apr_nominal = RateField()
    apr_effective = RateField()
    cap_rate = RateField()
    total_interest = YuanField()
    total_fees = YuanField()
    total_payment = YuanField()
    cost_table = CostSerializer(many=True)
    schedule = OfferRowSerializer(many=True)
    disclosure_hash = serializers.CharField()
    expires_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)


class OwnListingSerializer(serializers.Serializer[Any]):
    """How far the borrower's own listing is."""

    id = serializers.CharField()
    number = serializers.CharField()
    state = serializers.ChoiceField(Listing.State.choices)
    amount = YuanField()
    funded = YuanField()
    bid_count = serializers.IntegerField()
    deadline_date = serializers.DateField()


class ApplicationSerializer(ApplicationRowSerializer):
    """An application with its decision, offer and listing."""

    purpose_text = serializers.CharField()
    decision = DecisionSerializer(allow_null=True)
    offer = OfferSerializer(allow_null=True)
    listing = OwnListingSerializer(allow_null=True)
