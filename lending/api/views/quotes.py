"""The loan calculator."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.throttling import QuotesThrottle
from core.api.views import read_body
from core.errors import InvalidInput
from lending.api.quote_texts import sentence_of
from lending.api.serializers.quotes import QuoteAskedSerializer, QuoteSerializer
from lending.rules.cost import Quote, quote
from lending.rules.terms import Fee, InvalidTerms, ScheduleTerms


class TermsInvalid(InvalidInput):
    """No schedule can be computed from these terms."""

    code = "invalid_terms"


def _quote(body: dict[str, Any]) -> Quote:
    fees = tuple(Fee(**fee) for fee in body.pop("fees", ()))
    try:
        return quote(ScheduleTerms(fees=fees, **body))
    except InvalidTerms as refusal:
        raise TermsInvalid(fields={refusal.field: [sentence_of(refusal)]}) from refusal


def _describe(quoted: Quote) -> dict[str, Any]:
    names = (
        "payment",
        "last_payment",
        "total_interest",
        "total_payment",
        "total_fees",
        "apr_nominal",
        "apr_effective",
    )
    rows = [row._asdict() for row in quoted.rows]
    return {**{name: getattr(quoted, name) for name in names}, "rows": rows}


class QuotesView(APIView):
    """Schedule and cost of a loan, for everybody."""

    permission_classes = (AllowAny,)
    throttle_classes = (QuotesThrottle,)

    @extend_schema(request=QuoteAskedSerializer, responses={200: QuoteSerializer})
    def post(self, request: Request) -> Response:
        """Compute the schedule of a loan and what it costs a year; nothing is stored."""
        body = read_body(QuoteAskedSerializer, request)
        body.setdefault("disbursed_on", clock.now().date())
        return Response(_describe(_quote(body)))
