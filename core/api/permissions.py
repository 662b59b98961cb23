"""Whose tokens may call a view."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from core.models import User


class IsCustomer(BasePermission):
    """A customer's token."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated and request.user.kind == User.Kind.CUSTOMER)


class ByMethod:
    """The right that a view's `required_scope` names: one to read, another for everything that writes."""

    def __init__(self, read: str, write: str) -> None:
        self._read, self._write = read, write

    def __get__(self, view: Any, _owner: type) -> str:
        request = getattr(view, "request", None)
        return self._read if request is None or request.method in SAFE_METHODS else self._write


class IsStaffToken(BasePermission):
    """A staff token that carries the scope the view names in `required_scope`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user, token = request.user, request.auth
        if not (user and user.is_authenticated and user.kind == User.Kind.STAFF and token is not None):
            return False
        return getattr(view, "required_scope", None) in getattr(token, "scopes", ())
