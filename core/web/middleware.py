"""Language, content security and refusals for pages."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation

from core.errors import BusinessError

Handler = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware(LocaleMiddleware):
    """The user's choice (cookie), else Accept-Language, else zh-Hans."""

    def process_request(self, request: HttpRequest) -> None:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if not chosen and not request.headers.get("Accept-Language", "").strip().strip("*"):
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
            return
        super().process_request(request)


class ContentSecurityPolicyMiddleware:
    """Own scripts and styles only, none inline; the admin and the API browser need what their authors wrote."""

    STRICT = (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; object-src 'none'; frame-src 'self'; "
        "frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
    )
    FOREIGN = (
        "default-src 'self'; script-src 'self' 'unsafe-eval' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
        "frame-ancestors 'self'; base-uri 'self'"
    )

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        foreign = request.path.startswith(("/admin/", "/api/docs/"))
        response.headers.setdefault("Content-Security-Policy", self.FOREIGN if foreign else self.STRICT)
        response.headers.setdefault("Permissions-Policy", "geolocation=(), camera=(), microphone=()")
        return response


class BusinessErrorMiddleware:
    """A refusal on a page becomes a page (or a fragment) that says what to do next."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, BusinessError):
            return None
        template = "404.html" if error.status == 404 else "refused.html"
        if request.headers.get("HX-Request"):
            template = "partials/refused.html"
        return render(request, template, {"error": error}, status=error.status)
