"""The questionnaire's words; its points are in `customers.rules.assessment`."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.rules.assessment import ANSWERS, QUESTIONS

_TEXTS: dict[str, tuple[Any, Any, Any, Any, Any]] = {
    "age": (_("How old are you?"), _("Over 65"), _("51 to 65"), _("18 to 30"), _("31 to 50")),
    "income": (
        _("What is your yearly income?"),
        _("Below 50 000 yuan"),
        _("50 000 to 200 000 yuan"),
        _("200 000 to 500 000 yuan"),
        _("Above 500 000 yuan"),
    ),
    "savings_share": (
        _("Which part of your savings may you invest here?"),
        _("More than 70 %"),
        _("50 % to 70 %"),
        _("25 % to 50 %"),
        _("Less than 25 %"),
    ),
    "experience_years": (
        _("For how long have you invested money?"),
        _("Never"),
        _("Less than two years"),
        _("Two to five years"),
        _("More than five years"),
    ),
    "products_known": (
        _("Which of these have you held?"),
        _("Deposits only"),
        _("Bonds or money market funds"),
        _("Share funds"),
        _("Shares, futures or private funds"),
    ),
    "horizon": (
        _("For how long can you do without the money?"),
        _("Less than six months"),
        _("Six months to one year"),
        _("One to three years"),
        _("More than three years"),
    ),
    "goal": (
        _("What do you want most?"),
        _("To lose nothing"),
        _("A steady return"),
        _("A good return with some ups and downs"),
        _("The highest return"),
    ),
    "loss_tolerance": (
        _("Which loss can you bear?"),
        _("No loss at all"),
        _("Up to 10 %"),
        _("Up to 30 %"),
        _("More than 30 %"),
    ),
    "reaction_to_loss": (
        _("What would you do if an investment fell by 15 %?"),
        _("Sell all of it"),
        _("Sell a part"),
        _("Wait"),
        _("Buy more"),
    ),
}


def list_questions() -> list[dict[str, Any]]:
    """Return the questions with their answers in the active language."""
    return [
        {
            "code": code,
            "text": str(_TEXTS[code][0]),
            "answers": [
                {"code": answer, "text": str(text)} for answer, text in zip(ANSWERS, _TEXTS[code][1:], strict=True)
            ],
        }
        for code in QUESTIONS
    ]
