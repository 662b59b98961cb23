"""What marketers enter about an offer."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.widgets import DayInput
from customers.operations.moments import FARTHEST
from lending.models import Product
from marketing.models import CouponOffer
from segmentation.models import Segment


class OfferForm(forms.Form):
    """The terms of a new offer."""

    name = forms.CharField(label=_("Name of the offer"), max_length=60)
    description = forms.CharField(
        label=_("What for"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    discount_points = forms.DecimalField(
        label=_("Rate discount, percentage points a year"), max_digits=6, decimal_places=4,
        min_value=Decimal("0.0001"), max_value=Decimal("99"),
    )  # fmt: skip
    covered_months = forms.IntegerField(
        label=_("Months covered"), required=False, min_value=1, max_value=600,
        help_text=_("Interest that falls due later is not subsidised. Empty: all of it."),
    )  # fmt: skip
    most_per_coupon = forms.DecimalField(
        label=_("Most a coupon pays"), max_digits=18, decimal_places=2, min_value=Decimal("0.01")
    )
    budget = forms.DecimalField(label=_("Budget"), max_digits=18, decimal_places=2, min_value=Decimal("0.01"))
    products = forms.ModelMultipleChoiceField(
        Product.objects.none(), label=_("Products"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None: all products."),
    )  # fmt: skip
    first_deal_only = forms.BooleanField(label=_("For the first loan only"), required=False, initial=True)
    segment = forms.ModelChoiceField(
        Segment.objects.none(), label=_("Only for members of"), required=False, to_field_name="public_id",
        empty_label=_("everybody"),
    )  # fmt: skip
    valid_from = forms.DateField(label=_("Handed out from"), widget=DayInput)
    valid_until = forms.DateField(label=_("Handed out until"), widget=DayInput)
    coupon_days = forms.IntegerField(label=_("Days a coupon lives"), min_value=1, max_value=FARTHEST.days, initial=30)
    most_per_customer = forms.IntegerField(label=_("Most for one customer"), min_value=1, max_value=100, initial=1)
    occasion = forms.ChoiceField(
        label=_("Given by itself at"), required=False, choices=[("", _("no occasion")), *CouponOffer.Occasion.choices],
        help_text=_("Once to each borrower, while the budget covers every coupon that is out. Years count from the first deal."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["products"].queryset = Product.objects.exclude(state="RETIRED").order_by("code")  # type: ignore[attr-defined]
        self.fields["segment"].queryset = Segment.objects.filter(state="ACTIVE").order_by("name")  # type: ignore[attr-defined]

    def read(self) -> dict[str, Any]:
        """Return the terms as the operation takes them."""
        given = dict(self.cleaned_data)
        given["discount_rate"] = given.pop("discount_points") / 100
        given["product_ids"] = [product.pk for product in given.pop("products")]
        segment = given.pop("segment")
        return {**given, "segment_id": segment.pk if segment else None}
