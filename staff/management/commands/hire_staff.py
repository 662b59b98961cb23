"""`manage.py hire_staff`."""

import os
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.models import User
from staff.models import Department, Role
from staff.operations import create_department, hire

PASSWORD_VARIABLE = "P2PCRM_NEW_PASSWORD"  # noqa: S105 - the name of a variable


class Command(BaseCommand):
    """Create the log-in of a colleague, the first ones of a new installation included."""

    help = f"Create a colleague's log-in; the password is asked for, or read from {PASSWORD_VARIABLE}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="the name that others see")
        parser.add_argument("--department", required=True, help="created when there is none of this name")
        parser.add_argument("--kind", choices=Department.Kind.values, default=Department.Kind.OPERATIONS)
        parser.add_argument("--team", default="", help="the department's own name when left away")
        parser.add_argument("--role", action="append", required=True, help="a role's code; may be repeated")
        parser.add_argument("--admin", action="store_true", help="with pages in the admin")

    def handle(self, *_args: Any, **options: Any) -> None:
        if User.objects.filter(username=options["username"]).exists():
            raise CommandError("this user name is taken")
        known = set(Role.objects.values_list("code", flat=True))
        if unknown := set(options["role"]) - known:
            raise CommandError(f"no such role: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
        password = os.environ.get(PASSWORD_VARIABLE) or getpass("Password: ")
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        department = Department.objects.filter(name=options["department"]).first()
        hire(
            username=options["username"],
            name=options["name"],
            password=password,
            department=department or create_department(name=options["department"], kind=options["kind"]),
            team_name=options["team"] or options["department"],
            role_codes=options["role"],
            uses_admin=options["admin"],
        )
        self.stdout.write(f"{options['username']} can log in now")
