"""Webhooks of partners."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from core import clock
from integrations import inbound, operations
from integrations.connect import Gateway
from integrations.ports import BadCallback

MAX_BODY_BYTES = 64 * 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answers:
    """The words in which one partner hears yes, no and try again."""

    success: Callable[[], HttpResponse]
    rejected: Callable[[], HttpResponse]
    failed: Callable[[], HttpResponse]


def _plain(status: int, code: str) -> Callable[[], HttpResponse]:
    return lambda: JsonResponse({"code": code}, status=status)


def _wechat(status: int, code: str, message: str) -> Callable[[], HttpResponse]:
    return lambda: JsonResponse({"code": code, "message": message}, status=status)


def _text(status: int, text: str) -> Callable[[], HttpResponse]:
    return lambda: HttpResponse(text, status=status, content_type="text/plain")


# The words are the partners' protocols, not sentences for people: they are never translated.
_SIGNED_JSON = Answers(_plain(200, "SUCCESS"), _plain(401, "REJECTED"), _plain(500, "FAILED"))
_ANSWERS = {
    Gateway.WECHAT: Answers(
        _wechat(200, "SUCCESS", "OK"), _wechat(401, "FAIL", "SIGNATURE"), _wechat(500, "FAIL", "TRY AGAIN")
    ),
    Gateway.ALIPAY: Answers(_text(200, "success"), _text(400, "failure"), _text(500, "failure")),
    Gateway.BANK: _SIGNED_JSON,
}


@method_decorator(csrf_exempt, name="dispatch")
class _Webhook(View):
    """Read the raw body, hand it in, answer."""

    http_method_names = ["post"]

    def receive(self, request: HttpRequest, gateway: str, answers: Answers) -> HttpResponse:
        """Take one callback; whatever goes wrong, the partner hears only that it should try again."""
        if len(request.body) > MAX_BODY_BYTES:
            return HttpResponse(status=413)
        now = clock.now()
        try:
            inbound.receive(
                gateway=gateway,
                headers=request.headers,
                body=request.body,
                path=request.get_full_path(),
                now=now,
                business_date=clock.business_date(),
            )
        except BadCallback as error:
            address = request.META.get("REMOTE_ADDR", "")
            operations.record_rejected_callback(gateway=gateway, reason=error.reason, address=address, now=now)
            return answers.rejected()
        except Exception:  # stored or not, the partner repeats what we have not confirmed
            _log.exception("a callback of %s could not be processed", gateway)
            return answers.failed()
        return answers.success()


class PaymentWebhook(_Webhook):
    """Payment results of WeChat Pay, Alipay and the bank."""

    def post(self, request: HttpRequest, gateway: str) -> HttpResponse:
        """Take one payment callback."""
        if gateway not in set(Gateway):
            raise Http404
        return self.receive(request, gateway, _ANSWERS[Gateway(gateway)])


class SmsWebhook(_Webhook):
    """Delivery receipts and replies of the SMS operator."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take one receipt or reply."""
        return self.receive(request, inbound.SMS, _SIGNED_JSON)
