"""How the OpenAPI document shows what all addresses share: the token, the key of repeatable requests, refusals."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny

from core.api.serializers import ProblemSerializer

_REFUSALS = {
    "400": "The request cannot be read.",
    "401": "The token is missing, wrong or expired.",
    "403": "The token may not do this.",
    "404": "There is no such record, or it is not yours to see.",
    "406": "Only application/json is offered.",
    "409": "The state of things does not allow this now.",
    "413": "The body is too large.",
    "415": "Only application/json is taken.",
    "422": "The data are not valid; `errors` says where.",
    "429": "Too many requests; Retry-After says when to come back.",
}


class TokenScheme(OpenApiAuthenticationExtension):
    """Bearer tokens."""

    target_class = "core.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class ProblemAutoSchema(AutoSchema):
    """Adds to every operation its refusals, and the Idempotency-Key where the view asks for one."""

    def get_override_parameters(self) -> list[Any]:
        """Return the header of requests that must not take effect twice."""
        if self.method != "POST" or not getattr(self.view, "needs_idempotency_key", False):
            return []
        return [
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                description="New and random for each new request, the same when a request is repeated.",
            )
        ]

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return the token scheme, nothing where everybody may call."""
        is_open = all(isinstance(permission, AllowAny) for permission in self.view.get_permissions())
        return [] if is_open else [{"token": []}]

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        component = self.resolve_serializer(ProblemSerializer, direction)
        content = {"application/problem+json": {"schema": component.ref if component else {}}}
        has_body = self.method not in {"GET", "DELETE"}
        for status, description in _REFUSALS.items():
            if status in {"413", "415"} and not has_body:
                continue
            bodies.setdefault(status, {"content": content, "description": description})
        return bodies
