"""Which Chromium the browser tests get, and that CI never passes without one."""

import os
from pathlib import Path

import pytest

from p2pcrm.runner import browser, trial
from p2pcrm.runner.console import Console
from p2pcrm.runner.errors import RunnerError


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of our own making: its PATH and Playwright's cache lie in a new directory."""
    for name in ("bin", "cache"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "cache"))
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


def _place(path: Path, code: int = 0) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def test_the_systems_comes_before_playwrights_and_broken_ones_do_not_count(machine: Path) -> None:
    assert browser.find_chromium() is None
    _place(machine / "cache" / "chromium-1100" / "chrome-linux" / "chrome")
    newer = _place(machine / "cache" / "chromium-1200" / "chrome-linux64" / "chrome")
    assert browser.find_chromium() == newer
    _place(machine / "bin" / "chromium", code=1)
    assert browser.find_chromium() == newer
    chrome = _place(machine / "bin" / "google-chrome")
    assert browser.find_chromium() == chrome


def test_a_named_one_must_start(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = _place(machine / "mine" / "chrome")
    monkeypatch.setenv(browser.VARIABLE, named)
    assert browser.find_chromium() == named
    _place(Path(named), code=1)
    with pytest.raises(RunnerError, match="does not start"):
        browser.find_chromium()


def test_debians_package_is_installed_for_root(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = machine / "bin" / "apt-get"
    script = f'[ "$1" = update ] && exit 0\nprintf "#!/bin/sh\\n" > "{machine}/bin/chromium"\n'
    apt.write_text(f'#!/bin/sh\n{script}/bin/chmod 755 "{machine}/bin/chromium"\n')
    apt.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert browser.install_chromium(machine / "log") is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert browser.install_chromium(machine / "log") == str(machine / "bin" / "chromium")


def test_ci_fails_without_one_and_a_person_is_told(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trial.provide_chromium(Console(0)) is None
    monkeypatch.setenv("CI", "true")
    with pytest.raises(RunnerError, match="apt-get install chromium"):
        trial.provide_chromium(Console(0))
