"""Addresses of the browser tests of the kit, with a log-in that needs no database."""

from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("ui/kit/", include("core.web.kit")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("logout/", TemplateView.as_view(template_name="404.html"), name="logout"),
]
