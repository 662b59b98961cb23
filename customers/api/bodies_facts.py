"""Bodies about profile, relations, documents and team."""

import base64
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.serializers import StrictSerializer, YuanField
from customers.models import Customer, CustomerRole, Document, Relation


class TeamMemberSerializer(serializers.Serializer[Any]):
    """Somebody who looks after the customer."""

    role = serializers.CharField()
    name = serializers.CharField()


class FactSerializer(serializers.Serializer[Any]):
    """One field of the profile; sensitive values masked."""

    value = serializers.CharField(allow_blank=True)
    label = serializers.CharField()  # type: ignore[assignment]
    is_sensitive = serializers.BooleanField()
    is_locked = serializers.BooleanField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    as_of = serializers.DateTimeField(allow_null=True)


class RoleSerializer(serializers.Serializer[Any]):
    """What one role of the customer is worth."""

    role = serializers.ChoiceField(CustomerRole.Role.choices)
    since_date = serializers.DateField(allow_null=True)
    stage = serializers.ChoiceField(Customer.Stage.choices)
    value_tier = serializers.ChoiceField(Customer.ValueTier.choices)
    risk_tier = serializers.ChoiceField(Customer.RiskTier.choices)
    value = YuanField()


class ClaimSerializer(serializers.Serializer[Any]):
    """What one source says about a field."""

    source = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField(allow_blank=True)
    as_of = serializers.DateTimeField()


class ConflictSerializer(serializers.Serializer[Any]):
    """A field about which sources disagree."""

    field = serializers.CharField()
    stored = serializers.CharField(allow_blank=True)
    claims = ClaimSerializer(many=True)


class StaffCustomerDetailSerializer(serializers.Serializer[Any]):
    """A customer as staff see him; sensitive values masked."""

    id = serializers.CharField()
    number = serializers.CharField()
    kind = serializers.ChoiceField(Customer.Kind.choices)
    status = serializers.ChoiceField(Customer.Status.choices)
    completeness = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField())
    roles = RoleSerializer(many=True)
    team = TeamMemberSerializer(many=True)
    facts = serializers.DictField(child=FactSerializer())
    conflicts = ConflictSerializer(many=True)


class FactsChangeSerializer(StrictSerializer):
    """Fields to be changed by name, as `facts` of the customer lists them; what is left out stays."""

    facts = serializers.DictField(child=serializers.JSONField(allow_null=True), allow_empty=False)


class RelationSerializer(serializers.Serializer[Any]):
    """A relation as this customer sees it; who is out of scope has no id and a masked name."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(Relation.Kind.choices)
    is_from_here = serializers.BooleanField()
    customer = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    amount = YuanField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField()


class RelationWrittenSerializer(StrictSerializer):
    """A relation to be written; `other` is the public id of a customer in scope."""

    kind = serializers.ChoiceField(Relation.Kind.choices)
    other = serializers.CharField(max_length=22)
    amount = YuanField(min_value=0, required=False, allow_null=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class DocumentSerializer(serializers.Serializer[Any]):
    """A paper of a customer, without its content."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(Document.Kind.choices)
    title = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    uploaded_at = serializers.DateTimeField()
    valid_until_date = serializers.DateField(allow_null=True)


class DocumentUploadSerializer(StrictSerializer):
    """A file to be kept: PDF, JPEG, PNG or WebP up to 8 MB in base64; what it is follows from its bytes."""

    kind = serializers.ChoiceField(Document.Kind.choices)
    title = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    content = serializers.CharField(max_length=11_200_000, help_text="base64", trim_whitespace=False)
    valid_until_date = serializers.DateField(required=False, allow_null=True, default=None)

    def validate_content(self, text: str) -> bytes:
        """Return the bytes."""
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as error:
            raise serializers.ValidationError(_("This is no base64.")) from error


class RelationsSerializer(serializers.Serializer[Any]):
    """A customer's relations, all of them."""

    results = RelationSerializer(many=True)


class DocumentsSerializer(serializers.Serializer[Any]):
    """A customer's papers, the newest two hundred."""

    results = DocumentSerializer(many=True)


class TeamSerializer(serializers.Serializer[Any]):
    """Who looks after the customer, the first adviser first."""

    results = TeamMemberSerializer(many=True)
