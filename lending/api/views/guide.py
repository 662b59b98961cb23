"""The way to the first deal, step by step."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.views import CustomerAPIView
from customers.queries.own import get_own_customer
from lending.queries.guide import read_guide

# What to do, and where.
_STEPS: Final = {
    "identity": (_("Confirm your identity: name and identity number, about two minutes."), "me/identity/"),
    "card": (_("Bind a bank card of your own: money comes from it and goes to it."), "me/cards/"),
    "custody": (_("The custodian bank opens your sub-account; this takes a moment and needs nothing of you."), "me/"),
    "profile": (_("Say where you live, what you earn and owe: the decision rests on it."), "me/profile/"),
    "consents": (_("Allow the credit query and the electronic signature; you may withdraw both."), "me/consents/"),
    "application": (_("Apply: amount, periods, purpose; the decision takes a few seconds."), "me/applications/"),
    "questionnaire": (_("Answer the questionnaire on risk: you are shown only what you can bear."), "me/assessment/"),
    "deposit": (_("Pay in what you want to lend; it lies at the custodian bank."), "me/deposits/"),
    "bid": (_("Choose a listing that suits you and bid."), "me/recommendations/"),
}


class StepSerializer(serializers.Serializer[Any]):
    """One step: what to do, at which address below `/api/v1/`, and whether it is done."""

    code = serializers.CharField()
    text = serializers.CharField()
    address = serializers.CharField()
    is_done = serializers.BooleanField()


class GuideSerializer(serializers.Serializer[Any]):
    """The steps to a first loan and to a first investment; `next` names the first that is not done, empty when all are."""

    borrower = StepSerializer(many=True)
    next_for_borrower = serializers.CharField()
    investor = StepSerializer(many=True)
    next_for_investor = serializers.CharField()


class GuideView(CustomerAPIView):
    """What is left to do until the first deal."""

    @extend_schema(operation_id="me_guide", responses=GuideSerializer)
    def get(self, request: Request) -> Response:
        """Return the steps to a first loan and a first investment, in order, and which of them you have done."""
        found = read_guide(get_own_customer(request.user), clock.business_date())
        body = {
            "borrower": _show(found.borrower),
            "next_for_borrower": _first_open(found.borrower),
            "investor": _show(found.investor),
            "next_for_investor": _first_open(found.investor),
        }
        return Response(GuideSerializer(body).data)


def _show(steps: dict[str, bool]) -> list[dict[str, Any]]:
    return [
        {"code": code, "text": _STEPS[code][0], "address": _STEPS[code][1], "is_done": is_done}
        for code, is_done in steps.items()
    ]


def _first_open(steps: dict[str, bool]) -> str:
    return next((code for code, is_done in steps.items() if not is_done), "")
