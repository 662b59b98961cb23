"""The columns of the wide table follow from the registry: made, retyped and dropped after each migration."""

import re
from typing import Final

from django.db import connection, transaction

from core.registries import attributes
from segmentation.queries.attributes import COLUMN_TYPES, OWN_COLUMNS, TABLE

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,48}")
_COLUMNS: Final = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""
_INDEXES: Final = "SELECT indexname FROM pg_indexes WHERE tablename = %s AND schemaname = current_schema()"
_INDEX: Final = "standing_by_"


@transaction.atomic
def shape_standing() -> list[str]:
    """Give the table the columns that are registered and no others; return those that are new and still empty.

    Values of a column of another type are dropped with it: the next refresh tells them anew. Run again it does nothing.
    """
    for key, attribute in attributes.items():
        assert _KEY.fullmatch(key) and key not in OWN_COLUMNS, f"{key} cannot be a column"
        assert attribute.type in COLUMN_TYPES, f"{key} has no known type"
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [TABLE])
        present = dict(cursor.fetchall())
        if not present:
            return []
        wanted = {key: COLUMN_TYPES[attribute.type] for key, attribute in attributes.items()}
        stale = [key for key, type in present.items() if key not in OWN_COLUMNS and wanted.get(key) != type]
        new = [key for key in wanted if key in stale or key not in present]
        changes = [f"DROP COLUMN {key}" for key in stale] + [f"ADD COLUMN {key} {wanted[key]}" for key in new]
        if changes:
            cursor.execute(f"ALTER TABLE {TABLE} {', '.join(changes)}")
        cursor.execute(_INDEXES, [TABLE])
        indexes = {name for (name,) in cursor.fetchall() if name.startswith(_INDEX)}
        listed = {f"{_INDEX}{key}": key for key, attribute in attributes.items() if attribute.is_listed}
        for name in indexes - listed.keys():
            cursor.execute(f"DROP INDEX {name}")
        for name in listed.keys() - indexes:
            key = listed[name]
            # Few customers owe, invest or wait: the index holds those alone, and answers a list by itself.
            cursor.execute(f"CREATE INDEX {name} ON {TABLE} ({key}) INCLUDE (customer_id) WHERE {key} IS NOT NULL")
    return new
