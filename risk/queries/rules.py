"""The rules in force, compiled once a version."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.db import connection

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


@dataclass(frozen=True)
class InForce:
    """What judges the applications of a product, and with which key the model beside it."""

    rules: RuleSet | None
    challenger: tuple[int, ChallengerRule] | None


_IN_FORCE: Final = """
SELECT 'scorecard', id, content_hash, code, version FROM risk_scorecard
WHERE state = 'PUBLISHED' AND code = ANY(%(codes)s)
UNION ALL
SELECT 'table', id, content_hash, code, version FROM risk_decisiontable
WHERE state = 'PUBLISHED' AND code = ANY(%(codes)s)
UNION ALL
SELECT 'challenger', id, content_hash, code, version FROM risk_challenger
WHERE state = 'PUBLISHED' AND code = ANY(%(codes)s)
"""


def get_in_force(codes: Sequence[str]) -> InForce:
    """Return the rules and the challenger in force: each that of the first code that has one, else the standard one."""
    order = [code for code in (*codes, CODE) if code]
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, {"codes": order})
        rows = sorted(cursor.fetchall(), key=lambda row: order.index(row[3]), reverse=True)
    found = {row[0]: row[1:] for row in rows}
    challenger = found.get("challenger")
    return InForce(
        rules=_as_rule_set(found["scorecard"], found["table"]) if {"scorecard", "table"} <= found.keys() else None,
        challenger=(challenger[0], _compiled_challenger(*challenger[:2])) if challenger else None,
    )


def get_rule_set(codes: Sequence[str]) -> RuleSet | None:
    """Return the rules in force for the first code that has any, then the standard ones; None where a part lacks."""
    return get_in_force(codes).rules


def _as_rule_set(card: tuple[int, str, str, int], table: tuple[int, str, str, int]) -> RuleSet:
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
        version=f"{card.key} / {table.key}",
        scorecard=_compiled_scorecard(card.pk, card.content_hash),
        table=_compiled_table(table.pk, table.content_hash),
    )


def get_published(model: type[Scorecard] | type[DecisionTable], code: str) -> VersionedRule | None:
    """Return the version in force for a code, else the standard one."""
    published = model.objects.filter(state=RuleState.PUBLISHED)
    return published.filter(code=code).first() or published.filter(code=CODE).first()


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
