"""The catalogue of reasons: what a decision says to the customer, and what it says to staff."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.sentences import say_value
from lending.rules.limits import PRICE_ABOVE_CAP, PRICE_MISSING
from risk.rules.decision import INPUTS_INVALID, RULES_FAILED
from risk.rules.offers import AMOUNT_TOO_SMALL, RATE_MISSING, factor_code

BUREAU_UNAVAILABLE: Final = "BUREAU_UNAVAILABLE"
CONSENT_MISSING: Final = "CONSENT_MISSING"
RULES_MISSING: Final = "RULES_MISSING"
FACTS_MISSING: Final = "FACTS_MISSING"
REVIEWED: Final = "REVIEWED"


@dataclass(frozen=True)
class Reason:
    """One reason in two voices."""

    customer: Text
    staff: Text


_BEING_CHECKED = _("Your application is being looked at by a person. You need not do anything.")
_SCORE_TOO_LOW = _("Taken together, your credit history and finances do not carry this loan at present.")

# What rows of a decision table may give as their reason.
TABLE_REASONS: Final[dict[str, Reason]] = {
    "BLACKLISTED": Reason(
        _("Your credit report holds an entry that excludes a loan. You may ask the bureau for it and object."),
        _("The bureau lists the person as a dishonest debtor."),
    ),
    "OVERDUE_ELSEWHERE": Reason(
        _("Your credit report shows a debt that is overdue now. Pay it and apply again."),
        _("Overdue with another lender now."),
    ),
    "OVERDUE_HERE": Reason(
        _("One of your loans with us is overdue. Pay it and apply again."), _("Overdue with us now.")
    ),
    "SERIOUS_ARREARS": Reason(
        _("Your credit report shows serious arrears within the last 24 months."),
        _("More than 90 days past due within 24 months."),
    ),
    "DEBT_TOO_HIGH": Reason(
        _("With this loan your monthly payments would take too much of your income. A smaller amount may be possible."),
        _("Debts and the new instalment take more of the income than the limit."),
    ),
    "DEBT_HIGH": Reason(_BEING_CHECKED, _("Debts and the new instalment take a high share of the income.")),
    "INCOME_UNKNOWN": Reason(
        _("We do not know your income. Complete your financial details so that we can decide."),
        _("No income on record."),
    ),
    "MANY_QUERIES": Reason(_BEING_CHECKED, _("Many bureau queries within three months: looking for money everywhere.")),
    "UNDECLARED_DEBT": Reason(
        _BEING_CHECKED, _("The bureau knows of more debt on other platforms than the borrower declared.")
    ),
    "THIN_FILE": Reason(_BEING_CHECKED, _("No credit history, and the amount is not small.")),
    "ARREARS_HERE": Reason(_BEING_CHECKED, _("Was more than 30 days late with us before.")),
    "RELATIONS_LATE": Reason(
        _BEING_CHECKED, _("People tied to the applicant are behind with us; he agreed that this is looked at.")
    ),
    "SCORE_A": Reason(_("Approved."), _("Score in band A.")),
    "SCORE_B": Reason(_("Approved."), _("Score in band B.")),
    "SCORE_C": Reason(_("Approved."), _("Score in band C.")),
    "SCORE_D": Reason(_("Approved for a part of the amount."), _("Score in band D: reduced amount.")),
    "SCORE_BORDERLINE": Reason(_BEING_CHECKED, _("Score just below the lowest band that is approved.")),
    "SCORE_TOO_LOW": Reason(_SCORE_TOO_LOW, _("Score below every band.")),
}

_OTHER_REASONS: Final[dict[str, Reason]] = {
    INPUTS_INVALID: Reason(_BEING_CHECKED, _("The data did not fit the rules' inputs; nothing was judged by rule.")),
    RULES_FAILED: Reason(_BEING_CHECKED, _("A rule could not be evaluated; nothing was judged by rule.")),
    RULES_MISSING: Reason(_BEING_CHECKED, _("No scorecard or decision table is in force.")),
    FACTS_MISSING: Reason(_BEING_CHECKED, _("No decision by rule has left facts to judge by.")),
    BUREAU_UNAVAILABLE: Reason(_BEING_CHECKED, _("The credit bureau gave no report.")),
    CONSENT_MISSING: Reason(
        _("Without your consent to the credit query no rule can decide. A person looks at your application."),
        _("No consent to the credit query is in force."),
    ),
    RATE_MISSING: Reason(_BEING_CHECKED, _("The product has no rate for this grade.")),
    AMOUNT_TOO_SMALL: Reason(_BEING_CHECKED, _("The amount for this grade is below the product's least amount.")),
    REVIEWED: Reason(_("A person looked at your application."), _("Decided by two people.")),
    # Given by lending when the offer would break the legal cap.
    PRICE_ABOVE_CAP: Reason(
        _("We cannot offer this loan at a lawful price."), _("The all-in price would exceed the legal cap.")
    ),
    PRICE_MISSING: Reason(
        _BEING_CHECKED, _("No price could be reckoned: the product's terms or a parameter of the law are missing.")
    ),
}

_FACTOR_REASONS: Final[dict[str, Text]] = {
    "bureau_score": _("The bureau's own score is low or unknown."),
    "overdue_count_24_months": _("Payments were late in the last 24 months."),
    "max_dpd_24_months": _("A payment was long overdue in the last 24 months."),
    "query_count_3_months": _("Many lenders were asked within three months."),
    "open_loan_count": _("Several loans are open."),
    "card_utilisation_bp": _("Credit cards are used close to their limits."),
    "oldest_account_months": _("The credit history is short."),
    "debt_to_income_bp": _("Monthly payments take a large share of the income."),
    "loan_to_income_bp": _("The amount is large for the income."),
    "employment_years": _("Little time in employment, or none on record."),
    "housing": _("Housing situation."),
    "own_settled_loan_count": _("No loan repaid with us yet."),
    "own_active_loan_count": _("Loans with us are still open."),
    "own_max_dpd": _("Payments to us were late before."),
    "own_is_overdue": _("A loan with us is overdue."),
    "is_overdue_now": _("A debt elsewhere is overdue."),
    "bureau_has_history": _("There is no credit history."),
    "undeclared_debt_fen": _("There are debts on other platforms that were not declared."),
    "amount_fen": _("The amount asked for."),
    "term_months": _("The term asked for."),
}

# What is looked at with consent only, as a customer reads it.
CONSENTED_SENTENCES: Final[dict[str, Text]] = {
    "late_relation_count": _("Whether people tied to you are behind with their payments to us."),
}


REASONS: Final[dict[str, Reason]] = {
    **TABLE_REASONS,
    **_OTHER_REASONS,
    **{factor_code(factor): Reason(text, text) for factor, text in _FACTOR_REASONS.items()},
}
# What the inputs are called.
FACTOR_NAMES: Final[dict[str, Text]] = {
    "bureau_has_history": _("Has a credit history"),
    "bureau_score": _("Bureau score"),
    "overdue_count_24_months": _("Late payments in 24 months"),
    "max_dpd_24_months": _("Most days past due in 24 months"),
    "is_overdue_now": _("Overdue elsewhere now"),
    "query_count_3_months": _("Bureau queries in 3 months"),
    "open_loan_count": _("Open loans elsewhere"),
    "is_blacklisted": _("Listed as dishonest debtor"),
    "card_utilisation_bp": _("Use of card limits"),
    "oldest_account_months": _("Length of credit history"),
    "undeclared_debt_fen": _("Undeclared debt on other platforms"),
    "debt_to_income_bp": _("Payments to income"),
    "loan_to_income_bp": _("Amount to yearly income"),
    "employment_years": _("Years in employment"),
    "housing": _("Housing"),
    "own_settled_loan_count": _("Loans repaid here"),
    "own_active_loan_count": _("Running loans here"),
    "own_max_dpd": _("Most days past due here"),
    "own_is_overdue": _("Overdue here now"),
    "late_relation_count": _("People tied to him who are behind with us"),
    "amount_fen": _("Amount asked"),
    "term_months": _("Term"),
    "purpose": _("Purpose"),
    "score": _("Score"),
}


def customer_sentence(code: str) -> str:
    """Return what a customer reads; an unknown code says no more than that a person can be asked."""
    reason = REASONS.get(code)
    return str(reason.customer) if reason else str(_("Ask us for the reasons."))


def staff_sentence(code: str) -> str:
    """Return what staff read."""
    reason = REASONS.get(code)
    return str(reason.staff) if reason else code


# What is wrong with a draft of a rule, for its author.
PROBLEMS: Final[dict[str, Text]] = {
    "base_points_missing": _("base_points must be a whole number"),
    "factors_missing": _("factors must be a list with at least one factor"),
    "unknown_input": _("there is no such input"),
    "factor_twice": _("the factor stands there twice"),
    "missing_bin_missing": _("missing_points must say what a missing value gives"),
    "values_missing": _("values must give points to each value"),
    "unknown_value": _("a value is not one of the input's values"),
    "other_bin_missing": _("other_points must say what the values that are not listed give"),
    "bins_missing": _("bins must be a list with at least one bin"),
    "points_missing": _("every bin needs whole points"),
    "last_bin_not_open": _("the last bin must be open: no below"),
    "bound_missing": _("every bin but the last needs a whole number as below"),
    "model_shape": _("the model lacks a part, or one has the wrong form"),
    "model_scores": _("the scores do not fit the bins, or one is not a finite number"),
    "bounds_not_rising": _("the bounds must rise"),
    "document_shape": _("not a JDM document: nodes and edges are needed"),
    "nodes_not_allowed": _("only one input, the two tables and one output are allowed"),
    "tables_missing": _("the two tables must be called policy and grading"),
    "tables_not_connected": _("each table must be joined to the input and to the output"),
    "table_shape": _("the table needs inputs, outputs and rules"),
    "hit_policy": _("wrong hit policy or output path"),
    "column_twice": _("an input stands there twice"),
    "outputs_missing": _("the table needs exactly these outputs"),
    "table_empty": _("the table has no rows"),
    "row_id_missing": _("every row needs an _id of its own"),
    "cell_without_column": _("the cell belongs to no column"),
    "row_always_fires": _("a policy row without conditions fires for everybody"),
    "unknown_reason": _("the reason is not in the catalogue"),
    "policy_approves": _("a policy row may decline or refer, not approve"),
    "unknown_grade": _("the grade must be one of A to E"),
    "amount_out_of_range": _("amount_bp must lie between 0 and 10000, above 0 where it approves"),
    "unknown_outcome": _("must be 'APPROVE', 'REFER' or 'DECLINE'"),
    "row_hides_the_rest": _("a row without conditions hides all rows below it"),
    "catch_all_missing": _("the last row must have no conditions"),
    "catch_all_approves": _("the last row must not approve"),
    "missing_value_unanswered": _("the value may be missing: a policy row must say what happens then (null)"),
    "consented_only_refers": _("what is seen with consent only may refer to a person, in policy, and nothing else"),
    "cell_syntax": _("the cell cannot be read"),
    "cell_never_missing": _("this input is never missing"),
    "cell_not_a_flag": _("must be true or false"),
    "cell_not_a_text": _("must be texts in single quotes"),
    "cell_unknown_value": _("the input never has this value"),
    "cell_not_a_number": _("must be comparisons or intervals of whole numbers"),
    "cell_empty_interval": _("the interval is empty"),
    "cell_too_large": _("the number is too large to be exact"),
    "cases_shape": _("cases need a base and a list of cases"),
    "row_without_case": _("no test case makes this row fire"),
    "case_inputs": _("the inputs do not fit"),
    "case_row_silent": _("the row did not fire"),
    "case_expects_nothing": _("expect must name an outcome"),
    "case_differs": _("the result differs"),
    "scorecard_missing": _("no scorecard of this code is in force: the cases cannot be run"),
    "scorecard_breaks_cases": _("the decision table in force fails its own cases with this scorecard"),
}


def describe_problem(place: str, code: str, detail: str) -> str:
    """Return one line for the author of a draft."""
    sentence = str(PROBLEMS.get(code, code))
    return say_value(place, f"{sentence} ({detail})" if detail else sentence)
