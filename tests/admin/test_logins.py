"""Refused log-ins are there to read; what no one needs is not in the admin."""

from collections.abc import Callable

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

pytestmark = pytest.mark.django_db


def test_refused_log_ins_are_read_without_what_was_typed(enter: Callable[..., Client]) -> None:
    row = AccessAttempt.objects.create(
        username="wang",
        ip_address="203.0.113.7",
        user_agent="x",
        failures_since_start=8,
        get_data="",
        post_data="password=secret-typed",
    )
    client = enter("auditor")
    page = client.get(reverse("admin:axes_accessattempt_changelist"), headers={"accept-language": "zh-hans"})
    assert page.status_code == 200 and "203.0.113.7" in page.content.decode()
    page = client.get(reverse("admin:axes_accessattempt_change", args=[row.pk]))
    assert page.status_code == 200 and "secret-typed" not in page.content.decode()
    assert client.post(reverse("admin:axes_accessattempt_delete", args=[row.pk])).status_code == 403
    assert enter("rm").get(reverse("admin:axes_accessattempt_changelist")).status_code == 403


def test_groups_and_devices_are_not_in_the_admin() -> None:
    assert not admin.site.is_registered(Group) and not admin.site.is_registered(TOTPDevice)
