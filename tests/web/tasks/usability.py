"""The table of docs/usability.md: read by the tests, which hold it to what they count, and written from their counts.

`make usability` counts again and writes it. What may be taken at most stands in the table and is set by hand.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.web.tasks.hands import Count, Way

PAGE = Path(__file__).parents[3] / "docs" / "usability.md"
_ROW = re.compile(r"^\| (\d+) (.+?) \| (.+?) \| (\w+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$")
_TABLE = re.compile(r"(?m)^(\|---.*\n)(?:\|.*\n)*")
_UNITS = {Way.KEYBOARD: "keys", Way.MOUSE: "clicks", Way.PHONE: "taps"}


@dataclass(frozen=True)
class Row:
    """One way of one task: what was counted, what is allowed."""

    number: int
    title: str
    start: str
    way: Way
    steps: int
    most_steps: int
    loads: int
    most_loads: int
    typed: int

    def write(self) -> str:
        """Return the line of the table."""
        figures = (self.steps, self.most_steps, self.loads, self.most_loads, self.typed)
        return (
            f"| {self.number} {self.title} | {self.start} | {_UNITS[self.way]} | "
            + " | ".join(map(str, figures))
            + " |"
        )


def read_rows() -> dict[tuple[int, Way], Row]:
    """Return the rows of the page by task and way."""
    ways = {unit: way for way, unit in _UNITS.items()}
    found = (match.groups() for match in map(_ROW.match, PAGE.read_text().splitlines()) if match)
    rows = [Row(int(n), title, start, ways[unit], *map(int, rest)) for n, title, start, unit, *rest in found]
    return {(row.number, row.way): row for row in rows}


def write_rows(counted: dict[tuple[int, str, str, Way], Count]) -> None:
    """Put what was counted into the page; what is allowed stays, a new row allows what it took."""
    rows = read_rows()
    for (number, title, start, way), count in counted.items():
        old = rows.get((number, way))
        most = (old.most_steps, old.most_loads) if old is not None else (count.steps, count.loads)
        rows[number, way] = Row(number, title, start, way, count.steps, most[0], count.loads, most[1], count.typed)
    order = list(Way)
    lines = [row.write() for row in sorted(rows.values(), key=lambda row: (row.number, order.index(row.way)))]
    PAGE.write_text(_TABLE.sub(lambda found: found[1] + "".join(f"{line}\n" for line in lines), PAGE.read_text()))
