"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

urlpatterns = [
    path("", include("core.web.urls")),
    path("", include("django_prometheus.urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/webhooks/", include("integrations.web.urls")),
    path("api/v1/", include("staff.api.urls")),
    path("api/v1/", include("customers.api.urls")),
    path("api/v1/", include("ledger.api.urls")),
    path("api/v1/", include("messaging.api.urls")),
    path("api/v1/", include("lending.api.urls")),
    path("api/v1/", include("risk.api.urls")),
    path("api/v1/", include("segmentation.api.urls")),
    path("api/v1/", include("marketing.api.urls")),
    path("", include("customers.web.urls")),
    path("", include("messaging.web.urls")),
    path("", include("lending.web.urls")),
    path("", include("risk.web.urls")),
    path("", include("service.web.urls")),
    path("", include("segmentation.web.urls")),
    path("", include("marketing.web.urls")),
    path("", include("analytics.web.urls")),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]

handler400 = "core.api.errors.bad_request"
handler404 = "core.api.errors.not_found"
handler500 = "core.api.errors.server_error"
