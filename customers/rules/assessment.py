"""The investor questionnaire: nine questions in the five fields that 办法 art. 26 names, four answers each."""

from collections.abc import Mapping

QUESTIONNAIRE_VERSION = "2026-1"
QUESTIONS = (
    "age",
    "income",
    "savings_share",
    "experience_years",
    "products_known",
    "horizon",
    "goal",
    "loss_tolerance",
    "reaction_to_loss",
)
ANSWERS = ("a", "b", "c", "d")
_LADDER = ((10, "C1"), (15, "C2"), (20, "C3"), (24, "C4"))


class IncompleteAnswers(ValueError):
    """A question is unanswered, unknown, or answered with something else than a to d."""

    def __init__(self, question: str) -> None:
        self.question = question
        super().__init__(question)


def score_answers(answers: Mapping[str, str]) -> tuple[int, str]:
    """Return points (a=0 … d=3, at most 27) and tier: 0–9 C1, 10–14 C2, 15–19 C3, 20–23 C4, from 24 C5.

    Someone who can bear no loss at all (loss_tolerance a) is C1 whatever else he answers. Raises IncompleteAnswers.
    """
    for question in answers:
        if question not in QUESTIONS:
            raise IncompleteAnswers(question)
    points = 0
    for question in QUESTIONS:
        answer = answers.get(question)
        if answer not in ANSWERS:
            raise IncompleteAnswers(question)
        points += ANSWERS.index(answer)
    if answers["loss_tolerance"] == "a":
        return points, "C1"
    return points, next((tier for below, tier in _LADDER if points < below), "C5")
