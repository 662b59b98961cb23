"""`manage.py verify_audit`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import audit


class Command(BaseCommand):
    """Recompute the audit chain and name every seal that does not hold."""

    help = "Recompute the hash chain of the audit trail; exit code 1 when a seal is broken."

    def handle(self, *_args: Any, **_options: Any) -> None:
        broken = list(audit.verify_seals())
        for seal in broken:
            self.stdout.write(f"seal {seal.seal_id}: {seal.reason}")
        if broken:
            raise CommandError(f"{len(broken)} broken seals")
        self.stdout.write("the audit chain is intact")
