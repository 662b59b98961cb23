"""`manage.py rotate_field_keys`."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from core import fields


class Command(BaseCommand):
    """Re-encrypt every sensitive value that is not under the first of FIELD_KEYS."""

    help = "Re-encrypt sensitive values under the first key of P2PCRM_FIELD_KEYS; safe to interrupt and repeat."

    def handle(self, *_args: Any, **_options: Any) -> None:
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, fields.EncryptedTextField):
                    count = self._rotate(model._meta.db_table, str(field.column), str(model._meta.pk.column))
                    self.stdout.write(f"{model._meta.label}.{field.name}: {count}")

    def _rotate(self, table: str, column: str, key: str) -> int:
        key, column, table = (connection.ops.quote_name(name) for name in (key, column, table))
        # The names come from the models, never from input.
        select = (
            f"SELECT {key}, {column} FROM {table} WHERE {key} > %s AND {column} <> '' "  # noqa: S608
            f"ORDER BY {key} LIMIT 500 FOR UPDATE"
        )
        update = f"UPDATE {table} SET {column} = %s WHERE {key} = %s"  # noqa: S608
        count, latest = 0, 0
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(select, [latest])
                rows = cursor.fetchall()
                stale = [
                    (fields.encrypt(fields.decrypt(value)), pk)
                    for pk, value in rows
                    if not fields.is_current_key(value)
                ]
                cursor.executemany(update, stale)
            count += len(stale)
            if not rows:
                return count
            latest = rows[-1][0]
