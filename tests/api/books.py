"""Whether anything at all was written."""

from django.apps import apps
from django.db import connection


def fingerprint_tables() -> dict[str, str]:
    """Return a hash of the rows of every table of the product."""
    tables = sorted({model._meta.db_table for model in apps.get_models() if model._meta.managed})
    parts = [
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
        for table in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def list_changed(before: dict[str, str]) -> list[str]:
    """Return the tables whose rows are not what they were."""
    after = fingerprint_tables()
    return [table for table, digest in after.items() if before[table] != digest]
