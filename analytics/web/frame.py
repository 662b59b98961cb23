"""What analytics puts into the frame."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from analytics.web import help_texts
from core.registries import NavigationItem, frame_items, navigation
from staff import rights
from staff.pages import visible_with
from staff.queries import get_access


def register() -> None:
    """Register navigation and the address of the command palette."""
    help_texts.register()
    navigation.register("today", NavigationItem(_("Today"), "analytics:today", "home", 10, _is_staff))
    navigation.register(
        "analytics",
        NavigationItem(_("Analytics"), "analytics:dashboard", "chart-line", 80, visible_with(rights.VIEW_ANALYTICS)),
    )
    frame_items.register("search_url", _search_url)


def _is_staff(user: Any) -> bool:
    return get_access(user) is not None


def _search_url(user: Any) -> str:
    return reverse("analytics:palette") if get_access(user) is not None else ""
