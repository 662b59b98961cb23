"""Consents, identity, cards, assessment."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock, parameters
from core.api.views import CustomerAPIView, CustomerListView, read_body
from core.errors import NotFound
from core.masking import mask_identity, mask_name
from customers.api.questionnaire import list_questions
from customers.api.serializers import (
    AssessmentAskedSerializer,
    AssessmentSerializer,
    CardAskedSerializer,
    CardSerializer,
    ConsentGivenSerializer,
    ConsentSerializer,
    IdentityAskedSerializer,
    IdentitySerializer,
    NoticesSerializer,
    QuestionnaireSerializer,
)
from customers.models import BankCard, Consent, IdentityCheck, InvestorAssessment
from customers.operations import assessment, cards, identity, registration
from customers.queries import own
from customers.rules.assessment import QUESTIONNAIRE_VERSION

_CHANNEL = "API"


def _describe_consent(consent: Consent) -> dict[str, Any]:
    names = ("purpose", "recipient", "notice_version", "given_at", "evidence_hash")
    return {name: getattr(consent, name) for name in names}


class NoticesView(APIView):
    """What is agreed to."""

    permission_classes = (AllowAny,)

    @extend_schema(responses=NoticesSerializer)
    def get(self, request: Request) -> Response:
        """Return the version of the notice in force, and the purposes that can be agreed to one by one."""
        version = parameters.get_value("customers.privacy_notice_version", on=clock.now().date())
        purposes = [{"code": purpose.value, "name": purpose.label} for purpose in Consent.Purpose]
        return Response({"version": version, "purposes": purposes})


class ConsentsView(CustomerAPIView):
    """What the customer agrees to."""

    @extend_schema(operation_id="me_consents_list", responses=ConsentSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return your live consents."""
        return Response(list(own.list_live_consents(own.get_own_customer_id(request.user))))

    @extend_schema(request=ConsentGivenSerializer, responses={201: ConsentSerializer})
    def post(self, request: Request) -> Response:
        """Give consent to one purpose; a newer version of the notice replaces the older one."""
        body = self.read_body(ConsentGivenSerializer, request)
        with transaction.atomic():
            customer = own.lock_own_customer(request.user)
            consent = registration.give_consent(customer=customer, channel=_CHANNEL, now=clock.now(), **body)
        return Response(_describe_consent(consent), status=201)


class ConsentView(CustomerAPIView):
    """One purpose."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, purpose: str) -> Response:
        """Withdraw consent to a purpose; what was done before stays lawful."""
        customer = own.get_own_customer(request.user)
        if not registration.withdraw_consent(customer=customer, purpose=purpose, now=clock.now()):
            raise NotFound
        return Response(status=204)


def _describe_check(check: IdentityCheck) -> dict[str, Any]:
    return {
        "id": check.public_id,
        "outcome": check.outcome,
        "name": mask_name(check.name),
        "identity_number": mask_identity(check.identity_number),
        "asked_at": check.asked_at,
        "checked_at": check.checked_at,
    }


class IdentityView(CustomerAPIView):
    """Who the customer is."""

    @extend_schema(responses=IdentitySerializer)
    def get(self, request: Request) -> Response:
        """Return the latest check of your identity."""
        check = own.get_latest_identity_check(own.get_own_customer_id(request.user))
        if check is None:
            raise NotFound
        return Response(_describe_check(check))

    @extend_schema(request=IdentityAskedSerializer, responses={202: IdentitySerializer})
    def post(self, request: Request) -> Response:
        """Have name and identity number checked; the answer comes within seconds."""
        body = self.read_body(IdentityAskedSerializer, request)
        check = identity.ask_identity_check(
            customer_id=own.get_own_customer_id(request.user),
            now=clock.now(),
            business_date=clock.business_date(),
            **body,
        )
        return Response(_describe_check(check), status=202)


def _describe_card(card: BankCard) -> dict[str, Any]:
    names = ("tail", "bank_name", "state", "asked_at", "bound_at")
    return {"id": card.public_id, **{name: getattr(card, name) for name in names}}


class CardsView(CustomerListView):
    """Bank cards."""

    serializer_class = CardSerializer

    def get_rows(self) -> Any:
        """Return the caller's cards."""
        return own.list_cards(own.get_own_customer_id(self.request.user))

    @extend_schema(operation_id="me_cards_list", responses=CardSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your cards."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=CardAskedSerializer, responses={202: CardSerializer})
    def post(self, request: Request) -> Response:
        """Have a card checked by the bank and bound."""
        body = read_body(CardAskedSerializer, request)
        card = cards.ask_card(customer_id=own.get_own_customer_id(request.user), now=clock.now(), **body)
        return Response(_describe_card(card), status=202)


class CardView(CustomerAPIView):
    """One card."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Unbind a card."""
        customer_id = own.get_own_customer_id(request.user)
        card_id = own.get_own_card_id(customer_id, public_id)
        cards.unbind_card(customer_id=customer_id, card_id=card_id, now=clock.now())
        return Response(status=204)


def _describe_assessment(row: InvestorAssessment) -> dict[str, Any]:
    names = ("tier", "score", "questionnaire_version", "assessed_at", "valid_until_date")
    return {name: getattr(row, name) for name in names}


class AssessmentView(CustomerAPIView):
    """What an investor can bear."""

    @extend_schema(responses=QuestionnaireSerializer)
    def get(self, request: Request) -> Response:
        """Return the questionnaire and your latest outcome."""
        latest = own.get_latest_assessment(own.get_own_customer_id(request.user))
        answer = {
            "questionnaire_version": QUESTIONNAIRE_VERSION,
            "questions": list_questions(),
            "latest": _describe_assessment(latest) if latest else None,
        }
        return Response(answer)

    @extend_schema(request=AssessmentAskedSerializer, responses={201: AssessmentSerializer})
    def post(self, request: Request) -> Response:
        """Answer the questionnaire; the tier holds for a year."""
        body = self.read_body(AssessmentAskedSerializer, request)
        row = assessment.assess_investor(
            customer_id=own.get_own_customer_id(request.user),
            answers=dict(body["answers"]),
            now=clock.now(),
            business_date=clock.business_date(),
        )
        return Response(_describe_assessment(row), status=201)
