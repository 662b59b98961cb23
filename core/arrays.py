"""Arrays for PostgreSQL, written as one literal: the driver would adapt, and the parser read, each member on its own."""

from collections.abc import Iterable


def array_literal(values: Iterable[object]) -> str:
    """Return numbers, dates, truth values or plain codes as an array literal; None becomes NULL.

    For values of our own making only: nothing is quoted, so a text must hold no comma, brace, quote, backslash or space.
    """
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"
