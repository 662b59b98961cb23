"""Recommendations for customers and staff, look-alikes, clusters, next needs and how each does on later data."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.serializers import RateField, YuanField
from core.api.views import CustomerAPIView, StaffAPIView, StaffListView, user_of
from core.errors import NotFound
from customers.models import CustomerRole, Method
from customers.queries.own import get_own_customer
from customers.queries.staff import access_customer
from lending.models.product import PeriodUnit
from segmentation.models import Cluster, Learning, LookAlike, LookAlikeLead, NextNeed
from segmentation.operations.recommend import note_shown
from segmentation.queries import lookalike_leads, lookalikes
from segmentation.queries.clusters import is_offered
from segmentation.queries.needs import list_needs
from segmentation.queries.recommend import Recommendations, recommend_to
from segmentation.queries.segments import get_segment
from segmentation.rules.lookalikes import read_trait
from segmentation.texts_leads import name_shared
from segmentation.texts_recommend import say_bar, say_cluster, say_reason
from staff import rights
from staff.queries import access_right


class RecommendedListingSerializer(serializers.Serializer[Any]):
    """A listing that suits, the amount that could be bid, and why."""

    id = serializers.CharField()
    number = serializers.CharField()
    title = serializers.CharField()
    annual_rate = RateField()
    periods = serializers.IntegerField()
    period_unit = serializers.ChoiceField(PeriodUnit.choices)
    risk_grade = serializers.IntegerField()
    rest = YuanField()
    deadline_date = serializers.DateField()
    amount = YuanField()
    reasons = serializers.ListField(child=serializers.CharField())


class RecommendedProductSerializer(serializers.Serializer[Any]):
    """A product that suits, an amount to begin with, the most there can be, and why."""

    code = serializers.CharField()
    name = serializers.CharField()
    periods = serializers.ListField(child=serializers.IntegerField())
    amount = YuanField()
    most = YuanField()
    reasons = serializers.ListField(child=serializers.CharField())


class RecommendationsSerializer(serializers.Serializer[Any]):
    """What suits a customer; `is_personal` says whether his own doings made the order (only with consent to marketing)."""

    is_personal = serializers.BooleanField()
    listings = RecommendedListingSerializer(many=True)
    no_listings_because = serializers.CharField()
    products = RecommendedProductSerializer(many=True)
    no_products_because = serializers.CharField()


def _describe(listings: Recommendations, products: Recommendations) -> dict[str, Any]:
    return {
        "is_personal": listings.is_personal,
        "listings": [
            {"id": row.public_id, "title": row.title, **row.terms, "amount": row.amount, "reasons": _say(row.reasons)}
            for row in listings.rows
        ],
        "no_listings_because": say_bar(listings),
        "products": [
            {"name": row.title, **row.terms, "amount": row.amount, "reasons": _say(row.reasons)}
            for row in products.rows
        ],
        "no_products_because": say_bar(products),
    }


def _say(reasons: list[dict[str, Any]]) -> list[str]:
    return [say_reason(reason) for reason in reasons]


class OwnRecommendationsView(CustomerAPIView):
    """What suits the caller."""

    @extend_schema(operation_id="me_recommendations", responses=RecommendationsSerializer)
    def get(self, request: Request) -> Response:
        """Return open listings and products that suit you, with reasons; without your consent to marketing in an order
        that is the same for everybody."""
        customer = get_own_customer(request.user)
        listings, products = recommend_to(customer, clock.business_date(), clock.now(), is_unasked=False)
        note_shown(customer_id=customer.pk, listings=listings, products=products, now=clock.now())
        body = RecommendationsSerializer(_describe(listings, products))
        return Response(body.data)


class CustomerRecommendationsView(StaffAPIView):
    """What suits a customer in one's scope."""

    required_scope = rights.VIEW_SEGMENTS

    @extend_schema(operation_id="staff_customer_recommendations", responses=RecommendationsSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return what may be recommended to a customer unasked: nothing without his consent to marketing, nor while
        he is no customer."""
        access = access_right(user_of(request), rights.VIEW_SEGMENTS)
        customer = access_customer(access, public_id)
        listings, products = recommend_to(customer, clock.business_date(), clock.now(), is_unasked=True)
        note_shown(customer_id=customer.pk, listings=listings, products=products, now=clock.now())
        return Response(RecommendationsSerializer(_describe(listings, products)).data)


class LearningSerializer(serializers.Serializer[Any]):
    """A learning and how it did on later data."""

    id = serializers.CharField()
    version = serializers.IntegerField()
    kind = serializers.ChoiceField(Learning.Kind.choices)
    state = serializers.ChoiceField(Learning.State.choices)
    business_date = serializers.DateField()
    finished_at = serializers.DateTimeField(allow_null=True)
    scores = serializers.JSONField()


class LearningsView(StaffListView):
    """Learnings of all kinds."""

    required_scope = rights.VIEW_SEGMENTS
    serializer_class = LearningSerializer
    queryset = Learning.objects.none()

    def get_rows(self) -> Any:
        """Return the learnings, newest first."""
        access_right(user_of(self.request), rights.VIEW_SEGMENTS)
        names = ("id", "public_id", "kind", "state", "business_date", "finished_at", "scores")
        return Learning.objects.order_by("-id").values(*names, version=F("id"))

    @extend_schema(operation_id="staff_learnings_list", responses=LearningSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return learnings with how each did on later data, newest first."""
        return super().get(request, *args, **kwargs)


class LookAlikeSerializer(serializers.Serializer[Any]):
    """A look-alike in the reader's scope."""

    customer_id = serializers.CharField()
    customer_number = serializers.CharField()
    score = serializers.FloatField()


class LookAlikesView(StaffListView):
    """Who is like the members of a segment."""

    required_scope = rights.VIEW_SEGMENTS
    serializer_class = LookAlikeSerializer
    queryset = LookAlike.objects.none()

    def get_rows(self) -> Any:
        """Return the look-alikes in the caller's scope."""
        access = access_right(user_of(self.request), rights.VIEW_SEGMENTS)
        learning = lookalikes.get_latest(get_segment(self.kwargs["public_id"]))
        if learning is None or learning.state != Learning.State.DONE:
            raise NotFound
        rows = lookalikes.list_lookalikes(access, learning, clock.business_date())
        named = {"public_id": F("customer__public_id"), "customer_number": F("customer__number")}
        # They were written from the least like to the likest, so that the key is their order too.
        return rows.order_by("-id").values("id", "score", **named)

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name the customer."""
        del row["id"]
        return {"customer_id": row.pop("public_id"), **row}

    @extend_schema(operation_id="staff_segments_lookalikes", responses=LookAlikeSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return customers of yours who are like the members, the likest first."""
        return super().get(request, *args, **kwargs)


class LookAlikeLeadSerializer(serializers.Serializer[Any]):
    """An open lead in the caller's scope who has what members had when they came, and what of it."""

    lead_id = serializers.CharField()
    lead_number = serializers.CharField()
    role = serializers.ChoiceField(CustomerRole.Role.choices)
    method = serializers.ChoiceField(Method.choices)
    score = serializers.FloatField()
    shared = serializers.ListField(child=serializers.CharField())


class LookAlikeLeadsView(StaffListView):
    """Which open leads are like the members of a segment."""

    required_scope = rights.WORK_LEADS
    serializer_class = LookAlikeLeadSerializer
    queryset = LookAlikeLead.objects.none()

    def get_rows(self) -> Any:
        """Return the leads in the caller's scope."""
        access_right(user_of(self.request), rights.VIEW_SEGMENTS)
        access = access_right(user_of(self.request), rights.WORK_LEADS)
        self.learning = lookalikes.get_latest(get_segment(self.kwargs["public_id"]))
        if self.learning is None or self.learning.state != Learning.State.DONE:
            raise NotFound
        rows = lookalike_leads.list_lookalike_leads(access, self.learning)
        names = {name: F(f"lead__{name}") for name in ("public_id", "number", "role", "method")}
        # They were written from the least like to the likest, so that the key is their order too.
        return rows.order_by("-id").values("id", "score", "lead_id", **names)

    def paginate_queryset(self, queryset: Any) -> Any:
        """Say of the rows of one page what they share, in one question."""
        rows = super().paginate_queryset(queryset) or []
        assert self.learning is not None and self.learning.segment_id is not None
        traits = [read_trait(kept) for kept in self.learning.content.get("leads", {}).get("traits", [])]
        ids = [row["lead_id"] for row in rows]
        bands = lookalike_leads.read_lead_bands(ids, self.learning.segment_id, traits)
        partners = lookalike_leads.name_partners()
        for row in rows:
            row["shared"] = name_shared(traits, bands.get(row["lead_id"], {}), partners)
        return rows

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name the lead."""
        del row["id"]
        return {**row, "lead_id": row.pop("public_id"), "lead_number": row.pop("number")}

    @extend_schema(operation_id="staff_segments_lookalike_leads", responses=LookAlikeLeadSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return open leads in your scope who have what the members had when they came, the likest first."""
        return super().get(request, *args, **kwargs)


class ClusterSerializer(serializers.Serializer[Any]):
    """A cluster and what sets it apart."""

    id = serializers.CharField()
    version = serializers.IntegerField()
    size = serializers.IntegerField()
    share = serializers.FloatField()
    sets_apart = serializers.CharField()
    segment_id = serializers.CharField(allow_null=True)


class ClustersView(StaffListView):
    """Suggested and accepted clusters."""

    required_scope = rights.VIEW_SEGMENTS
    serializer_class = ClusterSerializer
    queryset = Cluster.objects.none()

    def get_rows(self) -> Any:
        """Return the groups of the latest learning and those accepted."""
        access_right(user_of(self.request), rights.VIEW_SEGMENTS)
        names = ("id", "public_id", "size", "share", "traits")
        named = {"version": F("learning_id"), "segment_public_id": F("segment__public_id")}
        return Cluster.objects.filter(is_offered()).order_by("-id").values(*names, **named)

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Say what sets it apart."""
        del row["id"]
        traits = row.pop("traits")
        return {
            "id": row.pop("public_id"),
            "segment_id": row.pop("segment_public_id"),
            "sets_apart": say_cluster(traits),
            **row,
        }

    @extend_schema(operation_id="staff_clusters_list", responses=ClusterSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return clusters of the latest learning and those that somebody accepted."""
        return super().get(request, *args, **kwargs)


class NextNeedSerializer(serializers.Serializer[Any]):
    """What a customer is likely to want next."""

    customer_id = serializers.CharField()
    customer_number = serializers.CharField()
    role = serializers.ChoiceField(CustomerRole.Role.choices)
    chance = serializers.FloatField()
    product_code = serializers.CharField()
    amount = YuanField()
    expected_date = serializers.DateField()
    told_date = serializers.DateField()
    version = serializers.IntegerField()


class NextNeedsView(StaffListView):
    """What one's customers are likely to want next."""

    required_scope = rights.VIEW_SEGMENTS
    serializer_class = NextNeedSerializer
    queryset = NextNeed.objects.none()

    def get_rows(self) -> Any:
        """Return the needs of the customers in the caller's scope."""
        access = access_right(user_of(self.request), rights.VIEW_SEGMENTS)
        names = ("id", "role", "chance", "amount", "expected_date", "told_date")
        return list_needs(access, clock.business_date()).order_by("-id").values(
            *names,
            public_id=F("customer__public_id"),
            customer_number=F("customer__number"),
            product_code=F("product__code"),
            version=F("learning_id"),
        )  # fmt: skip

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name the customer."""
        del row["id"]
        return {"customer_id": row.pop("public_id"), **row}

    @extend_schema(operation_id="staff_needs_list", responses=NextNeedSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return what your customers are likely to want next."""
        return super().get(request, *args, **kwargs)
