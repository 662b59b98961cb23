"""Stress tests on the live book: read the parts, reckon by rule, keep what came out."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.errors import InvalidInput
from core.models import User
from core.money import ZERO
from lending.queries.supply import sum_demand, sum_funds
from risk.models import StressRun
from risk.queries import stress as book
from risk.queries.figures import access_monitoring
from risk.rules.stress import RateShock, shock_defaults, shock_rates, stress_chance
from staff import rights


class AssumptionInvalid(InvalidInput):
    """An assumption is out of its bounds."""

    code = "assumption_invalid"


@transaction.atomic
def run_default_shock(
    *, multiplier: Decimal, loss_share: Decimal, note: str, actor: User, business_date: date, now: datetime
) -> StressRun:
    """Reckon what the book would lose within a year if so many times more borrowers failed.

    Raises Refused, AssumptionInvalid.
    """
    access_monitoring(actor, rights.MANAGE_RISK)
    _check("multiplier", multiplier, Decimal(1), Decimal(20))
    _check("loss_share", loss_share, Decimal(0), Decimal(1))
    table: dict[str, str] = parameters.get_value("risk.stress_chances", on=business_date)
    chances = {bucket: Decimal(chance) for bucket, chance in table.items()}
    hard = parameters.get_decimal("risk.stress_hard_share", on=business_date)
    losses = shock_defaults(book.list_book_parts(), chances=chances, loss_share=loss_share, multiplier=multiplier)
    stressed = {bucket: stress_chance(chance, multiplier) for bucket, chance in chances.items()}
    lenders = book.sum_lender_losses(stressed, loss_share=loss_share, hard_share=hard)
    rows = [
        {
            "product": row.part.product,
            "bucket": row.part.bucket,
            "loans": row.part.loans,
            "principal": str(row.part.principal),
            "chance": str(row.chance),
            "stressed_chance": str(row.stressed_chance),
            "loss": str(row.loss),
            "stressed_loss": str(row.stressed_loss),
        }
        for row in losses
    ]
    result = {
        "rows": rows,
        "principal": str(sum((row.part.principal for row in losses), ZERO)),
        "loss": str(sum((row.loss for row in losses), ZERO)),
        "stressed_loss": str(sum((row.stressed_loss for row in losses), ZERO)),
        "investors": lenders.investors,
        "hard_hit": lenders.hard_hit,
        "hard_share": str(hard),
        "worst_share": str(lenders.worst_share.quantize(Decimal("0.000001"))),
    }
    assumptions = {"multiplier": str(multiplier), "loss_share": str(loss_share), "chances": table}
    return _keep(StressRun.Kind.DEFAULT_SHOCK, assumptions, result, note, actor, business_date, now)


@transaction.atomic
def run_rate_shock(*, move: Decimal, note: str, actor: User, business_date: date, now: datetime) -> StressRun:
    """Reckon what a move of the one-year LPR does to offers, borrowers and money. Raises Refused, AssumptionInvalid."""
    access_monitoring(actor, rights.MANAGE_RISK)
    lpr = parameters.get_decimal("lending.lpr_1y", on=business_date)
    _check("move", move, -lpr, Decimal("0.10"))
    shock = RateShock(
        lpr,
        move,
        parameters.get_decimal("lending.cap_lpr_multiple", on=business_date),
        parameters.get_decimal("risk.stress_prepay_per_point", on=business_date),
        parameters.get_decimal("risk.stress_outflow_per_point", on=business_date),
    )
    dear = book.list_dear_parts(shock.cap)
    idle, demand = sum_funds(), sum_demand()
    interest = sum((row.interest for row in dear), ZERO)
    effect = shock_rates(shock, dear_interest=interest, idle=idle, demand=demand)
    result = {
        "lpr": str(lpr),
        "cap_before": str(shock.cap_multiple * lpr),
        "cap": str(shock.cap),
        "grades": [
            {"product": code, "grade": grade, "rate": str(rate)}
            for code, grade, rate in book.list_dear_grades(shock.cap)
        ],
        "rows": [
            {"product": row.product, "loans": row.loans, "principal": str(row.principal), "interest": str(row.interest)}
            for row in dear
        ],
        "prepay_share": str(shock.prepay_share),
        "lost_interest": str(effect.lost_interest),
        "idle": str(idle),
        "demand": str(demand),
        "outflow": str(effect.outflow),
        "gap_before": str(effect.gap_before),
        "gap_after": str(effect.gap_after),
    }
    assumptions = {
        "move": str(move),
        "prepay_per_point": str(shock.prepay_per_point),
        "outflow_per_point": str(shock.outflow_per_point),
    }
    return _keep(StressRun.Kind.RATE_SHOCK, assumptions, result, note, actor, business_date, now)


@transaction.atomic
def keep_shock_year(
    *,
    assumptions: dict[str, Any],
    result: dict[str, Any],
    actor: User,
    business_date: date,
    now: datetime,
    note: str = "",
) -> StressRun:
    """Keep what a simulated year with a shock in it showed."""
    return _keep(StressRun.Kind.SHOCK_YEAR, assumptions, result, note, actor, business_date, now)


def _keep(
    kind: str,
    assumptions: dict[str, Any],
    result: dict[str, Any],
    note: str,
    actor: User,
    business_date: date,
    now: datetime,
) -> StressRun:
    run = StressRun.objects.create(
        kind=kind,
        business_date=business_date,
        assumptions=assumptions,
        result=result,
        note=note[:200],
        made_at=now,
        made_by=actor,
    )
    audit.record(actor=actor, action="risk.stress_run", target=run, data=assumptions, reason=note[:200], now=now)
    return run


def _check(name: str, value: Decimal, least: Decimal, most: Decimal) -> None:
    if not least <= value <= most:
        sentence = _("Between %(least)s and %(most)s.") % {"least": least, "most": most}
        raise AssumptionInvalid(fields={name: [sentence]})
