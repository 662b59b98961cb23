"""`manage.py demo_logins`."""

from typing import Any

from django.core.management.base import BaseCommand

from core.models import User
from simulation.staff import COLLEAGUES, DEMO_PASSWORD


class Command(BaseCommand):
    """Print the log-ins of the demo."""

    help = "Print the log-ins of the demo world that exist in this database."

    def handle(self, *_args: Any, **_options: Any) -> None:
        present = set(
            User.objects.filter(username__in=[row.username for row in COLLEAGUES], is_active=True).values_list(
                "username", flat=True
            )
        )
        for row in COLLEAGUES:
            if row.username in present:
                where = "/admin/ and /" if row.uses_admin else "/"
                self.stdout.write(
                    f"{row.username:<12} {DEMO_PASSWORD}  {row.name} {row.department} {'+'.join(row.roles)}  {where}"
                )
