"""What every page for staff begins with: who is asking, and may he."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import resolve
from django.views import View

from core.errors import BusinessError, InvalidInput, NotFound, Refused
from core.models import User
from core.web.reading import holds_nul
from staff.queries import Access, get_access, scope_condition


def may(user: Any, right: str) -> bool:
    """Tell whether a user holds a right."""
    access = get_access(user)
    return access is not None and access.has(right)


def visible_with(right: str) -> Callable[[Any], bool]:
    """Return the visibility of a navigation entry that needs a right."""
    return lambda user: may(user, right)


def may_open(access: Access, url: str) -> bool:
    """Tell whether a member holds the right of the page at an address of ours; its scope may still refuse the record."""
    view = resolve(urlsplit(url).path).func
    right = getattr(getattr(view, "view_class", None), "right", "")
    return not right or access.has(right)


class StaffPage(View):
    """A page for staff; with `right` only for those who hold it. Raises Refused for customers and all others."""

    right: str = ""
    access: Access

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse, or answer."""
        user = request.user
        if not user.is_authenticated:
            return self.ask_log_in(request)
        assert isinstance(user, User)
        access = get_access(user)
        if access is None:
            raise Refused
        if self.right and not access.has(self.right):
            raise Refused
        # No text of PostgreSQL holds a NUL: in an address it names no record, in a form it is refused before any query.
        if any("\x00" in str(part) for part in kwargs.values()):
            raise NotFound
        if any(holds_nul(given) for given in (request.GET, request.POST)):
            raise InvalidInput
        self.access = access
        return super().dispatch(request, *args, **kwargs)

    def ask_log_in(self, request: HttpRequest) -> HttpResponseBase:
        """Send a stranger to the log-in page; a fragment only learns that the session is over."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401)
        return redirect_to_login(request.get_full_path())

    def scope(self, owner: str, right: str = "") -> Q:
        """Return the filter that the page's right puts on records whose responsible member is `owner`."""
        return scope_condition(self.access, right or self.right, owner)


def demand(form: BaseForm) -> dict[str, Any]:
    """Return the cleaned data of a form. Raises InvalidInput."""
    if not form.is_valid():
        raise InvalidInput(fields={name: [str(error) for error in errors] for name, errors in form.errors.items()})
    return dict(form.cleaned_data)


def show_refusal(form: BaseForm, error: BusinessError) -> None:
    """Put what an operation refuses at its fields of a form, the rest above it."""
    for name, sentences in (error.fields or {"": [error.sentence(), error.advice()]}).items():
        form.add_error(name if name in form.fields else None, [str(sentence) for sentence in sentences if sentence])


def carry_out(request: HttpRequest, back: str, act: Callable[[], object], said: str) -> HttpResponse:
    """Run one operation and go back with a word on how it went; a refusal of the right itself stays a refusal."""
    try:
        act()
    except (Refused, NotFound):
        raise
    except BusinessError as error:
        details = [str(sentence) for sentences in error.fields.values() for sentence in sentences]
        messages.error(request, " ".join(details or [error.sentence(), error.advice()]).strip())
    else:
        messages.success(request, said)
    return redirect(back)
