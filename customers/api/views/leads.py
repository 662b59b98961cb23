"""Leads: the public form, and what staff do with them."""

from typing import Any, Final

import django_filters
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock, parameters
from core.api.permissions import IsStaffToken
from core.api.throttling import LeadsThrottle
from core.api.views import StaffListView, read_body, user_of
from core.errors import InvalidInput
from core.masking import mask_name, mask_phone
from customers.api.bodies_leads import (
    LeadActSerializer,
    LeadIntakeSerializer,
    LeadThanksSerializer,
    PublicLeadSerializer,
    StaffLeadSerializer,
)
from customers.models import Lead
from customers.operations import leads
from customers.operations.leads import LeadIntake
from customers.operations.needs import NeedFacts
from customers.queries.leads import access_lead, find_introducer, leads_in_scope
from staff import rights
from staff.models import Scope
from staff.queries import access_right

_UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "landing_page")
_NEED: Final = ("amount", "months", "annual_rate", "purpose", "wanted_date", "text")
_FIELDS: Final = (
    "id", "public_id", "number", "name", "phone", "role", "method", "state", "score", "lost_reason", "created_at",
    "answer_due_at", "answered_at",
)  # fmt: skip


def _read_need(body: dict[str, Any]) -> NeedFacts:
    return NeedFacts(**{name: body[name] for name in _NEED if name in body})


class PublicLeadView(APIView):
    """The form of the platform's pages and of partners."""

    permission_classes = (AllowAny,)
    throttle_classes = (LeadsThrottle,)

    @extend_schema(request=PublicLeadSerializer, responses={202: LeadThanksSerializer})
    def post(self, request: Request) -> Response:
        """Leave a wish to borrow or invest; somebody answers within working hours."""
        body = read_body(PublicLeadSerializer, request)
        if not body["consent"]:
            raise InvalidInput(fields={"consent": [_("We may answer only who agrees to be contacted.")]})
        now = clock.now()
        leads.take_in_quietly(
            intake=LeadIntake(
                method="ONLINE",
                role=body["role"],
                name=body["name"],
                phone=body["phone"],
                origin={name: body[name] for name in _UTM if body.get(name)},
                partner_code=body["partner"],
                has_marketing_consent=True,
                need=_read_need(body),
            ),
            now=now,
        )
        answer = {"answer_within_minutes": parameters.get_int("leads.answer_minutes", on=now.date())}
        return Response(answer, status=202)


def _show(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "name": mask_name(row["name"]), "phone": mask_phone(row["phone"])}


def _read_rows(rows: Any) -> Any:
    return rows.values(*_FIELDS, owner_name=F("owner__user__display_name"))


def _answer(lead: Lead, status: int = 200) -> Response:
    row = _read_rows(Lead.objects.filter(pk=lead.pk)).get()
    del row["id"]
    return Response({"id": row.pop("public_id"), **_show(row)}, status=status)


class LeadFilter(django_filters.FilterSet):
    """What the list can be narrowed by."""

    class Meta:
        model = Lead
        fields = ["state", "method", "role"]


class StaffLeadsView(StaffListView):
    """The leads in one's scope, and the intake."""

    required_scope = rights.WORK_LEADS
    serializer_class = StaffLeadSerializer
    filterset_class = LeadFilter
    queryset = Lead.objects.none()

    def get_rows(self) -> Any:
        """Return the leads in the caller's scope."""
        return _read_rows(leads_in_scope(access_right(user_of(self.request), rights.WORK_LEADS)))

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Mask name and phone."""
        return super().shape_row(_show(row))

    @extend_schema(operation_id="staff_leads_list", responses=StaffLeadSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return leads in your scope, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="staff_leads_create", request=LeadIntakeSerializer, responses={201: StaffLeadSerializer}
    )
    def post(self, request: Request) -> Response:
        """Take in a lead by one of the thirteen methods."""
        access = access_right(user_of(request), rights.WORK_LEADS)
        body = read_body(LeadIntakeSerializer, request)
        introducer = None
        if number := body.get("introducer_number"):
            introducer = find_introducer(number)
            if introducer is None:
                raise InvalidInput(fields={"introducer_number": [_("There is no customer with this number.")]})
        lead = leads.take_in_lead(
            intake=LeadIntake(
                method=body["method"],
                role=body["role"],
                name=body["name"],
                phone=body["phone"],
                company=body["company"],
                origin=body["origin"],
                introducer_id=introducer,
                partner_code=body["partner"],
                has_marketing_consent=body["consent"],
                need=_read_need(body),
            ),
            owner_id=access.member_id if access.scope_of(rights.WORK_LEADS) == Scope.OWN else None,
            actor=user_of(request),
            now=clock.now(),
        )
        return _answer(lead, 201)


class StaffLeadActView(APIView):
    """Answer, qualify, win or lose a lead."""

    permission_classes = (IsAuthenticated, IsStaffToken)
    required_scope = rights.WORK_LEADS

    @extend_schema(operation_id="staff_leads_act", request=LeadActSerializer, responses=StaffLeadSerializer)
    def post(self, request: Request, public_id: str, act: str) -> Response:
        """Do one act: ANSWER, QUALIFY, CONVERT or LOSE."""
        lead = access_lead(access_right(user_of(request), rights.WORK_LEADS), public_id)
        body = read_body(LeadActSerializer, request)
        common: dict[str, Any] = {"lead_id": lead.pk, "actor": user_of(request), "now": clock.now()}
        if act == "ANSWER":
            leads.answer_lead(channel=body.get("channel", ""), result=body["result"], note=body["note"], **common)
        elif act == "QUALIFY":
            leads.qualify_lead(**common)
        elif act == "CONVERT":
            leads.convert_lead(**common)
        elif act == "LOSE":
            leads.lose_lead(reason=body["reason"], **common)
        else:
            raise InvalidInput(fields={"act": [_("ANSWER, QUALIFY, CONVERT or LOSE.")]})
        return _answer(lead)
