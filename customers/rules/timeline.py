"""How a timeline is read: edits made in one go fold into one line, noisy days show their first lines and a summary."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

_ONE_GO: Final = timedelta(minutes=2)
_FOLDED: Final = "change"
NOISY: Final = 12
SHOWN_OF_NOISY: Final = 6


class Happening(Protocol):
    """What folding looks at."""

    at: datetime
    kind: str
    actor_id: int | None


T = TypeVar("T", bound=Happening)


def fold_edits(entries: Sequence[T]) -> list[list[T]]:
    """Return the entries, newest first, in groups: changes by one person within two minutes of the newest stand together."""
    groups: list[list[T]] = []
    for entry in entries:
        if groups and _belongs(groups[-1][0], entry):
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return groups


def _belongs(newest: Happening, entry: Happening) -> bool:
    return (
        newest.kind == entry.kind == _FOLDED
        and newest.actor_id is not None
        and newest.actor_id == entry.actor_id
        and newest.at - entry.at <= _ONE_GO
    )


def split_noisy(groups: Sequence[list[T]]) -> tuple[list[list[T]], list[list[T]]]:
    """Return what a day shows at once and what stands behind its summary; an ordinary day shows everything."""
    if len(groups) <= NOISY:
        return list(groups), []
    return list(groups[:SHOWN_OF_NOISY]), list(groups[SHOWN_OF_NOISY:])


def count_kinds(groups: Sequence[list[T]]) -> list[tuple[str, int]]:
    """Return how many lines of each kind there are, the most frequent first."""
    return Counter(group[0].kind for group in groups).most_common()
