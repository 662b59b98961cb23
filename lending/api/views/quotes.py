"""The loan calculator."""

from decimal import Decimal
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
from lending.rules.terms import Fee, InvalidTerms, ScheduleTerms, Tranche


class TermsInvalid(InvalidInput):
    """No schedule can be computed from these terms."""

    code = "invalid_terms"


def _quote(body: dict[str, Any]) -> Quote:
    fees = tuple(Fee(**fee) for fee in body.pop("fees", ()))
    tranches = tuple(Tranche(**tranche) for tranche in body.pop("tranches", ()))
    try:
        return quote(ScheduleTerms(fees=fees, tranches=tranches, **body))
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
    rows = [{name: _plain(value) for name, value in row._asdict().items()} for row in quoted.rows]
    return {**{name: _plain(getattr(quoted, name)) for name in names}, "rows": rows}


def _plain(value: Any) -> Any:
    """Return a number without an exponent: a zero of eight places would else read 0E-8."""
    return format(value, "f") if isinstance(value, Decimal) else value


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
