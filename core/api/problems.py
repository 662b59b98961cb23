"""Every refusal as `application/problem+json` (RFC 9457)."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, connections
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from core.errors import BusinessError

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"


def problem(
    *,
    status: int,
    code: str,
    title: str,
    detail: str = "",
    advice: str = "",
    fields: dict[str, list[str]] | None = None,
) -> Response:
    """Build a problem answer; `errors` maps a field to the sentences that concern it."""
    body: dict[str, Any] = {"type": f"urn:p2pcrm:problem:{code}", "title": title, "status": status, "code": code}
    if detail:
        body["detail"] = detail
    if advice:
        body["next_step"] = advice
    if fields:
        body["errors"] = fields
    return Response(body, status=status, content_type=CONTENT_TYPE)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception raised by an API view; None lets an unknown one become a logged 500."""
    _roll_back()
    if isinstance(error, BusinessError):
        fields = {name: [str(text) for text in texts] for name, texts in error.fields.items()}
        return problem(
            status=error.status, code=error.code, title=error.sentence(), advice=error.advice(), fields=fields
        )
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error)
    if isinstance(error, Http404 | exceptions.NotFound):
        return problem(status=404, code="not_found", title=_("There is no such record, or it is not yours to see."))
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _from_api_exception(error)
    if isinstance(error, DataError):
        return problem(status=422, code="invalid_input", title=_("Some of the data is not valid."))
    return None


def _roll_back() -> None:
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["ATOMIC_REQUESTS"] and connection.in_atomic_block:
            connection.set_rollback(True)


def _invalid(error: exceptions.ValidationError) -> Response:
    return problem(
        status=422,
        code="invalid_input",
        title=_("Some of the data is not valid."),
        advice=_("Correct the marked fields and send again."),
        fields=_flatten(error.detail),
    )


def _flatten(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            found.update(_flatten(value, f"{prefix}.{key}" if prefix else str(key)))
        return found
    if isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        found = {}
        for index, item in enumerate(detail):
            found.update(_flatten(item, f"{prefix}.{index}" if prefix else str(index)))
        return found
    texts = detail if isinstance(detail, list) else [detail]
    return {prefix or "non_field_errors": [str(text) for text in texts]}


def _from_api_exception(error: exceptions.APIException) -> Response:
    code = error.get_codes() if isinstance(error.get_codes(), str) else error.default_code
    response = problem(status=error.status_code, code=str(code), title=str(error.detail))
    wait = getattr(error, "wait", None)
    if wait is not None:
        response["Retry-After"] = str(int(wait) + 1)
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    return response
