"""The admin site: operations staff only, with a second factor where one is set up."""

from django.contrib.admin.apps import AdminConfig
from unfold.sites import UnfoldAdminSite


class P2PAdminSite(UnfoldAdminSite):
    """The site operations staff work in."""

    site_header = "p2pcrm"
    site_title = "p2pcrm"


class P2PAdminConfig(AdminConfig):
    """Use the site above as the default one."""

    default_site = "core.admin_site.P2PAdminSite"
