"""An order that somebody chooses: which of the known things he wants to see, one after the other."""

from collections.abc import Sequence


def arrange(known: Sequence[str], chosen: Sequence[object]) -> list[str]:
    """Return all known keys: the chosen ones first in their order, each once, then the others in theirs."""
    wanted = [key for key in dict.fromkeys(str(item) for item in chosen) if key in known]
    return [*wanted, *(key for key in known if key not in wanted)]


def move(keys: Sequence[str], asked: str) -> list[str]:
    """Return the keys with one of them a place further: `up:rm`, `down:rm`; at the edge, or unread, as they are.

    up:b of a, b, c gives b, a, c.
    """
    direction, _colon, key = asked.partition(":")
    moved = list(keys)
    if key not in moved or direction not in {"up", "down"}:
        return moved
    place = moved.index(key)
    target = place - 1 if direction == "up" else place + 1
    if 0 <= target < len(moved):
        moved[place], moved[target] = moved[target], moved[place]
    return moved
