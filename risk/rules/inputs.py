"""What a credit decision may look at: a closed list with types, checked before anything is judged.

What is social or sensitive stands apart (`CONSENTED`): it is there only with the person's consent and while the house
allows it, else the input is absent; no model looks at it, and a row of a table may only ask for a person because of it.

Not on either list, on purpose: sex, age (the legal gate is lending's), ethnicity, religion, region, health, marriage,
contacts, and the income itself; the lists are what a decision is able to see, so it cannot discriminate by them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

Value = int | bool | str | None
Inputs = Mapping[str, Value]

# The rule engine keeps numbers as binary floats: beyond this whole numbers change without a word.
MAX_INT = 2**53 - 1


class InputType(StrEnum):
    """The types that the rule engine takes without loss; money comes in whole fen, ratios in basis points."""

    INT = "int"
    BOOL = "bool"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class InputField:
    """One thing that a decision may look at; `is_actionable` tells whether the borrower can ever change it."""

    name: str
    type: InputType
    is_nullable: bool = False
    choices: frozenset[str] = frozenset()
    is_actionable: bool = True
    needs_consent: bool = False


class InvalidInputs(ValueError):
    """The inputs of a decision do not fit the list: nothing may be judged by them."""


def _fields(*fields: InputField) -> Mapping[str, InputField]:
    return MappingProxyType({field.name: field for field in fields})


HOUSING = frozenset({"OWN", "MORTGAGE", "RENT", "FAMILY", "OTHER", "UNKNOWN"})
PURPOSES = frozenset({"CONSUMPTION", "RENOVATION", "EDUCATION", "MEDICAL", "WORKING_CAPITAL", "EQUIPMENT", "OTHER"})

FACTS = _fields(
    InputField("bureau_has_history", InputType.BOOL),
    InputField("bureau_score", InputType.INT, is_nullable=True),
    InputField("overdue_count_24_months", InputType.INT),
    InputField("max_dpd_24_months", InputType.INT),
    InputField("is_overdue_now", InputType.BOOL),
    InputField("query_count_3_months", InputType.INT),
    InputField("open_loan_count", InputType.INT),
    InputField("is_blacklisted", InputType.BOOL, is_actionable=False),
    InputField("card_utilisation_bp", InputType.INT),
    InputField("oldest_account_months", InputType.INT, is_actionable=False),
    InputField("undeclared_debt_fen", InputType.INT),
    InputField("debt_to_income_bp", InputType.INT, is_nullable=True),
    InputField("loan_to_income_bp", InputType.INT, is_nullable=True),
    InputField("employment_years", InputType.INT, is_nullable=True),
    InputField("housing", InputType.TEXT, choices=HOUSING),
    InputField("own_settled_loan_count", InputType.INT, is_actionable=False),
    InputField("own_active_loan_count", InputType.INT),
    InputField("own_max_dpd", InputType.INT, is_actionable=False),
    InputField("own_is_overdue", InputType.BOOL),
    InputField("amount_fen", InputType.INT),
    InputField("term_months", InputType.INT),
    InputField("purpose", InputType.TEXT, choices=PURPOSES, is_actionable=False),
)
CONSENTED = _fields(
    # People tied to the applicant who are behind with us now.
    InputField("late_relation_count", InputType.INT, is_actionable=False, needs_consent=True),
)
# A table also sees what the scorecard made of the facts.
TABLE_FIELDS = MappingProxyType(
    {**FACTS, **CONSENTED, "score": InputField("score", InputType.INT, is_actionable=False)}
)


def check_inputs(inputs: Inputs, fields: Mapping[str, InputField] = FACTS) -> None:
    """Check names, types, ranges and choices; a missing value is an explicit None, without consent nothing stands there.

    Raises InvalidInputs.
    """
    if odd := sorted((inputs.keys() ^ fields.keys()) - CONSENTED.keys()):
        raise InvalidInputs(f"missing or unknown: {', '.join(odd)}")
    for name, value in inputs.items():
        field = fields.get(name) or CONSENTED[name]
        if not _is_valid(value, field):
            raise InvalidInputs(f"{name} is not a valid {field.type}")


def _is_valid(value: Value, field: InputField) -> bool:
    if value is None:
        return field.is_nullable
    if field.type is InputType.INT:
        # Not isinstance: True is an int in Python and 1 is not what a flag means.
        return type(value) is int and -MAX_INT <= value <= MAX_INT
    if field.type is InputType.BOOL:
        return type(value) is bool
    return type(value) is str and value in field.choices
