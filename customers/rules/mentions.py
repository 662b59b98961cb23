"""Colleagues named in a note: `@李静` or `@lijing`, also in the middle of a Chinese sentence."""

import re
from collections.abc import Mapping

_MARK = re.compile(r"(?<![A-Za-z0-9._%+-])@([\w·.-]{2,30})")


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
