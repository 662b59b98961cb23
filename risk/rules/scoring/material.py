"""What models are made from and what comes of it, in plain values: the words between the records and the libraries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from risk.rules.inputs import FACTS, InputType

# Which way an input drives default where everybody agrees: 1 the more the worse, -1 the more the better.
SIGNS: Final[Mapping[str, int]] = {
    "bureau_score": -1,
    "overdue_count_24_months": 1,
    "max_dpd_24_months": 1,
    "is_overdue_now": 1,
    "query_count_3_months": 1,
    "is_blacklisted": 1,
    "card_utilisation_bp": 1,
    "oldest_account_months": -1,
    "undeclared_debt_fen": 1,
    "debt_to_income_bp": 1,
    "loan_to_income_bp": 1,
    "employment_years": -1,
    "own_settled_loan_count": -1,
    "own_max_dpd": 1,
    "own_is_overdue": 1,
}
CATEGORIES: Final = frozenset(name for name, fact in FACTS.items() if fact.type is InputType.TEXT)
FLAGS: Final = frozenset(name for name, fact in FACTS.items() if fact.type is InputType.BOOL)

# What is never an input of a credit decision, by the words that stand in a heading; a table may bring such a column
# to have the outcome compared by group, and for nothing else.
NEVER_INPUTS: Final = (
    "sex", "gender", "性别", "age", "年龄", "birth", "生日", "出生", "region", "province", "city", "district", "地区", "省", "市",
    "籍贯", "户籍", "ethnic", "nation", "民族", "race", "relig", "宗教", "health", "健康", "marital", "marriage", "婚姻", "contact",
    "通讯录", "social", "社交", "political", "政治",
)  # fmt: skip
GROUP_PREFIX: Final = "group_"


@dataclass(frozen=True)
class Material:
    """Past applicants: inputs by column (None where missing), whether each went bad, and groups to be fair to."""

    columns: Mapping[str, Sequence[Any]]
    bad: Sequence[bool]
    groups: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    # Applicants without an outcome, refused most of all: their inputs, to say how they differ.
    unknown: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.bad)


@dataclass(frozen=True)
class Effort:
    """How much work goes into a training; the least of it is for tests."""

    folds: int = 5
    bags: int = 8
    rounds: int = 1500
    seed: int = 2026
    is_monotone: bool = False


@dataclass(frozen=True)
class Made:
    """A model that came of a training, with its card."""

    kind: str
    content: Mapping[str, Any]
    card: Mapping[str, Any]


class TooThin(ValueError):
    """There are too few outcomes of one kind to learn from."""


class NothingVaries(ValueError):
    """Every input says the same of everybody."""


LEAST_BADS: Final = 30
LEAST_GOODS: Final = 30


def check_material(material: Material) -> None:
    """Refuse what cannot be learned from, and inputs outside of the list. Raises TooThin, NothingVaries, ValueError."""
    foreign = sorted(material.columns.keys() - FACTS.keys())
    if foreign:
        raise ValueError(f"not on the list of inputs: {', '.join(foreign)}")
    bads = sum(material.bad)
    if bads < LEAST_BADS or len(material) - bads < LEAST_GOODS:
        raise TooThin(f"{bads} / {len(material)}")
    if all(len(set(values)) < 2 for values in material.columns.values()):
        raise NothingVaries


def is_never_input(heading: str) -> bool:
    """Tell whether a heading names what no credit decision may look at."""
    return any(word in heading.casefold() for word in NEVER_INPUTS)
