"""The production files agree with the settings and hold no secret."""

import re
from typing import Any

import pytest
import yaml

from p2pcrm.runner.packages import ROOT

SECRETS = {
    "SECRET_KEY",
    "P2PCRM_FIELD_KEYS",
    "P2PCRM_BLIND_INDEX_KEY",
    "POSTGRES_PASSWORD",
    "POSTGRES_SUPERUSER_PASSWORD",
    "VALKEY_PASSWORD",
    "P2PCRM_SMTP_PASSWORD",
}


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_every_secret_must_be_given() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    guarded = set(re.findall(r"(?<!\$)\$\{(\w+):\?", text))
    assert used >= SECRETS
    assert guarded >= SECRETS
    with_default = set(re.findall(r"(?<!\$)\$\{(\w+):-", text))
    assert not with_default & guarded
    assert used == guarded | with_default


def test_each_process_gets_all_that_the_settings_require(compose: dict[str, Any]) -> None:
    production = (ROOT / "p2pcrm" / "settings" / "production.py").read_text()
    required = set(re.findall(r'required\("(\w+)"\)', production))
    for name in ("migrate", "web", "worker", "beat"):
        assert required <= set(compose["services"][name]["environment"]), name


def test_the_containers_have_no_privileges(compose: dict[str, Any]) -> None:
    for name in ("migrate", "web", "worker", "beat"):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    # The database and the broker are reached inside only, the web process by the proxy on the same machine.
    assert {name for name, service in compose["services"].items() if "ports" in service} == {"web"}
    assert compose["services"]["web"]["ports"] == ["${P2PCRM_LISTEN:-127.0.0.1:8000}:8000"]


def test_the_image_runs_as_a_user_and_takes_no_local_state() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER p2pcrm"]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".p2pcrm", ".venv", ".git"} <= set(ignored)


def test_the_operations_page_names_every_variable() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    variables = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert [name for name in sorted(variables) if f"`{name}`" not in page] == []
