"""The admin site: operations staff only, with a second factor where one is set up."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_otp import user_has_device
from unfold.sites import UnfoldAdminSite

from core.registries import admin_gates


class P2PAdminSite(UnfoldAdminSite):
    """The site operations staff work in."""

    site_header = "p2pcrm"
    site_title = "p2pcrm"
    index_title = _("Operations")

    def has_permission(self, request: HttpRequest) -> bool:
        """Let those in whom a gate lets in, after their second factor; refuse everybody else who is logged in."""
        user: Any = request.user
        if not user.is_authenticated:
            return False
        is_let_in = user.is_active and user.is_staff and any(gate(user) for _name, gate in admin_gates.items())
        if not is_let_in or (user_has_device(user) and not user.is_verified()):
            raise PermissionDenied
        return True

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send strangers to the one log-in page there is: it also asks for the second factor."""
        target = request.GET.get("next") or reverse("admin:index")
        if request.user.is_authenticated and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        return redirect_to_login(target, settings.LOGIN_URL)
