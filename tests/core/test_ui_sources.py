"""What the security policy and the build demand of every template."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {".venv", "node_modules", "dist", ".p2pcrm"}
TEMPLATES = sorted(
    path
    for path in ROOT.rglob("templates/**/*.html")
    if not SKIPPED & set(path.relative_to(ROOT).parts) and "admin" not in path.parts
)
ICONS = set(json.loads((ROOT / "frontend/src/icons.json").read_text(encoding="utf-8")))
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*="),
    "an inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']"),
    "an htmx handler": re.compile(r"\shx-on[:\-=]"),
    "a computed htmx value": re.compile(r"=\s*[\"']js:"),
    "a trigger filter": re.compile(r"hx-trigger=\"[^\"]*\["),
    "a style element": re.compile(r"<style\b"),
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>"),
    "a foreign address": re.compile(r"(?:src|href)=\"https?://"),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_breaks_no_security_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_every_icon_is_in_the_sprite() -> None:
    used = re.compile(r"(?:\{%\s*icon\s+|icon_name\s*=\s*|\"icon_name\":\s*|\bicon=)[\"']([a-z0-9-]+)[\"']")
    sources = [
        *TEMPLATES,
        *(path for path in ROOT.glob("*/**/*.py") if not SKIPPED & set(path.relative_to(ROOT).parts)),
    ]
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources
        if "tests" not in path.parts
        for name in used.findall(path.read_text(encoding="utf-8"))
        if name not in ICONS
    }
    assert missing == set()
