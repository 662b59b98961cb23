"""Django configuration of staff."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    """The staff app."""

    name = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        from core.seeding import register_seed
        from staff.operations import ensure_standard_roles

        register_seed(40, "staff.roles", lambda _business_date, _now: ensure_standard_roles())
