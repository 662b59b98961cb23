"""Rows of text out of a file that somebody sent: CSV in the encodings in use, or a workbook; never trusted."""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from typing import Final

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 100
# What a workbook may unfold to; a real one of 200 000 rows stays below.
_MAX_UNFOLDED: Final = 200 * 1024 * 1024
_MAX_RATIO: Final = 200
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS: Final = (",", "\t", ";", "，")


class UnreadableTable(Exception):
    """The file cannot be taken as a table; `fault` says why: EMPTY, TOO_LARGE, ENCODING, FORMAT, COLUMNS, ROWS, CELL."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(fault)


def read_rows(raw: bytes) -> Iterator[list[str]]:
    """Yield the rows, the headings first, blank rows left out. Raises UnreadableTable, also on the way."""
    if not raw.strip():
        raise UnreadableTable("EMPTY")
    if len(raw) > MAX_BYTES:
        raise UnreadableTable("TOO_LARGE")
    rows = _read_workbook(raw) if raw[:4] == b"PK\x03\x04" else _read_text(raw)
    count = 0
    for cells in rows:
        if not any(cells):
            continue
        if len(cells) > MAX_COLUMNS:
            raise UnreadableTable("COLUMNS")
        count += 1
        if count > MAX_ROWS + 1:
            raise UnreadableTable("ROWS")
        yield cells
    if not count:
        raise UnreadableTable("EMPTY")


def detect_encoding(raw: bytes) -> str:
    """Return UTF-8, UTF-16 with its mark, or GB 18030, which Chinese spreadsheet programs write (a superset of GBK)."""
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    for name in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(name)().decode(raw, final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise UnreadableTable("ENCODING")


def _read_text(raw: bytes) -> Iterator[list[str]]:
    text = io.TextIOWrapper(io.BytesIO(raw), encoding=detect_encoding(raw), newline="")
    try:
        head = text.readline()
        if "\x00" in head:
            raise UnreadableTable("FORMAT")
        separator = max(_SEPARATORS, key=head.count)
        text.seek(0)
        for cells in csv.reader(text, delimiter=separator):
            yield [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise UnreadableTable("ENCODING") from error
    except csv.Error as error:
        raise UnreadableTable("CELL") from error


def _read_workbook(raw: bytes) -> Iterator[list[str]]:
    _check_unfolded(raw)
    # Half a second of a compiled library that most processes never need.
    from python_calamine import CalamineError, load_workbook

    try:
        sheet = load_workbook(io.BytesIO(raw)).get_sheet_by_index(0)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise UnreadableTable("FORMAT") from error
    if sheet.width > MAX_COLUMNS:
        raise UnreadableTable("COLUMNS")
    for cells in sheet.iter_rows():
        yield [_show(cell) for cell in cells]


def _check_unfolded(raw: bytes) -> None:
    """Refuse an archive that unfolds to far more than any list of customers. The sizes are measured, not believed."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            unfolded = 0
            for entry in archive.infolist():
                with archive.open(entry) as content:
                    while piece := content.read(1 << 20):
                        unfolded += len(piece)
                        if unfolded > _MAX_UNFOLDED or (unfolded > 1 << 24 and unfolded > _MAX_RATIO * len(raw)):
                            raise UnreadableTable("TOO_LARGE")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise UnreadableTable("FORMAT") from error


def _show(cell: object) -> str:
    """Return a cell as it was typed: 13800138000 rather than 13800138000.0, dates by year, month, day."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
