"""The rules' refusals of terms as sentences for people; the rules themselves know no language."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from lending.rules.terms import InvalidTerms

_BETWEEN = re.compile(r"between (?:the years )?(\S+) and (\S+)$")
_CHOICES = re.compile(r"one of (.+)$")

_SENTENCES: dict[str, Any] = {
    "not_a_choice": _("Must be one of the choices offered."),
    "not_a_number": _("Must be a finite decimal number."),
    "not_a_date": _("Must be a date."),
    "not_a_flag": _("Must be true or false."),
    "not_a_list": _("Must be a list of at most the number of entries allowed."),
    "out_of_range": _("Is outside the range allowed."),
    "inexact": _("Has more decimal places than allowed."),
    "below_balance": _("The level payment does not repay the balance."),
    "interest_not_covered": _("Does not cover a period's interest."),
    "never_repaid": _("Would not repay the loan in the longest term allowed."),
    "not_for_unit": _("Is for periods of months only."),
    "not_in_order": _("Dates must follow the payout and one another."),
    "not_for_method": _("Has no meaning for this method."),
    "wrong_number": _("Is not one date for each period."),
    "not_with_grace": _("Cannot be combined with a grace period."),
    "not_for_day_count": _("Needs a day count of actual days."),
    "nothing_rounded": _("Has no effect where nothing is rounded."),
    "no_base": _("An upfront fee is a fixed amount or a rate on the principal."),
    "not_with_level_last": _("Leaves a residue in the last instalment."),
    "wrong_sum": _("Must add up to the principal."),
    "cost_too_high": _("Leaves a cost too high to be shown as an annual rate."),
    "not_the_first_due_day": _("Does not agree with the first due date."),
    "after_the_end": _("Must be paid out before the last due date."),
    "not_all_paid_out": _("A part of the principal is still to be paid out."),
}


def sentence_of(refusal: InvalidTerms) -> Any:
    """Return a refusal's sentence in the active language, with the bounds that it names."""
    if bounds := _BETWEEN.search(refusal.message):
        return _("Must be between %(low)s and %(high)s.") % {"low": bounds[1], "high": bounds[2]}
    if choices := _CHOICES.search(refusal.message):
        return _("Must be one of: %(choices)s.") % {"choices": choices[1]}
    return _SENTENCES.get(refusal.code, refusal.message)
