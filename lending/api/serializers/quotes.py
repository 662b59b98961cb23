"""Bodies of the loan calculator."""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import RateField, StrictSerializer
from lending.rules.terms import (
    FEES_MAX,
    TRANCHES_MAX,
    DayCount,
    FeeBasis,
    FeeWhen,
    LastInstalment,
    LevelBasis,
    Method,
    PaymentRounding,
    PeriodUnit,
    RowRounding,
)

# ASCII digits only: Decimal() itself also takes full-width and Arabic digits and "1_000".
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DAY_COUNT_SPELLINGS = {
    "rate/12": DayCount.THIRTY_360,
    "30e/360": DayCount.THIRTY_360,
    "360/30": DayCount.THIRTY_360,
    "actual/365f": DayCount.ACTUAL_365,
}
_PERIOD_SPELLINGS = {
    "2_weeks": PeriodUnit.TWO_WEEKS,
    "biweekly": PeriodUnit.TWO_WEEKS,
    "4_weeks": PeriodUnit.FOUR_WEEKS,
    "half_month": PeriodUnit.FIFTEEN_DAYS,
    "weekly": PeriodUnit.WEEK,
    "monthly": PeriodUnit.MONTH,
    "quarterly": PeriodUnit.QUARTER,
    "yearly": PeriodUnit.YEAR,
}


class NumberField(serializers.DecimalField):
    """Any finite number, as a JSON number or a string; the rules judge range and places."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=None, decimal_places=None, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the number. Raises ValidationError."""
        text = str(data).strip()
        # Longer texts fall to the base class, which refuses them for their length.
        if isinstance(data, bool) or (len(text) <= self.MAX_STRING_LENGTH and not _NUMBER.fullmatch(text)):
            self.fail("invalid")
        return super().to_internal_value(data)


class TermField(serializers.ChoiceField):
    """A choice in upper or lower case, its words joined by underscores, hyphens or spaces, or a known other spelling."""

    def __init__(self, kind: type[StrEnum], *, spellings: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        self.by_spelling: dict[str, str] = {**(spellings or {}), **{item.value.casefold(): item.value for item in kind}}
        super().__init__(list(kind), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the choice's own spelling. Raises ValidationError."""
        if isinstance(data, str):
            words = re.sub(r"[\s_-]+", "_", data.strip().casefold())
            words = re.sub(r"\bact\b", "actual", words)
            data = self.by_spelling.get(words, data)
        return super().to_internal_value(data)


class TermsSerializer(StrictSerializer):
    """A body in which null says the same as leaving an optional field out."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated body. Raises ValidationError."""
        if isinstance(data, Mapping):
            data = {
                name: value
                for name, value in data.items()
                if value is not None or name not in self.fields or self.fields[name].required
            }
        return super().to_internal_value(data)


class QuoteFeeSerializer(TermsSerializer):
    """One fee: `value` is yuan for FIXED, a fraction otherwise (0.01 is one per cent).

    `amount` says the same as a FIXED `value`, `rate` as one of the PRINCIPAL_RATE; a bare number is an `amount`.
    """

    name = serializers.CharField(max_length=60, required=False, allow_null=True, help_text="For the reader only.")
    value = NumberField()
    when = TermField(FeeWhen, default=FeeWhen.UPFRONT, allow_null=True)
    basis = TermField(FeeBasis, default=FeeBasis.FIXED, allow_null=True)
    rounding = TermField(RowRounding, default=RowRounding.HALF_UP, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        """Return the fee. Raises ValidationError."""
        if isinstance(data, str | int | Decimal) and not isinstance(data, bool):
            data = {"value": data}
        if isinstance(data, Mapping) and "value" not in data:
            data = {name: value for name, value in data.items() if name != "basis" or value is not None}
            if "amount" in data:
                data = {"basis": FeeBasis.FIXED, "value": data.pop("amount"), **data}
            elif "rate" in data:
                data = {"basis": FeeBasis.PRINCIPAL_RATE, "value": data.pop("rate"), **data}
        fee = super().to_internal_value(data)
        fee.pop("name", None)
        return fee


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "description": "One fee of so many yuan at the payout."},
            {"type": "number", "description": "The same."},
            {
                "type": "array",
                "items": {
                    "oneOf": [
                        {"type": "string"},
                        {"type": "number"},
                        {
                            "type": "object",
                            "properties": {
                                "name": {"type": "string"},
                                "value": {"type": "string", "format": "decimal"},
                                "amount": {"type": "string", "format": "decimal"},
                                "rate": {"type": "string", "format": "decimal"},
                                "when": {"type": "string", "enum": [*FeeWhen], "default": "UPFRONT"},
                                "basis": {"type": "string", "enum": [*FeeBasis], "default": "FIXED"},
                                "rounding": {"type": "string", "enum": [*RowRounding], "default": "HALF_UP"},
                            },
                        },
                    ]
                },
            },
        ],
        "nullable": True,
    }
)
class QuoteFeesField(serializers.ListField):
    """A list of fees, or one amount paid upfront."""

    child = QuoteFeeSerializer()

    def to_internal_value(self, data: Any) -> Any:
        """Return the fees. Raises ValidationError."""
        is_number = isinstance(data, int | Decimal) and not isinstance(data, bool)
        if is_number or (isinstance(data, str) and _NUMBER.fullmatch(data.strip())):
            data = [data]
        if isinstance(data, list) and len(data) > FEES_MAX:
            self.fail("max_length", max_length=FEES_MAX)
        return super().to_internal_value(data)


