"""Colleagues named in a note: `@李静` or `@lijing`, also in the middle of a Chinese sentence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from customers.rules.names import spell

_NAME = r"[\w·.-]{2,30}"
_MARK = re.compile(rf"(?<![A-Za-z0-9._%+-])@({_NAME})")
_WHOLE_NAME = re.compile(_NAME)


@dataclass(frozen=True)
class Colleague:
    """Somebody who may be named."""

    name: str
    username: str
    place: str
    is_name_shared: bool
    is_near: bool

    @property
    def mark(self) -> str:
        """What names him and nobody else: his name, else his log-in name."""
        return self.username if self.is_name_shared or not _WHOLE_NAME.fullmatch(self.name) else self.name


def suggest(typed: str, colleagues: Sequence[Colleague], most: int = 6) -> list[Colleague]:
    """Return whom the letters after an @ may mean: by name, log-in name, pinyin or initials; beginnings go first."""
    wanted = typed.strip().lower()

    def rank(colleague: Colleague) -> int | None:
        name = colleague.name.lower()
        if name.startswith(wanted) or colleague.username.lower().startswith(wanted):
            return 0
        if any(word.startswith(wanted) for word in spell(colleague.name).split(" ")):
            return 1
        return 2 if wanted in name else None

    ranked = [(place, colleague) for colleague in colleagues if (place := rank(colleague)) is not None]
    return [colleague for _rank, colleague in sorted(ranked, key=lambda one: one[0])[:most]]


def list_candidates(text: str) -> list[list[str]]:
    """Return for each mark what it could name, the longest first.

    Chinese does not part words, so that `@李静看一下` could name anybody from 李静 to 李静看一下. A mark inside an e-mail
    address names nobody.
    """
    return [
        [found[:length] for length in range(len(found), 1, -1)]
        for found in (match.group(1) for match in _MARK.finditer(text))
    ]


def pick_mentions(text: str, known: Mapping[str, list[int]]) -> tuple[list[int], list[str]]:
    """Return the ids of those named, in order and once each, and the names that several colleagues bear."""
    ids: list[int] = []
    ambiguous: list[str] = []
    for candidates in list_candidates(text):
        name = next((candidate for candidate in candidates if known.get(candidate)), None)
        if name is None:
            continue
        bearers = known[name]
        if len(bearers) > 1:
            ambiguous.append(name)
        elif bearers[0] not in ids:
            ids.append(bearers[0])
    return ids, ambiguous
