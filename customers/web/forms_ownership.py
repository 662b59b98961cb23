"""What is entered about owners, pools and handovers."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import Collaborator, Pool
from staff.models import StaffMember


def _members(queryset: QuerySet[StaffMember], label: Any, **more: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(queryset=queryset, label=label, **more)


class OwnerForm(forms.Form):
    """Who looks after the customer from now on: a colleague, or a public pool."""

    member = _members(StaffMember.objects.none(), _("New RM"), required=False)
    pool = forms.ModelChoiceField(Pool.objects.none(), label=_("Or into the public pool"), required=False)
    note = forms.CharField(label=_("Why"), required=False, max_length=200)
    is_forced = forms.BooleanField(label=_("Even above the capacity"), required=False)

    def __init__(self, *args: Any, owners: Any, pools: Any, may_exceed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = owners  # type: ignore[attr-defined]
        self.fields["pool"].queryset = pools  # type: ignore[attr-defined]
        if not may_exceed:
            del self.fields["is_forced"]


class CollaboratorForm(forms.Form):
    """Who works on the customer too."""

    member = _members(StaffMember.objects.none(), _("Colleague"))
    level = forms.ChoiceField(label=_("Level"), choices=Collaborator.Level.choices)
    title = forms.CharField(label=_("As"), required=False, max_length=40, help_text=_("Adviser for funds, for example"))

    def __init__(self, *args: Any, members: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members  # type: ignore[attr-defined]


class BackupForm(forms.Form):
    """Who stands in for the RM."""

    backup = _members(StaffMember.objects.none(), _("Backup RM"), required=False, empty_label=_("nobody"))

    def __init__(self, *args: Any, members: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["backup"].queryset = members  # type: ignore[attr-defined]


class ReleaseForm(forms.Form):
    """Into which pool, and why."""

    pool = forms.ModelChoiceField(Pool.objects.none(), label=_("Public pool"), empty_label=None)
    reason = forms.CharField(label=_("Why"), max_length=200)

    def __init__(self, *args: Any, pools: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pool"].queryset = pools  # type: ignore[attr-defined]


class PoolFilter(forms.Form):
    """Which customers of a pool."""

    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[("", _("any")), ("borrower", _("Borrower")), ("investor", _("Investor"))],
    )
    q = forms.CharField(label=_("Surname"), required=False, max_length=4)


class ConflictForm(forms.Form):
    """Whom somebody is about to enter."""

    name = forms.CharField(label=_("Name"), required=False, max_length=60)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=20)
    identity_number = forms.CharField(label=_("Identity number"), required=False, max_length=20)


class HandoverForm(forms.Form):
    """Whose book goes to whom."""

    giver = _members(StaffMember.objects.none(), _("Whose book"))
    receivers = forms.ModelMultipleChoiceField(
        StaffMember.objects.none(), label=_("To whom"), widget=forms.CheckboxSelectMultiple
    )
    is_leaving = forms.BooleanField(
        label=_("Leaves the company"), required=False, help_text=_("The log-in ends; the book is watched for 90 days.")
    )

    def __init__(self, *args: Any, givers: Any, owners: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["giver"].queryset = givers  # type: ignore[attr-defined]
        self.fields["receivers"].queryset = owners  # type: ignore[attr-defined]
