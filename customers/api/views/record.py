"""One customer as staff see and change him."""

from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.permissions import ByMethod, IsStaffToken
from core.api.versions import MatchMissing, VersionChanged, etag_of
from core.api.views import CustomerAPIView, read_body, user_of
from core.masking import mask_name
from customers.api.bodies_facts import (
    FactsChangeSerializer,
    RelationSerializer,
    RelationsSerializer,
    RelationWrittenSerializer,
    StaffCustomerDetailSerializer,
    TeamSerializer,
)
from customers.api.serializers import PhoneAskedSerializer, PhoneWaitingSerializer
from customers.models import Customer
from customers.operations import phones, relations
from customers.operations.facts import set_facts
from customers.queries.facts import (
    list_conflicts,
    measure_completeness,
    read_facts,
    take_stamps,
)
from customers.queries.own import get_own_customer
from customers.queries.relations import Tie, list_ties
from customers.queries.staff import access_customer
from customers.queries.team import list_roles, list_team
from staff import rights
from staff.queries import Access, access_right

_ETAG = OpenApiParameter("ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200])
_IF_MATCH = OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)
_SOURCE = "RM"


class StaffRecordView(APIView):
    """A view of one record in the caller's scope: reading and writing ask for different rights."""

    permission_classes = (IsAuthenticated, IsStaffToken)

    required_scope: Any = ByMethod(rights.VIEW_CUSTOMERS, rights.EDIT_CUSTOMERS)

    def find(self, request: Request, public_id: str) -> tuple[Customer, Access]:
        """Return the customer and what the caller may. Raises NotFound, Refused."""
        access = access_right(user_of(request), self.required_scope)
        return access_customer(access, public_id, self.required_scope), access


def describe(customer: Customer) -> dict[str, Any]:
    """Return a customer as staff see him."""
    measured = measure_completeness(customer)
    return {
        "id": customer.public_id,
        "number": customer.number,
        "kind": customer.kind,
        "status": customer.status,
        "completeness": measured.score,
        "missing": list(measured.missing),
        "roles": [
            {
                "role": role.role,
                "since_date": role.since_date,
                "stage": role.stage,
                "value_tier": role.value_tier,
                "risk_tier": role.risk_tier,
                "value": f"{role.value:.2f}",
            }
            for role in list_roles(customer)
        ],
        "team": [{"role": str(one.title), "name": one.name} for one in list_team(customer)],
        "facts": {name: _describe_fact(name, fact) for name, fact in read_facts(customer).items()},
        "conflicts": [
            {
                "field": conflict.fact.field.name,
                "stored": conflict.fact.shown,
                "claims": [
                    {"source": row.claim.source, "value": row.shown, "as_of": row.claim.as_of}
                    for row in conflict.claims
                ],
            }
            for conflict in list_conflicts(customer)
        ],
    }


def _describe_fact(name: str, fact: Any) -> dict[str, Any]:
    # Lists of customers mask names in the API; so does the record.
    shown = fact.shown if fact.field.is_sensitive else fact.typed
    return {
        "value": mask_name(shown) if name == "name" else shown,
        "label": str(fact.field.label),
        "is_sensitive": fact.field.is_sensitive,
        "is_locked": fact.is_locked,
        "source": fact.source,
        "as_of": fact.as_of,
    }


class StaffCustomerView(StaffRecordView):
    """The record."""

    @extend_schema(responses=StaffCustomerDetailSerializer, parameters=[_ETAG])
    def get(self, request: Request, public_id: str) -> Response:
        """Return a customer of your scope with every field, its source and date, and what sources disagree about."""
        described = describe(self.find(request, public_id)[0])
        return Response(described, headers={"ETag": etag_of(described)})

    @extend_schema(
        request=FactsChangeSerializer,
        responses={
            200: StaffCustomerDetailSerializer,
            412: OpenApiResponse(description="The record has changed since you read it."),
            428: OpenApiResponse(description="If-Match is missing."),
        },
        parameters=[_ETAG, _IF_MATCH],
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Change fields of the profile; what is left out stays."""
        found, _access = self.find(request, public_id)
        expected = request.headers.get("If-Match", "")
        if not expected:
            raise MatchMissing
        body = read_body(FactsChangeSerializer, request)
        with transaction.atomic():
            Customer.objects.select_for_update(no_key=True).get(pk=found.pk)
            customer = self.find(request, public_id)[0]
            if expected != etag_of(describe(customer)):
                raise VersionChanged
            set_facts(
                customer_id=customer.pk,
                values=body["facts"],
                source=_SOURCE,
                actor=user_of(request),
                now=clock.now(),
                expected=take_stamps(customer, body["facts"]),
            )
            described = describe(self.find(request, public_id)[0])
        return Response(described, headers={"ETag": etag_of(described)})


class StaffPhoneView(StaffRecordView):
    """The phone that a customer logs in by."""

    required_scope = rights.EDIT_CUSTOMERS

    @extend_schema(request=PhoneAskedSerializer, responses={202: PhoneWaitingSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Ask for a new number: the old one is told, and the new one counts once its holder has confirmed it."""
        body = read_body(PhoneAskedSerializer, request)
        customer, _access = self.find(request, public_id)
        change = phones.ask_phone_change(customer_id=customer.pk, actor=user_of(request), now=clock.now(), **body)
        return Response({"expires_at": change.expires_at if change is not None else None}, status=202)


def _describe_tie(tie: Tie) -> dict[str, Any]:
    return {
        "id": tie.relation.public_id,
        "kind": tie.relation.kind,
        "is_from_here": tie.is_from_here,
        "customer": tie.other.public_id if tie.is_in_scope else None,
        "name": mask_name(tie.other.name),
        "amount": f"{tie.relation.amount:.2f}" if tie.relation.amount is not None else None,
        "note": tie.relation.note if tie.is_in_scope else "",
        "since": tie.relation.created_at,
    }


class StaffRelationsView(StaffRecordView):
    """How a customer stands to others."""

    @extend_schema(responses=RelationsSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return the customer's relations, read from his end."""
        customer, access = self.find(request, public_id)
        return Response({"results": [_describe_tie(tie) for tie in list_ties(customer, access)]})

    @extend_schema(request=RelationWrittenSerializer, responses={201: RelationSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Write a relation: this customer is the parent, guarantor, employer or owner of the other one."""
        body = read_body(RelationWrittenSerializer, request)
        customer, access = self.find(request, public_id)
        other = access_customer(access, body["other"], self.required_scope)
        relation = relations.add_relation(
            customer_id=customer.pk,
            other_id=other.pk,
            kind=body["kind"],
            amount=body.get("amount"),
            note=body["note"],
            source=_SOURCE,
            actor=user_of(request),
            now=clock.now(),
        )
        (tie,) = [tie for tie in list_ties(customer, access) if tie.relation.pk == relation.pk]
        return Response(_describe_tie(tie), status=201)


class StaffRelationView(StaffRecordView):
    """One relation."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: str, relation: str) -> Response:
        """End a relation; it stays in the history."""
        customer, _access = self.find(request, public_id)
        relations.end_relation(customer_id=customer.pk, public_id=relation, actor=user_of(request), now=clock.now())
        return Response(status=204)


class OwnTeamView(CustomerAPIView):
    """Who looks after the customer who asks."""

    @extend_schema(responses=TeamSerializer)
    def get(self, request: Request) -> Response:
        """Return your advisers: the first one, the one who stands in, and others by what they advise on."""
        team = list_team(get_own_customer(request.user))
        return Response({"results": [{"role": str(one.title), "name": one.name} for one in team]})
