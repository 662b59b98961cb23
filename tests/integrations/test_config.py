"""Production stops when a partner's setting is missing."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from integrations import connect
from integrations.checks import check_partners
from integrations.config import NAMES, require_partners
from integrations.ports import AccountOpening


def test_missing_setting_stops_the_call(settings: Any) -> None:
    settings.INTEGRATIONS_MODE = "real"
    settings.INTEGRATIONS = {}
    opening = AccountOpening("A1", "李四", "X", "13900139000")
    with pytest.raises(ImproperlyConfigured, match="CUSTODY_"):
        connect.custody_bank().open_account(opening)


def test_unknown_mode_stops_the_call(settings: Any) -> None:
    settings.INTEGRATIONS_MODE = "pretend"
    with pytest.raises(ImproperlyConfigured):
        connect.sms_gateway()


def test_home_without_keys_stops_the_call(settings: Any, tmp_path: Path) -> None:
    settings.INTEGRATIONS_MODE = "sandbox"
    settings.SANDBOX_HOME = str(tmp_path)
    with pytest.raises(ImproperlyConfigured, match="--init"):
        connect.sms_gateway()


def test_start_names_each_missing_setting(settings: Any) -> None:
    settings.INTEGRATIONS_MODE = "real"
    settings.INTEGRATIONS = {}
    with pytest.raises(ImproperlyConfigured) as caught:
        require_partners()
    assert all(name in str(caught.value) for name in NAMES)
    settings.INTEGRATIONS_MODE = "sandbox"
    require_partners()


def test_deployment_with_the_sandbox_is_warned(settings: Any) -> None:
    settings.INTEGRATIONS_MODE = "sandbox"
    assert [message.id for message in check_partners(None)] == ["integrations.W001"]
    settings.INTEGRATIONS_MODE = "real"
    assert check_partners(None) == []
