"""What is wrong with a draft of a rule."""

from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One mistake: where it stands, its stable code, and the text at fault."""

    place: str
    code: str
    detail: str = ""


class InvalidRule(ValueError):
    """A rule that cannot be used as it is."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(f"{problem.place}: {problem.code} {problem.detail}".rstrip() for problem in problems)
        )
