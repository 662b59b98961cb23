"""What is chosen and entered about the relationship process."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.web.widgets import DayInput
from customers.models import CorrectiveAction, ProcessStep
from customers.rules.process import Standing
from staff.models import StaffMember

_ANY = [("", _("any"))]
STANDINGS = {
    Standing.ON_TIME: _("done on time"),
    Standing.DONE_LATE: _("done late"),
    Standing.LATE: _("late"),
    Standing.OPEN: _("not yet due"),
    Standing.SKIPPED: _("left out"),
    "JUDGED": _("done or late"),
}


class ProcessFilter(forms.Form):
    """Days, step and RM."""

    since = forms.DateField(label=_("Due from"), required=False, widget=DayInput)
    until = forms.DateField(label=_("Due until"), required=False, widget=DayInput)
    step = forms.ChoiceField(label=_("Process step"), required=False, choices=_ANY)
    rm = forms.ModelChoiceField(
        label=_("RM"), required=False, queryset=StaffMember.objects.none(), empty_label=_("any")
    )

    def __init__(self, *args: Any, steps: list[ProcessStep], members: QuerySet[StaffMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["step"].choices = [*_ANY, *((step.code, step.label) for step in steps)]  # type: ignore[attr-defined]
        self.fields["rm"].queryset = members  # type: ignore[attr-defined]


class StepFilter(ProcessFilter):
    """The same, and how the steps stand."""

    standing = forms.ChoiceField(
        label=_("State"), required=False, choices=[*_ANY, *((str(key), label) for key, label in STANDINGS.items())]
    )


class ReasonForm(forms.Form):
    """Why a step is settled by hand."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class ActionForm(forms.Form):
    """A corrective action."""

    step_code = forms.ChoiceField(label=_("Process step"), required=False)
    member = forms.ModelChoiceField(
        label=_("Whose steps"), required=False, queryset=StaffMember.objects.none(), empty_label=_("everybody's")
    )
    wrong = forms.CharField(label=_("What is wrong"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    remedy = forms.CharField(label=_("What is to be done"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    kpi = forms.ChoiceField(label=_("Figure it should move"), choices=CorrectiveAction.Kpi.choices)
    owner = forms.ModelChoiceField(label=_("Who sees to it"), queryset=StaffMember.objects.none())
    due_date = forms.DateField(label=_("Until"), widget=DayInput)

    def __init__(self, *args: Any, steps: list[ProcessStep], members: QuerySet[StaffMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("all steps")), *((step.code, step.label) for step in steps)]
        self.fields["step_code"].choices = choices  # type: ignore[attr-defined]
        self.fields["member"].queryset = members  # type: ignore[attr-defined]
        self.fields["owner"].queryset = members.filter(is_active=True)  # type: ignore[attr-defined]


class ResultForm(forms.Form):
    """What came of a corrective action."""

    result = forms.CharField(label=_("What came of it"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
