"""Bodies as the API takes and gives them."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class StrictSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A request body; a field that the API does not know is refused instead of silently ignored."""

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; none repeats in its refusal what was sent, be it a phone in the wrong place."""
        fields = super().get_fields()
        for field in fields.values():
            if isinstance(field, serializers.ChoiceField):
                field.error_messages["invalid_choice"] = _("Choose one of the list.")
        return fields

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated body. Raises ValidationError."""
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name[:80]: [_("There is no such field.")] for name in unknown[:20]})
        return super().to_internal_value(data)


# ASCII digits only: Decimal() itself also takes full-width and Arabic digits, "1_000" and "1e3".
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,10})?")


class YuanField(serializers.DecimalField):
    """Yuan with at most two places, a string in answers."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount. Raises ValidationError for everything that is not plainly written."""
        if isinstance(data, bool) or not _PLAIN_NUMBER.fullmatch(str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=18, decimal_places=2, **kwargs)


class RateField(serializers.DecimalField):
    """A fraction a year with six places: 0.120000 is twelve percent."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=9, decimal_places=6, **kwargs)


class ProblemSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A refusal (RFC 9457): what is wrong, and what to do next."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; the sentence in `title` follows Accept-Language.")
    detail = serializers.CharField(required=False)
    next_step = serializers.CharField(required=False)
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
