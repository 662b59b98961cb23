"""Log-in, language, health."""

from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from core.web import account, health, preferences

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("login/", account.LogIn.as_view(), name="login"),
    path("login/code/", account.SecondFactor.as_view(), name="second-factor"),
    path("logout/", LogoutView.as_view(next_page="login"), name="logout"),
    path("account/second-factor/", account.SetUpSecondFactor.as_view(), name="set-up-second-factor"),
    path("i18n/setlang/", preferences.set_language, name="set_language"),
    path("preferences/theme/", preferences.set_theme, name="set_theme"),
]

if settings.DEBUG:
    urlpatterns.append(path("ui/kit/", include("core.web.kit")))
