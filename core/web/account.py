"""Logging in and out, and the second factor. Staff only: customers use the API."""

import base64
from datetime import datetime
from io import BytesIO
from typing import Any

import qrcode
from django import forms
from django.contrib import messages
from django.contrib.auth import login as start_session
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views import View
from django_otp import login as mark_verified
from django_otp import match_token, user_has_device
from django_otp.plugins.otp_totp.models import TOTPDevice
from qrcode.image.svg import SvgPathImage

from core import audit, clock
from core.models import User
from core.web import preferences

_WAITING = "second_factor"
_WAITS_SECONDS = 300


class StaffForm(AuthenticationForm):
    """User name and password of a member of staff."""

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse customers with the same words as a wrong password, so that nobody learns who has an account."""
        super().confirm_login_allowed(user)
        if user.kind != User.Kind.STAFF:
            raise self.get_invalid_login_error()


class CodeForm(forms.Form):
    """The six digits of the authenticator app."""

    code = forms.CharField(
        label=_("Code of your authenticator app"),
        max_length=8,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
    )


class LogIn(LoginView):
    """Ask for name and password, then for the second factor where one is set up."""

    template_name = "login.html"
    authentication_form = StaffForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Begin the session, or wait for the code: nobody is logged in before it."""
        user = form.get_user()
        assert isinstance(user, User)
        if user_has_device(user):
            self.request.session[_WAITING] = [user.pk, clock.now().isoformat(), self.get_success_url(), user.backend]
            return redirect("second-factor")
        return _begin(self.request, user, self.get_success_url())


class SecondFactor(View):
    """Ask for the code of the authenticator app and begin the session."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form to somebody whose password was right a moment ago."""
        return self.answer(request, CodeForm()) if _find_waiting(request) else redirect("login")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check the code; the device itself slows down whoever tries many."""
        found = _find_waiting(request)
        if found is None:
            return redirect("login")
        user, target = found
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self.answer(request, form, status=422)
        device = match_token(user, form.cleaned_data["code"].replace(" ", ""))
        if device is None:
            form.add_error("code", ValidationError(_("This code is not right. Wait for the next one and try again.")))
            return self.answer(request, form, status=422)
        response = _begin(request, user, target)
        mark_verified(request, device)
        return response

    def answer(self, request: HttpRequest, form: CodeForm, status: int = 200) -> HttpResponse:
        """Show the form."""
        return render(request, "account/second_factor.html", {"form": form}, status=status)


class SetUpSecondFactor(LoginRequiredMixin, View):
    """Connect an authenticator app with one's account."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the code to scan, or that there is a device already."""
        return self.answer(request, CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Confirm the device by its first code."""
        assert isinstance(request.user, User)
        device = _get_draft(request.user)
        form = CodeForm(request.POST)
        if device is None:
            return redirect("set-up-second-factor")
        if not form.is_valid() or not device.verify_token(form.cleaned_data["code"].replace(" ", "")):
            form.add_error("code", ValidationError(_("This code is not right. Wait for the next one and try again.")))
            return self.answer(request, form, status=422)
        with transaction.atomic():
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            audit.record(actor=request.user, action="core.second_factor_set_up", target=request.user, now=clock.now())
        mark_verified(request, device)
        messages.success(request, _("From now on the log-in asks for a code of your app."))
        return redirect("/")

    def answer(self, request: HttpRequest, form: CodeForm, status: int = 200) -> HttpResponse:
        """Show the page."""
        assert isinstance(request.user, User)
        device = _get_draft(request.user)
        context = {"form": form, "device": device, "image": _draw(device.config_url) if device else ""}
        return render(request, "account/second_factor_setup.html", context, status=status)


def _begin(request: HttpRequest, user: User, target: str) -> HttpResponse:
    start_session(request, user, backend=getattr(user, "backend", None))
    request.session.pop(_WAITING, None)
    audit.record(actor=user, action="core.logged_in", target=user, now=clock.now())
    response = redirect(target)
    preferences.restore(response, user)
    return response


def _find_waiting(request: HttpRequest) -> tuple[User, str] | None:
    """Return who has given the right password within the last minutes, and where he wants to go."""
    waiting = request.session.get(_WAITING)
    if waiting is None:
        return None
    pk, since, target, backend = waiting
    if (clock.now() - datetime.fromisoformat(since)).total_seconds() > _WAITS_SECONDS:
        return None
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        return None
    user.backend = backend
    is_safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return user, target if is_safe else "/"


def _get_draft(user: User) -> TOTPDevice | None:
    """Return the device that waits for its first code; None where one is confirmed already."""
    if TOTPDevice.objects.filter(user=user, confirmed=True).exists():
        return None
    device, _made = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "app"})
    return device


def _draw(url: str) -> str:
    """Return the QR code of an address as a data URL."""
    drawn = BytesIO()
    qrcode.make(url, image_factory=SvgPathImage, border=2).save(drawn)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
