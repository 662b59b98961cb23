"""`manage.py check_ledger [--json]`."""

import dataclasses
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ledger.queries import check_invariants


class Command(BaseCommand):
    """Ask the books everything that must hold."""

    help = "Check every invariant of the books; exit code 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")

    def handle(self, *_args: Any, **options: Any) -> None:
        findings = []
        for finding in check_invariants():
            findings.append(finding)
            if not options["json"]:
                state = "ok" if finding.holds else f"BROKEN by {finding.violation_count}"
                self.stdout.write(f"{finding.name:<32} {finding.duration_ms:>7} ms  {state}")
                if not finding.holds:
                    self.stdout.write(f"    {finding.definition} For example: {', '.join(finding.samples)}")
        is_clean = all(finding.holds for finding in findings)
        if options["json"]:
            rows = [dataclasses.asdict(finding) | {"holds": finding.holds} for finding in findings]
            self.stdout.write(json.dumps({"clean": is_clean, "invariants": rows}, ensure_ascii=False))
        else:
            self.stdout.write("the books are clean" if is_clean else "the books are NOT clean")
        if not is_clean:
            sys.exit(1)
