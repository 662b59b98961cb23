"""What staff enter about a new customer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.widgets import DayInput

WISHES = [("", "–"), ("borrower", _("borrow")), ("investor", _("invest")), ("both", _("both"))]
SEXES = [("M", _("male")), ("F", _("female"))]


class NewCustomerForm(forms.Form):
    """What is asked of everybody; the operation judges the values."""

    name = forms.CharField(max_length=60)
    is_another = forms.BooleanField(label=_("This is another one than those shown"), required=False)

    def read_texts(self) -> dict[str, str]:
        """Return the texts by field, as the intake takes them."""
        return {name: text for name, text in self.cleaned_data.items() if name != "is_another" and text}


class CompanyForm(NewCustomerForm):
    """A new company."""

    name = forms.CharField(label=_("Company name"), max_length=60)
    identity_number = forms.CharField(
        label=_("Unified social credit code"),
        max_length=20,
        help_text=_("Eighteen characters of the business licence; the last one checks the others."),
    )
    legal_representative = forms.CharField(label=_("Legal representative"), required=False, max_length=60)
    contact_person = forms.CharField(label=_("Contact person"), required=False, max_length=60)
    phone = forms.CharField(label=_("Phone"), max_length=30)
    role = forms.ChoiceField(label=_("Wants to"), required=False, choices=WISHES)
    email = forms.CharField(label=_("E-mail"), required=False, max_length=200)
    address = forms.CharField(label=_("Business address"), required=False, max_length=200)

    @property
    def person_fields(self) -> list[Any]:
        """Which company it is: what is asked while it is typed."""
        return [self[name] for name in ("name", "identity_number", "legal_representative", "contact_person", "phone")]

    @property
    def other_fields(self) -> list[Any]:
        """What else is known."""
        return [self[name] for name in ("role", "email", "address")]


class EntryForm(NewCustomerForm):
    """A new person; the rules of the intake judge the values, as for files and the interface."""

    name = forms.CharField(label=_("Name"), max_length=60)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=30)
    identity_number = forms.CharField(
        label=_("Identity number"),
        required=False,
        max_length=20,
        help_text=_("Birth date and sex follow from it. A phone or an identity number is needed."),
    )
    role = forms.ChoiceField(label=_("Wants to"), required=False, choices=WISHES)
    birth_date = forms.CharField(
        label=_("Birth date"),
        required=False,
        max_length=20,
        widget=DayInput,
    )
    sex = forms.ChoiceField(label=_("Sex"), required=False, choices=[("", "–"), *SEXES])
    email = forms.CharField(label=_("E-mail"), required=False, max_length=200)
    address = forms.CharField(label=_("Address"), required=False, max_length=200)
    interests = forms.CharField(
        label=_("Interests"), required=False, max_length=300, help_text=_("Separate by commas.")
    )
    likes = forms.CharField(label=_("Personal likes"), required=False, max_length=200)

    @property
    def person_fields(self) -> list[Any]:
        """Who it is: what is asked while it is typed."""
        return [self[name] for name in ("name", "phone", "identity_number", "birth_date")]

    @property
    def other_fields(self) -> list[Any]:
        """What else is known."""
        return [self[name] for name in ("role", "sex", "email", "address", "interests", "likes")]
