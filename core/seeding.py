"""Reference data a new installation starts with; each app registers its own, running it again changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from core.models import Parameter

Seed = Callable[[date, datetime], None]


@dataclass(frozen=True)
class SeedStep:
    """One app's reference data; lower orders run first."""

    order: int
    name: str
    run: Seed


_STEPS: dict[str, SeedStep] = {}


def register_seed(order: int, name: str, run: Seed) -> None:
    """Add reference data; an app does this in `AppConfig.ready()`."""
    _STEPS[name] = SeedStep(order, name, run)


def run_seeds(*, business_date: date, now: datetime) -> list[str]:
    """Run every registered seed in order, each in its own transaction; return their names."""
    steps = sorted(_STEPS.values(), key=lambda step: (step.order, step.name))
    for step in steps:
        with transaction.atomic():
            step.run(business_date, now)
    return [step.name for step in steps]


def ensure_parameters(rows: list[tuple[str, Any, date, str]]) -> None:
    """Create the dated parameters (code, value, valid from, source) that are missing; those entered by staff stay."""
    Parameter.objects.bulk_create(
        [
            Parameter(rule_code=code, value=value, valid_from=valid_from, source=source)
            for code, value, valid_from, source in rows
        ],
        ignore_conflicts=True,
    )
