"""Bodies about leads."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import RateField, StrictSerializer, YuanField
from customers.models import Contact, CustomerRole, Lead, Method


class NeedFields(StrictSerializer):
    """What somebody wants; at least one of amount, purpose and text counts."""

    amount = YuanField(required=False)
    months = serializers.IntegerField(required=False, min_value=1, max_value=600)
    purpose = serializers.CharField(required=False, max_length=120, allow_blank=True, default="")  # type: ignore[assignment]
    text = serializers.CharField(required=False, max_length=2000, allow_blank=True, default="")  # type: ignore[assignment]


class PublicLeadSerializer(NeedFields):
    """The public form with its UTM marks; nothing is kept without consent to be contacted."""

    name = serializers.CharField(max_length=60)
    phone = serializers.CharField(max_length=30)
    role = serializers.ChoiceField(CustomerRole.Role.choices)
    consent = serializers.BooleanField()
    partner = serializers.CharField(required=False, max_length=30, allow_blank=True, default="")  # type: ignore[assignment]
    utm_source = serializers.CharField(max_length=200)
    utm_medium = serializers.CharField(required=False, max_length=200)
    utm_campaign = serializers.CharField(required=False, max_length=200)
    utm_content = serializers.CharField(required=False, max_length=200)
    landing_page = serializers.CharField(required=False, max_length=200)


class LeadThanksSerializer(serializers.Serializer[Any]):
    """The same answer for everybody: whether the phone is known stays in the house."""

    answer_within_minutes = serializers.IntegerField()


class LeadIntakeSerializer(NeedFields):
    """A lead by one of the thirteen methods; `origin` holds the fields that its intake asks for."""

    method = serializers.ChoiceField(Method.choices)
    role = serializers.ChoiceField(CustomerRole.Role.choices)
    name = serializers.CharField(required=False, max_length=60, allow_blank=True, default="")  # type: ignore[assignment]
    phone = serializers.CharField(required=False, max_length=30, allow_blank=True, default="")  # type: ignore[assignment]
    company = serializers.CharField(required=False, max_length=80, allow_blank=True, default="")  # type: ignore[assignment]
    origin = serializers.DictField(child=serializers.CharField(max_length=200), required=False, default=dict)
    introducer_number = serializers.CharField(required=False, max_length=24)
    partner = serializers.CharField(required=False, max_length=30, allow_blank=True, default="")  # type: ignore[assignment]
    consent = serializers.BooleanField(required=False, default=False)
    annual_rate = RateField(required=False)
    wanted_date = serializers.DateField(required=False)


class LeadActSerializer(StrictSerializer):
    """What an act on a lead needs: a contact for `answer`, a reason for `lose`, nothing else for the others."""

    channel = serializers.ChoiceField(Contact.Channel.choices, required=False)
    result = serializers.ChoiceField(Contact.Result.choices, required=False, default=Contact.Result.REACHED)
    note = serializers.CharField(required=False, max_length=1000, allow_blank=True, default="")  # type: ignore[assignment]
    reason = serializers.CharField(required=False, max_length=40, default="")  # type: ignore[assignment]


class StaffLeadSerializer(serializers.Serializer[Any]):
    """A lead; name and phone are masked."""

    id = serializers.CharField()
    number = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField()
    role = serializers.ChoiceField(CustomerRole.Role.choices)
    method = serializers.ChoiceField(Method.choices)
    state = serializers.ChoiceField(Lead.State.choices)
    score = serializers.IntegerField()
    lost_reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    answer_due_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    owner_name = serializers.CharField(allow_null=True)
