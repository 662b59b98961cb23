"""What staff enter about contacts, notes, promises, needs, opportunities, leads and findings."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.web.widgets import DayInput, MomentInput
from customers.models import Contact, CustomerRole, Lead, Method, Note, Opportunity, ResearchNote
from customers.operations.costs import KINDS
from customers.operations.needs import NeedFacts
from customers.rules.leads import INTAKES
from customers.web.forms import ContactForm
from staff.models import StaffMember

_ANY = [("", _("any"))]

# The words for the fields that the intakes of the thirteen methods ask for.
ORIGIN_LABELS = {
    "relation": _("How we know each other"),
    "occasion": _("Occasion"),
    "introduced_how": _("How he was introduced"),
    "enquiry": _("What he asked"),
    "enquiry_channel": _("Where he asked"),
    "place": _("Place of the visit"),
    "visited_date": _("Day of the visit"),
    "impression": _("Impression"),
    "call_list": _("Call list"),
    "call_result": _("Result of the call"),
    "medium": _("Medium"),
    "advertisement": _("Advertisement"),
    "cost": _("Cost of the advertisement"),
    "event": _("Fair or event"),
    "stand": _("Stand"),
    "event_date": _("Day of the event"),
    "utm_source": _("Source (utm_source)"),
    "utm_medium": _("Medium (utm_medium)"),
    "utm_campaign": _("Campaign (utm_campaign)"),
    "utm_content": _("Content (utm_content)"),
    "landing_page": _("Landing page"),
    "campaign": _("Campaign"),
    "message_id": _("Message"),
    "referral_code": _("Referral code"),
    "reward": _("Reward"),
    "query_name": _("Name of the query"),
    "trait": _("Shared trait"),
    "run_date": _("Day of the query"),
}


def ask_origin(method: str) -> dict[str, forms.Field]:
    """Return the fields of the origin that the intake of a method asks for."""
    intake = INTAKES[method]
    return {
        name: forms.CharField(label=ORIGIN_LABELS[name], required=name in intake.required, max_length=200)
        for name in intake.fields
    }


class FullContactForm(ContactForm):
    """A contact with place and photo."""

    minutes = forms.IntegerField(label=_("Minutes"), required=False, min_value=1, max_value=600)
    place = forms.CharField(label=_("Place"), required=False, max_length=120)
    latitude = forms.DecimalField(label=_("Latitude"), required=False, max_digits=8, decimal_places=5)
    longitude = forms.DecimalField(label=_("Longitude"), required=False, max_digits=8, decimal_places=5)
    photo = forms.FileField(label=_("Photo"), required=False)

    def clean_photo(self) -> bytes | None:
        """Return the picture's bytes; the operation judges them."""
        upload = self.cleaned_data["photo"]
        if upload is None:
            return None
        if upload.size > 5_000_000:
            raise forms.ValidationError(_("A JPEG or PNG picture of at most 5 MB."))
        content: bytes = upload.read()
        return content


class NoteForm(forms.Form):
    """A note or feedback."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Note.Kind.choices)
    text = forms.CharField(
        label=_("Text"),
        max_length=2000,
        help_text=_("@name tells a colleague who may see this customer."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_pinned = forms.BooleanField(label=_("Keep at the top"), required=False)


class PromiseForm(forms.Form):
    """What the customer gets, and until when."""

    text = forms.CharField(label=_("What the customer gets"), max_length=200)
    due_at = forms.DateTimeField(label=_("Until"), widget=MomentInput)


class PlanForm(forms.Form):
    """A contact to come."""

    channel = forms.ChoiceField(label=_("How"), choices=Contact.Channel.choices)
    purpose = forms.CharField(label=_("What for"), max_length=200)
    planned_at = forms.DateTimeField(label=_("When"), widget=MomentInput)


class NeedForm(forms.Form):
    """What somebody wants; rates in percent a year."""

    role = forms.ChoiceField(label=_("Wants to"), choices=CustomerRole.Role.choices)
    amount = forms.DecimalField(label=_("Amount"), required=False, max_digits=16, decimal_places=2, min_value=0)
    months = forms.IntegerField(label=_("Months"), required=False, min_value=1, max_value=600)
    percent = forms.DecimalField(
        label=_("Rate hoped for, % a year"), required=False, max_digits=6, decimal_places=4, min_value=0
    )
    purpose = forms.CharField(label=_("What for"), required=False, max_length=120)
    wanted_date = forms.DateField(label=_("Wanted by"), required=False, widget=DayInput)
    text = forms.CharField(label=_("In his words"), required=False, max_length=2000)

    def read_need(self) -> NeedFacts:
        """Return the need as the operation takes it."""
        data = self.cleaned_data
        percent = data["percent"]
        return NeedFacts(
            amount=data["amount"],
            months=data["months"],
            annual_rate=percent / Decimal(100) if percent is not None else None,
            purpose=data["purpose"],
            wanted_date=data["wanted_date"],
            text=data["text"],
        )


class OpportunityForm(forms.Form):
    """A deal in the making."""

    role = forms.ChoiceField(label=_("As"), choices=CustomerRole.Role.choices)
    title = forms.CharField(label=_("Title"), max_length=80)
    amount = forms.DecimalField(label=_("Amount"), max_digits=16, decimal_places=2, min_value=Decimal("0.01"))
    expected_date = forms.DateField(label=_("Expected by"), required=False, widget=DayInput)
    need = forms.CharField(required=False, max_length=22, widget=forms.HiddenInput)


class CostForm(forms.Form):
    """What serving the customer cost."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(code, KINDS[code]) for code in ("gift", "event", "other")])
    amount = forms.DecimalField(label=_("Amount"), max_digits=16, decimal_places=2, min_value=Decimal("0.01"))
    key = forms.CharField(max_length=40, widget=forms.HiddenInput)


