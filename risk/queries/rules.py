"""The rules in force, compiled once a version."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from risk.models import DecisionTable, RuleState, Scorecard
from risk.reasons import TABLE_REASONS
from risk.rules import scorecard as scorecards
from risk.rules import tables
from risk.rules.standard import CODE


@dataclass(frozen=True)
class RuleSet:
    """A scorecard and a decision table that are in force together."""

    scorecard_id: int
    table_id: int
    version: str
    scorecard: scorecards.Scorecard
    table: tables.DecisionTable


def get_rule_set(codes: Sequence[str]) -> RuleSet | None:
    """Return the rules in force for the first code that has any, then the standard ones; None where a part lacks."""
    order = [code for code in (*codes, CODE) if code]
    card = _closest(Scorecard, order)
    table = _closest(DecisionTable, order)
    if card is None or table is None:
        return None
    return RuleSet(
        scorecard_id=card[0],
        table_id=table[0],
        version=f"{card[2]} v{card[3]} / {table[2]} v{table[3]}",
        scorecard=_compiled_scorecard(*card[:2]),
        table=_compiled_table(*table[:2]),
    )


def get_rule_set_of(scorecard_id: int, table_id: int) -> RuleSet:
    """Return the rules by which a stored decision was made."""
    card = Scorecard.objects.get(pk=scorecard_id)
    table = DecisionTable.objects.get(pk=table_id)
    return RuleSet(
        scorecard_id=card.pk,
        table_id=table.pk,
        version=f"{card} / {table}",
        scorecard=_compiled_scorecard(card.pk, card.content_hash),
        table=_compiled_table(table.pk, table.content_hash),
    )


def _closest(model: type[Scorecard] | type[DecisionTable], order: Sequence[str]) -> tuple[int, str, str, int] | None:
    rows = model.objects.filter(code__in=order, state=RuleState.PUBLISHED).values_list(
        "pk", "content_hash", "code", "version"
    )
    return min(rows, key=lambda row: order.index(row[2]), default=None)


# The hash is part of the key, so that a draft that was compiled for a trial never stands in for what was published.
@lru_cache(maxsize=32)
def _compiled_scorecard(pk: int, _content_hash: str) -> scorecards.Scorecard:
    return scorecards.Scorecard(Scorecard.objects.values_list("content", flat=True).get(pk=pk))


@lru_cache(maxsize=32)
def _compiled_table(pk: int, _content_hash: str) -> tables.DecisionTable:
    content: Any = DecisionTable.objects.values_list("content", flat=True).get(pk=pk)
    return tables.compile_table(content, TABLE_REASONS)
