"""Base of the API's views."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from core import clock, idempotency
from core.api.permissions import IsCustomer
from core.errors import InvalidInput


class IdempotencyKeyMissing(InvalidInput):
    """A POST that moves money or creates an obligation came without a key."""

    code = "idempotency_key_missing"
    status = 400
    message = _("The header Idempotency-Key is missing or longer than 255 characters.")
    next_step = _("Send a new random key with each new request, and the same key when you repeat one.")


class CustomerAPIView(APIView):
    """A view for customers; each sees only himself."""

    permission_classes = (IsAuthenticated, IsCustomer)

    def read_body(self, serializer_class: type[Serializer[Any]], request: Request) -> dict[str, Any]:
        """Return the validated body. Raises ValidationError."""
        serializer = serializer_class(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def answer_once(self, request: Request, action: Callable[[str], tuple[int, Any]]) -> Response:
        """Run an action once for the request's Idempotency-Key; the action gets a key of its own to pass on.

        Raises IdempotencyKeyMissing, KeyReused, KeyInFlight.
        """
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= 255 or "\x00" in key:
            raise IdempotencyKeyMissing
        scope = f"user:{request.user.pk}"
        answer = idempotency.run_once(
            scope=scope,
            key=key,
            fingerprint=idempotency.fingerprint_of(request.method, request.path, request.data),
            now=clock.now(),
            action=lambda: action(f"{scope}:{key}"),
        )
        response = Response(answer.body, status=answer.status)
        if answer.replayed:
            response["Idempotent-Replayed"] = "true"
        return response
