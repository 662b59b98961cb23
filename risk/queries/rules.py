"""The rules in force, compiled once a version."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from risk.models import Challenger, DecisionTable, RuleState, Scorecard, VersionedRule
from risk.reasons import TABLE_REASONS
from risk.rules import tables
from risk.rules.scorecard import Champion
from risk.rules.scoring.models import Challenger as ChallengerRule
from risk.rules.scoring.models import read_champion
from risk.rules.standard import CODE

RuleModel = type[Scorecard] | type[DecisionTable] | type[Challenger]


@dataclass(frozen=True)
class RuleSet:
    """A scorecard and a decision table that are in force together."""

    scorecard_id: int
    table_id: int
    version: str
    scorecard: Champion
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


def get_challenger(codes: Sequence[str]) -> tuple[int, ChallengerRule] | None:
    """Return the challenger beside the rules in force with its key: that of the first code that has one, else the standard one."""
    found = _closest(Challenger, [code for code in (*codes, CODE) if code])
    return (found[0], _compiled_challenger(*found[:2])) if found else None


def get_published(model: type[Scorecard] | type[DecisionTable], code: str) -> VersionedRule | None:
    """Return the version in force for a code, else the standard one."""
    published = model.objects.filter(state=RuleState.PUBLISHED)
    return published.filter(code=code).first() or published.filter(code=CODE).first()


def _closest(model: RuleModel, order: Sequence[str]) -> tuple[int, str, str, int] | None:
    rows = model.objects.filter(code__in=order, state=RuleState.PUBLISHED).values_list(
        "pk", "content_hash", "code", "version"
    )
    return min(rows, key=lambda row: order.index(row[2]), default=None)


# The hash is part of the key, so that a draft that was compiled for a trial never stands in for what was published.
@lru_cache(maxsize=32)
def _compiled_scorecard(pk: int, _content_hash: str) -> Champion:
    return read_champion(Scorecard.objects.values_list("content", flat=True).get(pk=pk))


@lru_cache(maxsize=32)
def _compiled_table(pk: int, _content_hash: str) -> tables.DecisionTable:
    content: Any = DecisionTable.objects.values_list("content", flat=True).get(pk=pk)
    return tables.compile_table(content, TABLE_REASONS)


@lru_cache(maxsize=8)
def _compiled_challenger(pk: int, _content_hash: str) -> ChallengerRule:
    return ChallengerRule(Challenger.objects.values_list("content", flat=True).get(pk=pk))
