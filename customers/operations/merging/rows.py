"""The rows that point at a customer, in whatever table, and their way from one record to another and back."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import IntegrityError, connection, transaction

from customers.models import Customer

# What belongs to the record itself and not to the person: judgements about records stay where they were made.
_STAYING = {
    "customers_customer.merged_into_id",
    "customers_merge.kept_id",
    "customers_merge.merged_id",
    "customers_duplicatepair.first_id",
    "customers_duplicatepair.second_id",
    "customers_importedcustomer.customer_id",
}
# The database guards append-only tables by this one function.
_GUARDED = """
SELECT c.relname, t.tgattr::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE p.proname = 'core_refuse_change' AND t.tgtype & 16 = 16
"""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A column that points at a customer; `is_unique` where a constraint can make two rows one too many."""

    table: str
    column: str
    key: str
    is_unique: bool

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


@cache
def list_every_pointer() -> tuple[Pointer, ...]:
    """Return every column that points at a customer."""
    found = []
    relations: Any = Customer._meta.get_fields(include_hidden=True)
    for relation in relations:
        if not relation.auto_created or relation.concrete:
            continue
        model, field = relation.related_model, relation.field
        meta = model._meta
        is_unique = field.unique or bool(meta.constraints) or bool(meta.unique_together)
        found.append(Pointer(meta.db_table, field.column, meta.pk.column, is_unique))
    return tuple(sorted(found, key=lambda pointer: pointer.name))


def list_pointers() -> Iterator[Pointer]:
    """Yield the columns whose rows go along with a merge; rows of append-only tables stay."""
    with connection.cursor() as cursor:
        cursor.execute(_GUARDED)
        guarded = {table for table, columns in cursor.fetchall() if not columns}
    for pointer in list_every_pointer():
        if pointer.name not in _STAYING and pointer.table not in guarded:
            yield pointer


def move_rows(pointer: Pointer, *, from_id: int, to_id: int, keys: list[int] | None = None) -> list[int]:
    """Point rows at another customer and return their keys; those that the other one has already stay.

    All in one statement; only where that meets a row too many they go one by one.
    """
    chosen = f'AND "{pointer.key}" = ANY(%(keys)s)' if keys is not None else ""
    statement = (
        f'UPDATE "{pointer.table}" SET "{pointer.column}" = %(to)s '  # noqa: S608 - names of tables and columns
        f'WHERE "{pointer.column}" = %(from)s {chosen} RETURNING "{pointer.key}"'
    )
    try:
        with transaction.atomic(savepoint=pointer.is_unique):
            return _run(statement, {"from": from_id, "to": to_id, "keys": keys})
    except IntegrityError:
        if keys is not None or not pointer.is_unique:
            raise
    moved = []
    for key in _list_keys(pointer, from_id):
        try:
            with transaction.atomic():
                moved += move_rows(pointer, from_id=from_id, to_id=to_id, keys=[key])
        except IntegrityError:
            continue
    return moved


def _list_keys(pointer: Pointer, customer_id: int) -> list[int]:
    return _run(
        f'SELECT "{pointer.key}" FROM "{pointer.table}" WHERE "{pointer.column}" = %(from)s ORDER BY 1',  # noqa: S608
        {"from": customer_id},
    )


def _run(statement: str, values: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]
