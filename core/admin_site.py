"""Which admin site there is; Django reads this before models are ready."""

from django.contrib.admin.apps import AdminConfig


class P2PAdminConfig(AdminConfig):
    """Use our own site as the default one."""

    default_site = "core.web.admin_site.P2PAdminSite"
