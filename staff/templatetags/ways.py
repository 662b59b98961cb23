"""Addresses that the reader may open; what he may not, is no link."""

from typing import Any

from django import template
from django.urls import reverse

from staff.pages import may_open
from staff.queries import get_access

register = template.Library()


@register.simple_tag(takes_context=True)
def way(context: template.Context, name: str, *arguments: Any) -> str:
    """Return the address of a page, or nothing where the reader lacks its right."""
    url = reverse(name, args=arguments)
    access = get_access(context["request"].user)
    return url if access is not None and may_open(access, url) else ""
