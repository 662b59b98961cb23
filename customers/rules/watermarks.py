"""What marks a list that leaves the house, and what keeps a spreadsheet from running its cells."""

from typing import Final

# A spreadsheet takes what begins with one of these for a formula, also behind blanks.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defuse(text: str) -> str:
    """Return a cell that no spreadsheet runs: `=cmd|…` becomes `'=cmd|…`; numbers with a sign are texts here too."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text


def mark_row(watermark: str, line: int) -> str:
    """Return the mark of one row: the watermark, the line and a check digit, so that a single row still tells whose it is.

    `mark_row("X7K3QX9RD", 12)` is `X7K3QX9RD-12-4`.
    """
    check = sum(map(ord, f"{watermark}{line}")) % 10
    return f"{watermark}-{line}-{check}"


def read_mark(mark: str) -> str | None:
    """Return the watermark of a row's mark, None for one that was altered."""
    watermark, _dash, rest = mark.partition("-")
    line = rest.partition("-")[0]
    return watermark if line.isdigit() and mark == mark_row(watermark, int(line)) else None
