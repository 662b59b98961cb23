"""Scoring models as staff see them: versions with the figures of their cards."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import StaffListView, user_of
from risk.models import Challenger, RuleState, Scorecard
from risk.queries.trainings import list_challengers, list_champions
from staff import rights

_COLUMNS = ("id", "code", "version", "state", "note", "made_at", "published_at", "retired_at")


class QualitySerializer(serializers.Serializer[Any]):
    """What a model is worth on applicants held out."""

    auc = serializers.FloatField()
    gini = serializers.FloatField()
    ks = serializers.FloatField()
    brier = serializers.FloatField()
    slope = serializers.FloatField()
    ece = serializers.FloatField()
    count = serializers.IntegerField()
    bad_count = serializers.IntegerField()


class ModelSerializer(serializers.Serializer[Any]):
    """One version of a model; quality is null where an expert set the points."""

    code = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(RuleState.choices)
    note = serializers.CharField()
    made_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)
    quality = QualitySerializer(allow_null=True)


class StaffChampionsView(StaffListView):
    """The models that decide or did."""

    required_scope = rights.VIEW_RULES
    serializer_class = ModelSerializer
    queryset = Scorecard.objects.none()

    def get_rows(self) -> Any:
        """Return all versions."""
        return list_champions(user_of(self.request)).values(*_COLUMNS, quality=F("card__quality"))

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name a version by code and number; its key stays here."""
        del row["id"]
        return row

    @extend_schema(operation_id="staff_models_list", responses=ModelSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the scoring models, newest first."""
        return super().get(request, *args, **kwargs)


class StaffChallengersView(StaffChampionsView):
    """The models beside them."""

    queryset = Challenger.objects.none()  # type: ignore[assignment]

    def get_rows(self) -> Any:
        """Return all versions."""
        return list_challengers(user_of(self.request)).values(*_COLUMNS, quality=F("card__quality"))

    @extend_schema(operation_id="staff_challengers_list", responses=ModelSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the challengers, newest first."""
        return super().get(request, *args, **kwargs)
