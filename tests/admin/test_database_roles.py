"""The role of docs/operations.md works, and cannot switch off what keeps audit and ledger append-only."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from core import audit
from core.models import AuditEntry
from ledger.models import TransferType
from ledger.operations import post_transfer
from ledger.rules.accounts import CUSTODY, PLATFORM_FEES

pytestmark = pytest.mark.django_db
_PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
FORBIDDEN = (
    "ALTER TABLE core_auditentry DISABLE TRIGGER ALL",
    "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
    "DROP TABLE ledger_entry",
    "TRUNCATE core_auditentry",
    "SET session_replication_role = replica",
    "UPDATE core_auditentry SET action = 'x'",
    "DELETE FROM ledger_entry",
)


def test_the_application_role_works_and_owns_nothing(house: datetime) -> None:
    found = re.search(r"```sql\n(CREATE ROLE.*?)```", _PAGE.read_text(), re.DOTALL)
    assert found
    audit.record(actor=None, action="core.before", now=house)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
        # Roles belong to the whole server: a name of this test's own, and the transaction takes it back.
        role = f"{connection.settings_dict['NAME']}_app"[:60]
        statements = found[1].replace("p2pcrm_app", f'"{role}"').replace("FOR ROLE p2pcrm ", f'FOR ROLE "{owner}" ')
        cursor.execute(statements)
        cursor.execute(f'GRANT "{role}" TO CURRENT_USER')
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f'SET LOCAL ROLE "{role}"')
        audit.record(actor=None, action="core.after", now=house)
        post_transfer(
            type=TransferType.FEE,
            lines=[(CUSTODY, -1), (PLATFORM_FEES, 1)],
            idempotency_key="x",
            business_date=house.date(),
            now=house,
            actor=None,
        )
        for statement in FORBIDDEN:
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(statement)
        assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"core.before", "core.after"}
        cursor.execute("RESET ROLE")
