"""Compile the translations, and check that nothing is missing. Needs no gettext on the machine."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from p2pcrm.runner.packages import ROOT

if TYPE_CHECKING:
    import polib

_PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sd]")


def compile_messages() -> None:
    """Write the .mo file beside each .po file that is newer."""
    # A package of the environment, so it cannot be imported before that is made.
    import polib

    for source in _catalogues():
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(target))


def list_problems() -> list[str]:
    """Return one line for each message that is untranslated, fuzzy or loses a placeholder."""
    import polib

    problems = []
    for source in _catalogues():
        for entry in polib.pofile(str(source), check_for_duplicates=True):
            where = f"{source.relative_to(ROOT)}:{entry.linenum}"
            if entry.obsolete:
                continue
            if entry.fuzzy or not entry.translated():
                problems.append(f"{where}: not translated: {entry.msgid!r}")
            elif any(_placeholders(text) != _placeholders(entry.msgid_plural or entry.msgid) for text in _texts(entry)):
                problems.append(f"{where}: other placeholders than: {entry.msgid!r}")
    return problems


def _catalogues() -> list[Path]:
    return sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))


def _texts(entry: "polib.POEntry") -> list[str]:
    return list(entry.msgstr_plural.values()) or [entry.msgstr]


def _placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))
