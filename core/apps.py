"""Django configuration of the kernel."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """The kernel."""

    name = "core"
    verbose_name = _("System")

    def ready(self) -> None:
        from core import reference, seeding
        from core.api import schema  # noqa: F401 - registers the token scheme with the OpenAPI generator

        seeding.register_seed(10, "core.business_date", reference.seed_business_date)
        seeding.register_seed(20, "core.calendar", reference.seed_calendar)
