"""What risk staff enter."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.rules.formats import rate_text
from core.web.widgets import DayInput
from lending.models import Application, Product
from risk.models import Alert
from risk.models.alerts import Severity
from risk.models.decisions import Outcome
from risk.reasons import REASONS
from staff import rights
from staff.models import StaffMember
from staff.queries import list_members_with_right

_GRADES = [(grade, grade) for grade in "ABCDE"]


class ApplicationFilter(forms.Form):
    """Conditions on applications."""

    q = forms.CharField(label=_("Borrower or application number"), required=False, max_length=60)
    state = forms.MultipleChoiceField(
        label=_("State"), required=False, choices=Application.State.choices, widget=forms.CheckboxSelectMultiple
    )
    grade = forms.MultipleChoiceField(
        label=_("Grade"), required=False, choices=_GRADES, widget=forms.CheckboxSelectMultiple
    )
    product = forms.ModelChoiceField(
        label=_("Product"), required=False, queryset=Product.objects.none(), to_field_name="code", empty_label=_("any")
    )
    rm = forms.ModelChoiceField(StaffMember.objects.none(), label=_("RM"), required=False, empty_label=_("any"))
    submitted_from = forms.DateField(label=_("Submitted since"), required=False, widget=DayInput)
    submitted_to = forms.DateField(label=_("Submitted until"), required=False, widget=DayInput)

    def __init__(self, *args: Any, owners: QuerySet[StaffMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rm"].queryset = owners.select_related("user")  # type: ignore[attr-defined]
        self.fields["product"].queryset = Product.objects.order_by("code")  # type: ignore[attr-defined]


class ProposalForm(forms.Form):
    """A proposal on a referred application."""

    outcome = forms.ChoiceField(
        label=_("Proposal"),
        choices=[(Outcome.APPROVE.value, _("approve")), (Outcome.DECLINE.value, _("decline"))],
    )
    grade = forms.ChoiceField(
        label=_("Grade"), required=False, help_text=_("The rate follows from the grade. Only for an approval.")
    )
    approved_amount = forms.DecimalField(
        label=_("Amount"), max_digits=18, decimal_places=2, required=False, help_text=_("Only for an approval.")
    )
    reason_codes = forms.MultipleChoiceField(
        label=_("Reasons that the customer is told"),
        required=False,
        help_text=_("At least one for a refusal."),
    )
    note = forms.CharField(label=_("Grounds"), required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grade"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *(
                (grade, f"{grade} · {rate_text(Decimal(rate))}")
                for grade, rate in sorted(product.rate_by_grade.items())
            ),
        ]
        self.fields["reason_codes"].choices = [  # type: ignore[attr-defined]
            (code, reason.staff) for code, reason in REASONS.items()
        ]


class AlertFilter(forms.Form):
    """Conditions on alerts."""

    state = forms.MultipleChoiceField(
        label=_("State"), required=False, choices=Alert.State.choices, widget=forms.CheckboxSelectMultiple
    )
    severity = forms.MultipleChoiceField(
        label=_("Severity"), required=False, choices=Severity.choices, widget=forms.CheckboxSelectMultiple
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("any")), *Alert.Kind.choices])
    mine = forms.BooleanField(label=_("Mine"), required=False)
    owner = forms.ModelChoiceField(StaffMember.objects.none(), label=_("Owner"), required=False, empty_label=_("any"))
    raised_from = forms.DateField(label=_("Raised since"), required=False, widget=DayInput)
    raised_to = forms.DateField(label=_("Raised until"), required=False, widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = list_members_with_right(rights.HANDLE_ALERTS).select_related("user").order_by("pk")
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]
