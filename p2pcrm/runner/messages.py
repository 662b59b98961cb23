"""The translations without gettext on the machine: collect the strings, compile the catalogues, find what is missing."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from p2pcrm.runner.packages import ROOT

if TYPE_CHECKING:
    import polib

# Which argument of each function is what: (context, singular, plural).
_SIMPLE, _PLURAL, _CONTEXT, _BOTH = (None, 0, None), (None, 0, 1), (0, 1, None), (0, 1, 2)
_SHAPES = {"gettext": _SIMPLE, "ngettext": _PLURAL, "pgettext": _CONTEXT, "npgettext": _BOTH}
FUNCTIONS = {name + suffix: shape for name, shape in _SHAPES.items() for suffix in ("", "_lazy")}
FUNCTIONS |= {"_": _SIMPLE, "gettext_noop": _SIMPLE}
SKIPPED = {".git", ".venv", ".p2pcrm", "bench", "frontend", "locale", "migrations", "tests"}
_TEMPLATE_SUFFIXES = {".html", ".txt"}
_STRING = r"""u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(rf"\b({'|'.join(FUNCTIONS)})\(\s*{_STRING}(?:\s*,\s*{_STRING})?")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")


@dataclass(frozen=True)
class Message:
    """One string to translate and where it stands."""

    text: str
    plural: str | None
    context: str | None
    place: str


def compile_messages() -> None:
    """Write the .mo file beside each .po file that is newer."""
    for source in _catalogues():
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            _read(source).save_as_mofile(str(target))


def collect_messages() -> None:
    """Add the strings that a catalogue lacks, untranslated, and take out those that nothing uses any more."""
    import polib

    messages = {(message.context, message.text): message for message in list_messages()}
    for source in _catalogues():
        catalogue = _read(source)
        kept = {(entry.msgctxt, entry.msgid): entry for entry in catalogue}
        for key, entry in kept.items():
            if key not in messages:
                catalogue.remove(entry)
        for key, message in messages.items():
            if key not in kept:
                catalogue.append(
                    polib.POEntry(
                        msgid=message.text,
                        msgid_plural=message.plural or "",
                        msgctxt=message.context,
                        msgstr_plural={0: ""} if message.plural else {},
                        flags=["python-format"] if _PLACEHOLDER.search(message.text) else [],
                    )
                )
        catalogue.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
        catalogue.save(str(source))


def list_problems() -> list[str]:
    """Return one line for each string that is missing, untranslated, fuzzy, unused, or loses a placeholder."""
    catalogues = _catalogues()
    problems = [] if catalogues else ["locale/ holds no catalogue"]
    messages = list(list_messages())
    used = {(message.context, message.text) for message in messages}
    for source in catalogues:
        catalogue = _read(source)
        entries = {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}
        problems += sorted(
            f"{message.place}: not in {source.relative_to(ROOT)}: {message.text!r}"
            for message in messages
            if (message.context, message.text) not in entries
        )
        for entry in catalogue:
            expected = _placeholders(entry.msgid_plural or entry.msgid)
            texts = list(entry.msgstr_plural.values()) or [entry.msgstr]
            where = f"{source.relative_to(ROOT)}:{entry.linenum}"
            if entry.obsolete or (entry.msgctxt, entry.msgid) not in used:
                problems.append(f"{where}: not used: {entry.msgid!r}")
            elif entry.fuzzy or not all(texts):
                problems.append(f"{where}: not translated: {entry.msgid!r}")
            elif any(_placeholders(text) != expected for text in texts):
                problems.append(f"{where}: other placeholders than: {entry.msgid!r}")
    return problems


def list_messages() -> Iterator[Message]:
    """Yield every translatable string of the Python sources and templates."""
    folders = [folder for folder in ROOT.iterdir() if folder.is_dir() and folder.name not in SKIPPED]
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if SKIPPED.isdisjoint(path.relative_to(ROOT).parts):
            if path.suffix == ".py":
                yield from list_python_messages(path.read_text(), str(path.relative_to(ROOT)))
            elif path.suffix in _TEMPLATE_SUFFIXES and "templates" in path.parts:
                yield from list_template_messages(path.read_text(), str(path.relative_to(ROOT)))


def list_python_messages(source: str, place: str) -> Iterator[Message]:
    """Yield the strings of the translation calls of one module."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        texts = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
        if name in FUNCTIONS and texts:
            yield from _make_message(name, texts, f"{place}:{node.lineno}")


def list_template_messages(source: str, place: str) -> Iterator[Message]:
    """Yield the strings of one template, found the way Django's own makemessages finds them."""
    from django.utils.translation.template import templatize

    for found in _CALL.finditer(templatize(source)):
        texts = [None if text is None else ast.literal_eval(text) for text in found.groups()[1:]]
        yield from _make_message(found.group(1), texts, place)


def _make_message(name: str, texts: Sequence[object], place: str) -> Iterator[Message]:
    context, text, plural = (
        texts[index] if index is not None and index < len(texts) else None for index in FUNCTIONS[name]
    )
    # A variable cannot be collected; whoever filled it marked the string itself.
    if isinstance(text, str) and text:
        yield Message(
            text,
            plural if isinstance(plural, str) else None,
            context if isinstance(context, str) else None,
            place,
        )


def _catalogues() -> list[Path]:
    return sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))


def _read(source: Path) -> "polib.POFile":
    # A package of the environment, so it cannot be imported before that is made.
    import polib

    # Long lines stay whole: a changed word then changes one line.
    return polib.pofile(str(source), wrapwidth=0, check_for_duplicates=True)


def _placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))
