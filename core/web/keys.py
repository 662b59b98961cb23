"""The keys that work on every page: one table, from which the sheet is written and the script takes its orders."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core.errors import Text


@dataclass(frozen=True)
class Key:
    """One or more keys that do the same; `does` is what frontend/src/parts/keyboard.js knows how to do."""

    keys: tuple[str, ...]
    label: Text
    does: str = ""


KEYS = (
    Key(("/",), _("Search in this list"), "search"),
    Key(("j",), _("Next row"), "next"),
    Key(("k",), _("Previous row"), "previous"),
    Key(("o",), _("Open the row"), "open"),
    Key(("x",), _("Pick the row, or not"), "pick"),
    Key(("e",), _("Edit in the row"), "edit"),
    Key(("z",), _("Take back what was just done"), "undo"),
    Key(("[",), _("Narrow or widen the rail"), "rail"),
    Key(("?",), _("This sheet"), "sheet"),
)


def choose_letters(names: list[str]) -> dict[str, str]:
    """Return for each name the letter that goes there after `g`: its first one that no earlier name has taken.

    today, customers and collections become t, c and o.
    """
    taken: dict[str, str] = {}
    for name in names:
        free = (letter for letter in name + "abcdefghijklmnopqrstuvwxyz" if letter.isalpha() and letter not in taken)
        taken[next(free, "")] = name
    return {name: letter for letter, name in taken.items()}
