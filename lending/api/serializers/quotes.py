"""Bodies of the loan calculator."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.serializers import RateField, StrictSerializer, YuanField
from lending.rules.terms import (
    DayCount,
    FeeBasis,
    FeeWhen,
    Method,
    PaymentRounding,
    PeriodUnit,
    RowRounding,
)


class NumberField(serializers.DecimalField):
    """Any finite number; the rules judge range and places."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=None, decimal_places=None, **kwargs)


class QuoteFeeSerializer(StrictSerializer):
    """One fee: `value` is yuan for FIXED, a fraction otherwise (0.01 is one per cent)."""

    value = NumberField()
    when = serializers.ChoiceField(list(FeeWhen), default=FeeWhen.UPFRONT)
    basis = serializers.ChoiceField(list(FeeBasis), default=FeeBasis.FIXED)


class QuoteAskedSerializer(StrictSerializer):
    """What a schedule is computed from; without `disbursed_on` the payout is today."""

    method = serializers.ChoiceField(list(Method))
    principal = NumberField()
    annual_rate = NumberField(help_text="A fraction: 0.12 is twelve percent.")
    periods = serializers.IntegerField(required=False, help_text="Left out for fixed_amount_per_period only.")
    period_unit = serializers.ChoiceField(list(PeriodUnit), default=PeriodUnit.MONTH)
    day_count = serializers.ChoiceField(list(DayCount), default=DayCount.THIRTY_360)
    rounding = serializers.ChoiceField(list(RowRounding), default=RowRounding.HALF_UP)
    payment_step = NumberField(default=Decimal("0.01"))
    payment_rounding = serializers.ChoiceField(list(PaymentRounding), default=PaymentRounding.NEAREST)
    disbursed_on = serializers.DateField(required=False)
    first_due_on = serializers.DateField(required=False, allow_null=True)
    principal_grace = serializers.IntegerField(default=0)
    interest_grace = serializers.IntegerField(default=0)
    in_advance = serializers.BooleanField(default=False)
    amount_per_period = NumberField(required=False, allow_null=True)
    fees = QuoteFeeSerializer(many=True, required=False)


class QuoteRowSerializer(serializers.Serializer[Any]):
    """One instalment; `payment` is principal and interest, fees stand beside it."""

    n = serializers.IntegerField()
    due_date = serializers.DateField()
    principal = YuanField()
    interest = YuanField()
    fee = YuanField()
    payment = YuanField()
    balance = YuanField()


class QuoteSerializer(serializers.Serializer[Any]):
    """What the loan costs and when it is repaid; totals without fees, both annual rates with them."""

    payment = YuanField()
    last_payment = YuanField()
    total_interest = YuanField()
    total_payment = YuanField()
    total_fees = YuanField()
    apr_nominal = RateField()
    apr_effective = RateField()
    rows = QuoteRowSerializer(many=True)
