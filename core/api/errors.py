"""Refusals below `/api/` that no view answers, as problems; pages keep their own."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework.response import Response

from core.api.problems import problem
from core.api.renderers import ORJSONRenderer


def _as_http(response: Response) -> HttpResponse:
    response.accepted_renderer = ORJSONRenderer()  # type: ignore[assignment]
    response.accepted_media_type = "application/json"
    response.renderer_context = {}  # type: ignore[attr-defined]
    return response.render()


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that does not exist."""
    if _is_api(request):
        return _as_http(problem(status=404, code="not_found", title=_("There is nothing at this address.")))
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses."""
    if _is_api(request):
        return _as_http(problem(status=400, code="bad_request", title=_("The request cannot be read.")))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest, *_args: Any) -> HttpResponse:
    """Answer when we failed; nothing of the request was kept."""
    if _is_api(request):
        return _as_http(
            problem(
                status=500,
                code="internal_error",
                title=_("Something went wrong on our side; nothing was changed."),
                advice=_("Try again with the same Idempotency-Key."),
            )
        )
    return defaults.server_error(request)
