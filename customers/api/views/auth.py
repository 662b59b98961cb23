"""Codes, registration, log-in, log-out."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.throttling import CodesThrottle
from core.api.tokens import issue_token, revoke_token
from core.api.views import CustomerAPIView, read_body, user_of
from core.errors import BusinessError, InvalidInput
from core.models import User
from customers.api.serializers import (
    LOGIN,
    PHONE,
    REGISTER,
    SIGN,
    CodeAskedSerializer,
    CodeSentSerializer,
    LoginSerializer,
    PhoneConfirmedSerializer,
    RegistrationSerializer,
    TokenSerializer,
)
from customers.operations import phones, registration
from customers.queries.own import find_user_by_phone, get_own_customer
from customers.rules.identity import normalise_mobile

SCOPES = ["customer"]
_CHANNEL = "API"


class NotRegistered(BusinessError):
    """The phone number is proven, but nobody has registered it."""

    code = "not_registered"
    status = 404
    message = _("This phone number is not registered yet.")
    next_step = _("Register with a new code.")


class CodeView(APIView):
    """A code by SMS."""

    permission_classes = (AllowAny,)
    throttle_classes = (CodesThrottle,)

    @extend_schema(request=CodeAskedSerializer, responses={202: CodeSentSerializer})
    def post(self, request: Request) -> Response:
        """Send a code to a phone."""
        body = read_body(CodeAskedSerializer, request)
        phone = self._get_own_phone(request) if body["purpose"] == SIGN else body.get("phone")
        if phone is None:
            raise InvalidInput(fields={"phone": [_("This field is required.")]})
        registration.ask_code(phone=phone, purpose=body["purpose"], now=clock.now())
        answer = {
            "expires_in_seconds": int(registration.CODE_LIFETIME.total_seconds()),
            "resend_after_seconds": int(registration.RESEND_AFTER.total_seconds()),
        }
        return Response(answer, status=202)

    def _get_own_phone(self, request: Request) -> str:
        if not (isinstance(request.user, User) and request.user.is_customer):
            self.permission_denied(request)
        return get_own_customer(request.user).phone


def _use_code_for(body: dict[str, Any], purpose: str, action: Any) -> Any:
    """Use a code up together with what it allows; a refused action leaves the code unused, a wrong try counts."""
    now = clock.now()
    verification_id = registration.check_code(phone=body["phone"], purpose=purpose, code=body["code"], now=now)
    with transaction.atomic():
        registration.spend_code(verification_id=verification_id, now=now)
        return action()


class RegistrationView(APIView):
    """From a phone to a customer."""

    permission_classes = (AllowAny,)

    @extend_schema(request=RegistrationSerializer, responses={201: TokenSerializer})
    def post(self, request: Request) -> Response:
        """Register a phone number and log in."""
        body = read_body(RegistrationSerializer, request)

        def register() -> dict[str, Any]:
            customer = registration.register_customer(
                phone=body["phone"],
                notice_version=body["notice_version"],
                source=body["source"],
                channel=_CHANNEL,
                now=clock.now(),
            )
            assert customer.user is not None
            return issue_token(user=customer.user, scopes=SCOPES, now=clock.now())

        return Response(_use_code_for(body, REGISTER, register), status=201)


class LoginView(APIView):
    """Log-in by code."""

    permission_classes = (AllowAny,)

    @extend_schema(request=LoginSerializer, responses={200: TokenSerializer})
    def post(self, request: Request) -> Response:
        """Log in with a code."""
        body = read_body(LoginSerializer, request)

        def log_in() -> dict[str, Any]:
            user = find_user_by_phone(normalise_mobile(body["phone"]))
            if user is None or not user.is_active:
                raise NotRegistered
            return issue_token(user=user, scopes=SCOPES, now=clock.now())

        return Response(_use_code_for(body, LOGIN, log_in))


class PhoneView(APIView):
    """A new log-in phone confirmed by its holder."""

    permission_classes = (AllowAny,)
    throttle_classes = (CodesThrottle,)

    @extend_schema(request=PhoneConfirmedSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Confirm the number that your adviser has asked for, with a code sent to it for PHONE; log in anew then."""
        body = read_body(PhoneConfirmedSerializer, request)
        now = clock.now()
        verification_id = registration.check_code(phone=body["phone"], purpose=PHONE, code=body["code"], now=now)
        change_id = phones.check_holder(phone=body["phone"], identity_tail=body["identity_tail"], now=now)
        with transaction.atomic():
            registration.spend_code(verification_id=verification_id, now=now)
            phones.confirm_phone_change(change_id=change_id, now=now)
        return Response(status=204)


class LogoutView(CustomerAPIView):
    """The end of a token."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Revoke the token that was sent."""
        revoke_token(token=request.auth, user=user_of(request), now=clock.now())  # type: ignore[arg-type]
        return Response(status=204)
