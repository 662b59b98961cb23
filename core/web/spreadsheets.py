"""Files for spreadsheet programs, sent line by line."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from django.http import StreamingHttpResponse

# A spreadsheet takes what begins with one of these for a formula, also behind blanks.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    def write(self, line: str) -> str:
        return line


def answer_csv(rows: Iterable[Sequence[Any]], name: str) -> StreamingHttpResponse:
    """Answer rows as a CSV file that nobody in between keeps, no cell of which a spreadsheet runs."""
    answer = StreamingHttpResponse(_write(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _write(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    # Spreadsheet programs take the mark as the sign of UTF-8.
    yield "\ufeff"
    writer: Any = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow(["" if cell is None else defuse(str(cell)) for cell in row])


def defuse(text: str) -> str:
    """Return a cell that no spreadsheet runs: `=cmd|…` becomes `'=cmd|…`; numbers with a sign are texts here too."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text
