"""Money laundering: daily sums, lists, and cases that one person prepares and another decides."""

from risk.operations.laundering.cases import (
    CaseDecided,
    GroundsMissing,
    NothingProposed,
    OwnProposal,
    decide_case,
    note_suspicion,
    propose_outcome,
)
from risk.operations.laundering.lists import (
    COLUMNS,
    ListInvalid,
    MatchDecided,
    import_list,
    judge_match,
    screen,
    screen_newcomers,
)
from risk.operations.laundering.sums import (
    STEP,
    STEP_ORDER,
    open_sum_cases,
    watch_money,
)

__all__ = [
    "COLUMNS",
    "STEP",
    "STEP_ORDER",
    "CaseDecided",
    "GroundsMissing",
    "ListInvalid",
    "MatchDecided",
    "NothingProposed",
    "OwnProposal",
    "decide_case",
    "import_list",
    "judge_match",
    "note_suspicion",
    "open_sum_cases",
    "propose_outcome",
    "screen",
    "screen_newcomers",
    "watch_money",
]
