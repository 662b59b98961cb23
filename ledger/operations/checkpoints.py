"""Checkpoints of the platform's accounts, whose balance is a sum."""

from datetime import datetime

from django.db import OperationalError, connection, transaction

from ledger.models import Account, BalanceCheckpoint

# `SHARE` waits for the postings that run and holds back new ones for the moment of one sum, so that no entry with a
# smaller id can still appear. Where a long posting is in the way the checkpoint is left for the next night.
_FREEZE = "SET LOCAL lock_timeout = '2s'; LOCK TABLE ledger_entry IN SHARE MODE"


@transaction.atomic
def take_checkpoints(*, now: datetime) -> int:
    """Keep the present sum of each platform account; return how many moved since the last time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_FREEZE)
    except OperationalError:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM ledger_entry")
        (through,) = cursor.fetchone()
        platform = Account.objects.filter(customer=None).order_by("pk").values_list("pk", flat=True)
        taken = 0
        for account_id in platform:
            latest = BalanceCheckpoint.objects.filter(account_id=account_id).order_by("-through_entry_id").first()
            cursor.execute(
                "SELECT sum(amount) FROM ledger_entry WHERE account_id = %s AND id > %s",
                [account_id, latest.through_entry_id if latest else 0],
            )
            (moved,) = cursor.fetchone()
            if moved is None:
                continue
            BalanceCheckpoint.objects.create(
                account_id=account_id,
                through_entry_id=through,
                balance=(latest.balance if latest else 0) + moved,
                taken_at=now,
            )
            taken += 1
    return taken
