"""A token for a member of staff: password, second factor, the scopes of his rights."""

from typing import Any

import django_otp
from django.contrib.auth import authenticate
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.serializers import StrictSerializer
from core.api.throttling import CodesThrottle
from core.api.tokens import issue_token
from core.api.views import read_body
from core.errors import BusinessError
from staff.queries import get_access


class LoginRefused(BusinessError):
    """Name, password or second factor is wrong; which one is nobody's business."""

    code = "login_refused"
    status = 401
    message = _("Name, password or code is wrong.")


class LockedOut(BusinessError):
    """Too many failures from this address."""

    code = "locked_out"
    status = 429
    message = _("Too many failed attempts.")
    next_step = _("Wait a quarter of an hour.")


class StaffTokenAskedSerializer(StrictSerializer):
    """Name and password; `otp` where a second factor is set up."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    otp = serializers.CharField(max_length=10, required=False, allow_blank=True, default="")


class StaffTokenSerializer(serializers.Serializer[Any]):
    """A token, shown once; its scopes are the member's rights."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    scopes = serializers.ListField(child=serializers.CharField())


class StaffTokenView(APIView):
    """Log-in for programs of staff."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = (CodesThrottle,)

    @extend_schema(operation_id="auth_staff_token", request=StaffTokenAskedSerializer, responses=StaffTokenSerializer)
    def post(self, request: Request) -> Response:
        """Log in and get a token with the scopes of your rights."""
        body = read_body(StaffTokenAskedSerializer, request)
        plain = request._request
        user = authenticate(plain, username=body["username"], password=body["password"])
        if getattr(plain, "axes_locked_out", False):
            # The package's middleware would answer with its page; this door answers a problem.
            plain.axes_locked_out = False  # type: ignore[attr-defined]
            raise LockedOut
        access = get_access(user) if user is not None else None  # type: ignore[arg-type]
        if user is None or access is None or not _is_second_factor_right(user, body["otp"]):
            raise LoginRefused
        answer = issue_token(user=user, scopes=sorted(access.rights), now=clock.now())  # type: ignore[arg-type]
        return Response(answer)


def _is_second_factor_right(user: Any, otp: str) -> bool:
    if not django_otp.user_has_device(user, confirmed=True):
        return True
    return bool(otp) and django_otp.match_token(user, otp) is not None
