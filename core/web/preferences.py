"""Language and appearance: a cookie for this browser, and kept with the user for the next one."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as set_cookie

from core.models import User

THEMES = {"", "light", "dark"}
_YEAR = 365 * 24 * 3600


def set_language(request: HttpRequest) -> HttpResponseBase:
    """Switch the language."""
    language = request.POST.get("language", "")
    if request.method == "POST" and request.user.is_authenticated and check_for_language(language):
        User.objects.filter(pk=request.user.pk).update(language=language)
    return set_cookie(request)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the appearance that the page has already switched to."""
    theme = request.POST.get("theme", "")
    if request.user.is_authenticated and theme in THEMES:
        User.objects.filter(pk=request.user.pk).update(theme=theme)
    return HttpResponse(status=204)


def restore(response: HttpResponseBase, user: User) -> None:
    """Bring a user's choices to the browser he logs in with."""
    if user.language:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, max_age=_YEAR, samesite="Lax")
    if user.theme:
        response.set_cookie("theme", user.theme, max_age=_YEAR, samesite="Lax")
