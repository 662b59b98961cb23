"""Django configuration of staff."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    """The staff app."""

    name = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        from core.changes import appliers
        from core.registries import admin_gates, approvals
        from core.seeding import register_seed
        from staff import operations
        from staff.indicators import register_indicators
        from staff.queries import may_enter_admin

        register_seed(40, "staff.roles", lambda _business_date, now: operations.ensure_standard_roles(now=now))
        admin_gates.register("staff", may_enter_admin)
        register_indicators()
        approvals.register(operations.CHANGE, operations.decide_change)
        appliers.register("staff.role", operations.apply_role)
        appliers.register("staff.staffmember", operations.apply_member)
        appliers.register("core.parameter", operations.apply_parameter)
