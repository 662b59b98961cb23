"""What staff enter about customers."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer
from staff.models import StaffMember

_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class CustomerFilter(forms.Form):
    """Which customers to list."""

    q = forms.CharField(label=_("Name, pinyin, phone or number"), required=False, max_length=60)
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[("", _("any")), ("borrower", _("Borrower")), ("investor", _("Investor"))],
    )
    stage = forms.MultipleChoiceField(
        label=_("Stage"), required=False, choices=Customer.Stage.choices, widget=forms.CheckboxSelectMultiple
    )
    risk_tier = forms.MultipleChoiceField(
        label=_("Risk tier"), required=False, choices=Customer.RiskTier.choices, widget=forms.CheckboxSelectMultiple
    )
    value_tier = forms.MultipleChoiceField(
        label=_("Value tier"), required=False, choices=Customer.ValueTier.choices, widget=forms.CheckboxSelectMultiple
    )
    status = forms.MultipleChoiceField(
        label=_("Status"), required=False, choices=Customer.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    overdue = forms.BooleanField(label=_("Overdue"), required=False)
    invested = forms.BooleanField(label=_("Has money lent out"), required=False)
    rm = forms.ModelChoiceField(
        label=_("RM"), required=False, queryset=StaffMember.objects.none(), empty_label=_("any")
    )
    registered_from = forms.DateField(
        label=_("Registered since"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, managers: QuerySet[StaffMember] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if managers is None:
            del self.fields["rm"]
        else:
            self.fields["rm"].queryset = managers  # type: ignore[attr-defined]


class ContactForm(forms.Form):
    """What was talked about."""

    channel = forms.ChoiceField(label=_("How"), choices=Contact.Channel.choices)
    result = forms.ChoiceField(
        label=_("Result"), required=False, choices=Contact.Result.choices, initial=Contact.Result.REACHED
    )
    note = forms.CharField(
        label=_("What was said"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    promised_at = forms.DateTimeField(label=_("Next contact promised for"), required=False, widget=_MOMENT)

    def clean_result(self) -> str:
        """Return what came of it; who says nothing reached the customer."""
        return self.cleaned_data["result"] or Contact.Result.REACHED


class ReminderForm(forms.Form):
    """What is to be done when."""

    text = forms.CharField(label=_("What is to be done"), max_length=200)
    due_at = forms.DateTimeField(label=_("When"), widget=_MOMENT)
