"""What marks a list that leaves the house."""


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
