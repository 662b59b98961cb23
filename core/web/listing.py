"""Lists on pages: sorting from the address, paging by key, counts that are exact up to ten thousand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet, Window
from django.http import QueryDict

from core.fields import UndecipherableValue, decrypt, encrypt

PAGE_SIZE = 50
COUNT_LIMIT = 10_000


@dataclass(frozen=True)
class Slice:
    """One page of a list; `total` as `count_rows` gives it."""

    rows: list[Any]
    next_cursor: str
    previous_cursor: str
    total: int


def take_page(
    rows: QuerySet[Any],
    query: QueryDict,
    *,
    sorts: Mapping[str, str],
    default: str = "-id",
    size: int = PAGE_SIZE,
    total: int | None = None,
    count: Callable[[], int] | None = None,
    is_few: bool = False,
) -> Slice:
    """Return the page that `?sort=` and `?cursor=` ask for; what cannot be read asks for the first page.

    `sorts` maps the names in the address to fields, which must never be NULL; `default` is such a field.
    `count` is asked instead of `count_rows` where the page does not hold everything. With `is_few` the first page
    brings its count along: one query that collects all rows, for an order that no index gives.
    """
    field, is_descending = _read_sort(query.get("sort", ""), sorts, default)
    place = _open(query.get("cursor", ""))
    is_backwards = bool(place and place[0] == "p")
    ordered = _order(rows, field, is_descending != is_backwards)
    if place is not None:
        ordered = ordered.filter(_after(field, place[1], place[2], is_descending != is_backwards))
    elif is_few:
        ordered = ordered.annotate(found_in_all=Window(Count("*")))
    try:
        found = list(ordered[: size + 1])
    except (ValidationError, ValueError):
        place, is_backwards = None, False
        found = list(_order(rows, field, is_descending)[: size + 1])
    has_more, found = len(found) > size, found[:size]
    if total is None and found and hasattr(found[0], "found_in_all"):
        total = found[0].found_in_all if found[0].found_in_all <= COUNT_LIMIT else _round(found[0].found_in_all)
    if is_backwards:
        found.reverse()
    has_next = bool(found) and (is_backwards or has_more)
    has_previous = bool(found) and (has_more if is_backwards else place is not None)
    return Slice(
        found,
        _seal("n", field, found[-1]) if has_next else "",
        _seal("p", field, found[0]) if has_previous else "",
        _count(rows, found, place is None and not has_more, count) if total is None else total,
    )


def _count(rows: QuerySet[Any], found: list[Any], is_whole: bool, count: Callable[[], int] | None) -> int:
    # A first page that holds everything needs no second question.
    if is_whole:
        return len(found)
    return count_rows(rows) if count is None else count()


class Estimate(int):
    """A count that the database's planner estimated; the filter `count` marks it."""

    is_estimate = True


def count_rows(rows: QuerySet[Any], *, trust: int = 0, expected: int | None = None) -> int:
    """Count exactly up to COUNT_LIMIT; what is more is an Estimate of three figures.

    With `trust` the planner is believed at once when it expects more than so many rows: only for conditions whose
    frequencies it knows. `expected` is what it expects, if somebody has asked it already.
    """
    if trust:
        expected = expect_rows(rows) if expected is None else expected
        if expected > max(trust, COUNT_LIMIT):
            return _round(expected)
    found = rows.order_by()[: COUNT_LIMIT + 1].count()
    return found if found <= COUNT_LIMIT else _round(expect_rows(rows) if expected is None else expected)


def expect_rows(rows: QuerySet[Any]) -> int:
    """Return how many rows the planner expects, without reading any."""
    plan = rows.order_by().values("pk").explain(format="json")
    # Of what can find nothing Django asks nothing.
    return int(orjson.loads(plan)[0]["Plan"]["Plan Rows"]) if plan else 0


def _round(expected: int) -> Estimate:
    step = 10 ** max(len(str(expected)) - 3, 0)
    return Estimate(max(round(expected / step) * step, COUNT_LIMIT + 1))


def _read_sort(asked: str, sorts: Mapping[str, str], default: str) -> tuple[str, bool]:
    name = asked.lstrip("-")
    if name in sorts:
        return sorts[name], asked.startswith("-")
    return default.lstrip("-"), default.startswith("-")


def _order(rows: QuerySet[Any], field: str, is_descending: bool) -> QuerySet[Any]:
    sign = "-" if is_descending else ""
    return rows.order_by(f"{sign}{field}") if field == "id" else rows.order_by(f"{sign}{field}", f"{sign}id")


def _after(field: str, value: Any, pk: int, is_descending: bool) -> Q:
    word = "lt" if is_descending else "gt"
    if field == "id":
        return Q(**{f"id__{word}": pk})
    # The first condition bounds the index scan; the second settles ties.
    return Q(**{f"{field}__{word}e": value}) & (Q(**{f"{field}__{word}": value}) | Q(**{f"id__{word}": pk}))


def _seal(direction: str, field: str, row: Any) -> str:
    value = reduce(getattr, field.split("__"), row)
    return encrypt(orjson.dumps([direction, str(value), row.pk]).decode())


def _open(cursor: str) -> tuple[str, str, int] | None:
    if not cursor:
        return None
    try:
        direction, value, pk = orjson.loads(decrypt(cursor))
    except (UndecipherableValue, ValueError):
        return None
    return direction, value, pk
