"""Liveness and readiness."""

from django.db import connection
from django.http import HttpRequest, JsonResponse

from core import clock


def live(_request: HttpRequest) -> JsonResponse:
    """Answer that the process runs."""
    return JsonResponse({"status": "live"})


def ready(_request: HttpRequest) -> JsonResponse:
    """Answer that the database answers and is migrated."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ready", "business_date": clock.business_date().isoformat()})