class LeadFilter(forms.Form):
    """Which leads to list."""

    q = forms.CharField(label=_("Name, company, phone or number"), required=False, max_length=60)
    state = forms.MultipleChoiceField(
        label=_("State"), required=False, choices=Lead.State.choices, widget=forms.CheckboxSelectMultiple
    )
    method = forms.MultipleChoiceField(
        label=_("Acquisition method"), required=False, choices=Method.choices, widget=forms.CheckboxSelectMultiple
    )
    role = forms.ChoiceField(label=_("Wants to"), required=False, choices=[*_ANY, *CustomerRole.Role.choices])
    unanswered = forms.BooleanField(label=_("First response missing"), required=False)
    owner = forms.ModelChoiceField(StaffMember.objects.none(), label=_("RM"), required=False, empty_label=_("any"))
    since = forms.DateField(label=_("Came in since"), required=False, widget=DayInput)
    until = forms.DateField(label=_("Came in until"), required=False, widget=DayInput)

    def __init__(self, *args: Any, owners: QuerySet[StaffMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = owners.select_related("user")  # type: ignore[attr-defined]


class LeadForm(NeedForm):
    """A lead by one method: the method decides which fields of the origin are asked for."""

    name = forms.CharField(label=_("Name"), required=False, max_length=60)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=30)
    company = forms.CharField(label=_("Company"), required=False, max_length=80)
    has_marketing_consent = forms.BooleanField(label=_("Agreed to be contacted"), required=False)
    partner = forms.CharField(label=_("Partner code"), required=False, max_length=30)

    def __init__(self, *args: Any, method: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.intake = INTAKES[method]
        self.fields |= ask_origin(method)
        if self.intake.needs_introducer:
            self.fields["introducer"] = forms.CharField(label=_("Customer number of the introducer"), max_length=24)
        self.fields["phone"].required = self.intake.needs_phone
        self.fields["has_marketing_consent"].required = self.intake.is_consent_needed

    @property
    def person_fields(self) -> list[Any]:
        """Who it is."""
        return [self[name] for name in ("role", "name", "phone", "company", "partner", "has_marketing_consent")]

    @property
    def origin_fields(self) -> list[Any]:
        """Where he came from."""
        names = [*self.intake.fields, *(["introducer"] if self.intake.needs_introducer else [])]
        return [self[name] for name in names]

    @property
    def need_fields(self) -> list[Any]:
        """What he wants."""
        return [self[name] for name in ("amount", "months", "percent", "purpose", "wanted_date", "text")]


class AnswerForm(forms.Form):
    """A contact with a lead."""

    channel = forms.ChoiceField(label=_("How"), choices=Contact.Channel.choices)
    result = forms.ChoiceField(label=_("Result"), choices=Contact.Result.choices)
    note = forms.CharField(
        label=_("What was said"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class OpportunityFilter(forms.Form):
    """Which opportunities to show."""

    role = forms.ChoiceField(label=_("As"), required=False, choices=[*_ANY, *CustomerRole.Role.choices])
    stage = forms.MultipleChoiceField(
        label=_("Stage"), required=False, choices=Opportunity.Stage.choices, widget=forms.CheckboxSelectMultiple
    )
    rm = forms.ModelChoiceField(StaffMember.objects.none(), label=_("RM"), required=False, empty_label=_("any"))
    expected_from = forms.DateField(label=_("Expected since"), required=False, widget=DayInput)
    expected_to = forms.DateField(label=_("Expected until"), required=False, widget=DayInput)

    def __init__(self, *args: Any, owners: QuerySet[StaffMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rm"].queryset = owners.select_related("user")  # type: ignore[attr-defined]


class RangeFilter(forms.Form):
    """A stretch of days and a channel."""

    since = forms.DateField(label=_("From"), required=False, widget=DayInput)
    until = forms.DateField(label=_("Until"), required=False, widget=DayInput)
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=_ANY)

    def __init__(self, *args: Any, channels: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].choices = [*_ANY, *((name, name) for name in channels)]  # type: ignore[attr-defined]


class ResearchForm(forms.Form):
    """A finding."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ResearchNote.Kind.choices)
    title = forms.CharField(label=_("Title"), max_length=120)
    text = forms.CharField(label=_("Finding"), max_length=5000, widget=forms.Textarea(attrs={"rows": 4}))
    competitor = forms.CharField(label=_("Competitor"), required=False, max_length=60)
    source = forms.CharField(label=_("Source"), required=False, max_length=200)
    segment_code = forms.CharField(label=_("Target group"), required=False, max_length=60)
    lost_reason = forms.ChoiceField(label=_("Explains losses by"), required=False)

    def __init__(self, *args: Any, reasons: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lost_reason"].choices = [("", "–"), *reasons]  # type: ignore[attr-defined]
