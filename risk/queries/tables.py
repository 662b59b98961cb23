"""Decision tables as staff see them: which there are, what is wrong with one, what its cases give."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from core.errors import NotFound
from core.models import User
from risk.models import DecisionTable, DraftStep, RuleState, Scorecard, VersionedRule
from risk.queries.rules import get_published
from risk.reasons import TABLE_REASONS
from risk.rules.cases import CaseResult, count_coverage, run_cases
from risk.rules.problems import InvalidRule, Problem
from risk.rules.scoring.models import read_champion
from risk.rules.tables import compile_table
from staff import rights
from staff.models import Approval
from staff.queries import access_right


@dataclass(frozen=True)
class TableCheck:
    """What is wrong with a table and what its cases give; no results where the table itself cannot be used."""

    problems: tuple[Problem, ...]
    results: Sequence[CaseResult] = ()
    scorecard: str = ""

    @property
    def coverage(self) -> dict[str, int]:
        """Return how many cases cover each row that any covers."""
        return count_coverage(self.results)

    @property
    def failed_count(self) -> int:
        """Return how many cases fail."""
        return sum(1 for result in self.results if result.problems)


def check_table(table: DecisionTable) -> TableCheck:
    """Lint a table and run its own cases with the scorecard in force for its code."""
    try:
        compiled = compile_table(table.content, TABLE_REASONS)
    except InvalidRule as error:
        return TableCheck(error.problems)
    card = get_published(Scorecard, table.code)
    if card is None:
        return TableCheck((Problem("cases", "scorecard_missing", table.code),))
    results = run_cases(read_champion(card.content), compiled, table.cases)
    if results is None:
        return TableCheck((Problem("cases", "cases_shape"),), scorecard=str(card))
    covered = count_coverage(results)
    problems = [problem for result in results for problem in result.problems]
    problems += [Problem(row.place, "row_without_case") for row in compiled.list_rows() if row.place not in covered]
    return TableCheck(tuple(problems), results, str(card))


def list_tables(user: User) -> QuerySet[DecisionTable]:
    """Return all versions, those of a code together and the newest first. Raises Refused."""
    access_right(user, rights.VIEW_RULES)
    return (
        DecisionTable.objects.defer("content", "cases")
        .select_related("made_by", "published_by", "approved_by")
        .order_by("code", "-version")
    )


def access_table(user: User, code: str, version: int) -> DecisionTable:
    """Return one version. Raises Refused, NotFound."""
    access_right(user, rights.VIEW_RULES)
    table = DecisionTable.objects.select_related("made_by", "approved_by").filter(code=code, version=version).first()
    if table is None:
        raise NotFound
    return table


def get_pending_approval(kind: str, table: VersionedRule) -> Approval | None:
    """Return the question whether a draft goes into force, while it is open."""
    return (
        Approval.objects.filter(
            kind=kind, target_type=table._meta.label_lower, target_id=str(table.pk), state=Approval.State.PENDING
        )
        .select_related("maker")
        .first()
    )


def list_steps_around(table: DecisionTable) -> set[int]:
    """Return which of the steps before and after the present one there are."""
    if table.state != RuleState.DRAFT:
        return set()
    around = (table.step - 1, table.step + 1)
    return set(DraftStep.objects.filter(table=table, number__in=around).values_list("number", flat=True))