class QuoteTrancheSerializer(StrictSerializer):
    """One payout of a principal that is paid out in parts."""

    paid_out_on = serializers.DateField()
    amount = NumberField()


class QuoteAskedSerializer(TermsSerializer):
    """What a schedule is computed from; without `disbursed_on` the payout is today."""

    method = TermField(Method)
    principal = NumberField()
    annual_rate = NumberField(help_text="A fraction: 0.12 is twelve percent.")
    periods = serializers.IntegerField(
        required=False, allow_null=True, help_text="Left out for fixed_amount_per_period only."
    )
    period_unit = TermField(PeriodUnit, spellings=_PERIOD_SPELLINGS, default=PeriodUnit.MONTH, allow_null=True)
    day_count = TermField(DayCount, spellings=_DAY_COUNT_SPELLINGS, default=DayCount.THIRTY_360, allow_null=True)
    rounding = TermField(RowRounding, default=RowRounding.HALF_UP, allow_null=True)
    payment_step = NumberField(default=Decimal("0.01"), allow_null=True)
    payment_rounding = TermField(PaymentRounding, default=PaymentRounding.NEAREST, allow_null=True)
    level_basis = TermField(LevelBasis, default=LevelBasis.ACTUAL_PERIODS, allow_null=True)
    last_instalment = TermField(LastInstalment, default=LastInstalment.ABSORBS, allow_null=True)
    respread_residue = serializers.BooleanField(default=False)
    disbursed_on = serializers.DateField(required=False, allow_null=True)
    first_due_on = serializers.DateField(required=False, allow_null=True)
    due_day = serializers.IntegerField(required=False, allow_null=True)
    principal_grace = serializers.IntegerField(default=0, allow_null=True)
    interest_grace = serializers.IntegerField(default=0, allow_null=True)
    in_advance = serializers.BooleanField(default=False)
    first_day_counts = serializers.BooleanField(default=False)
    amount_per_period = NumberField(required=False, allow_null=True)
    fees = QuoteFeesField(required=False, allow_null=True)
    tranches = serializers.ListField(
        child=QuoteTrancheSerializer(), required=False, allow_null=True, max_length=TRANCHES_MAX
    )
    round_tranche_interest_once = serializers.BooleanField(default=False)


class FigureField(serializers.DecimalField):
    """Yuan with two places; more only where nothing is rounded and the payment step is finer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=None, decimal_places=None, **kwargs)


class QuoteRowSerializer(serializers.Serializer[Any]):
    """One instalment; `payment` is principal and interest, fees stand beside it."""

    n = serializers.IntegerField()
    due_date = serializers.DateField()
    principal = FigureField()
    interest = FigureField()
    fee = FigureField()
    payment = FigureField()
    balance = FigureField()


class QuoteSerializer(serializers.Serializer[Any]):
    """What the loan costs and when it is repaid; totals without fees, both annual rates with them."""

    payment = FigureField()
    last_payment = FigureField()
    total_interest = FigureField()
    total_payment = FigureField()
    total_fees = FigureField()
    apr_nominal = RateField()
    apr_effective = RateField()
    rows = QuoteRowSerializer(many=True)
