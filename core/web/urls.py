"""Health and language."""

from django.urls import include, path

from core.web import health

urlpatterns = [
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("i18n/", include("django.conf.urls.i18n")),
]
