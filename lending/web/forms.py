"""Which loans and listings to list."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.widgets import DayInput
from lending.models import Listing, Loan, Product
from lending.models.product import Method
from staff.models import StaffMember

_BUCKETS = [("M0", "M0"), *((f"M{n}", f"M{n}") for n in range(1, 8))]


class LoanFilter(forms.Form):
    """Conditions on loans."""

    q = forms.CharField(label=_("Borrower or loan number"), required=False, max_length=60)
    state = forms.MultipleChoiceField(
        label=_("State"), required=False, choices=Loan.State.choices, widget=forms.CheckboxSelectMultiple
    )
    overdue = forms.BooleanField(label=_("Overdue"), required=False)
    bucket = forms.MultipleChoiceField(
        label=_("Bucket"), required=False, choices=_BUCKETS, widget=forms.CheckboxSelectMultiple
    )
    late_from = forms.IntegerField(label=_("Days past due at least"), required=False, min_value=1, max_value=9999)
    product = forms.ModelChoiceField(
        label=_("Product"), required=False, queryset=Product.objects.none(), to_field_name="code", empty_label=_("any")
    )
    method = forms.ChoiceField(label=_("Method"), required=False, choices=[("", _("any")), *Method.choices])
    rm = forms.ModelChoiceField(
        label=_("RM"), required=False, queryset=StaffMember.objects.none(), empty_label=_("any")
    )
    due_until = forms.DateField(label=_("Due until"), required=False, widget=DayInput)
    paid_out_from = forms.DateField(label=_("Paid out since"), required=False, widget=DayInput)
    paid_out_to = forms.DateField(label=_("Paid out until"), required=False, widget=DayInput)
    running_on = forms.DateField(label=_("Running on"), required=False, widget=DayInput)
    repaid_from = forms.DateField(label=_("Repayment since"), required=False, widget=DayInput)
    repaid_to = forms.DateField(label=_("Repayment until"), required=False, widget=DayInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["product"].queryset = Product.objects.order_by("code")  # type: ignore[attr-defined]
        members = StaffMember.objects.filter(is_active=True, roles__code="rm").select_related("user").distinct()
        self.fields["rm"].queryset = members  # type: ignore[attr-defined]


class ListingFilter(forms.Form):
    """Conditions on listings."""

    q = forms.CharField(label=_("Borrower or listing number"), required=False, max_length=60)
    state = forms.MultipleChoiceField(
        label=_("State"), required=False, choices=Listing.State.choices, widget=forms.CheckboxSelectMultiple
    )
    product = forms.ModelChoiceField(
        label=_("Product"), required=False, queryset=Product.objects.none(), to_field_name="code", empty_label=_("any")
    )
    ends_until = forms.DateField(label=_("Deadline until"), required=False, widget=DayInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["product"].queryset = Product.objects.order_by("code")  # type: ignore[attr-defined]
