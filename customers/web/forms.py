"""What staff enter about customers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.widgets import MomentInput
from customers.models import Contact


class ContactForm(forms.Form):
    """What was talked about."""

    channel = forms.ChoiceField(label=_("How"), choices=Contact.Channel.choices)
    result = forms.ChoiceField(
        label=_("Result"), required=False, choices=Contact.Result.choices, initial=Contact.Result.REACHED
    )
    note = forms.CharField(
        label=_("What was said"),
        required=False,
        max_length=1000,
        help_text=_("@name tells a colleague who may see this customer."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    promised_at = forms.DateTimeField(label=_("Next contact promised for"), required=False, widget=MomentInput)

    def clean_result(self) -> str:
        """Return what came of it; who says nothing reached the customer."""
        return self.cleaned_data["result"] or Contact.Result.REACHED


class ReminderForm(forms.Form):
    """What is to be done when."""

    text = forms.CharField(label=_("What is to be done"), max_length=200)
    due_at = forms.DateTimeField(label=_("When"), widget=MomentInput)
