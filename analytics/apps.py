"""Django configuration of analytics."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    """The analytics app."""

    name = "analytics"
    verbose_name = _("Analytics")

    def ready(self) -> None:
        from analytics import operations
        from analytics.queries.metrics import register_metrics
        from analytics.web import frame

        register_metrics()
        operations.register()
        frame.register()
