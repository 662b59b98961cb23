"""Labels in words: names, values, both lifecycle models, reasons, and what a value brings."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Text
from core.fields import MoneyField, RateField
from core.registries import attributes
from core.rules.formats import money_text
from core.sentences import join_parts, join_words, say_value
from customers.models import Customer
from segmentation.models import LabelRule
from segmentation.models import vocabulary as words
from segmentation.rules.labels import IN_BOTH, ModelA, ModelB

Choices = Sequence[tuple[str, Any]]

LABELS: Final[dict[str, Choices]] = {
    "stage": Customer.Stage.choices,
    "stage_borrower": Customer.Stage.choices,
    "stage_investor": Customer.Stage.choices,
    "phase": words.Phase.choices,
    "value_tier": Customer.ValueTier.choices[:3],
    "risk_tier": Customer.RiskTier.choices[:3],
    "service_class": words.ServiceClass.choices,
    "prime": words.Prime.choices,
    "level": words.Level.choices,
    "rfm": words.Rfm.choices,
    "preference": words.Preference.choices,
    "band": words.Band.choices,
    "loan_use": words.LoanUse.choices,
    "sensitivity": words.Sensitivity.choices,
    "churn": words.Churn.choices,
    "non_customer": words.NonCustomer.choices,
}
_A: Final = {
    ModelA.ACQUISITION: gettext_lazy("acquisition"),
    ModelA.ACTIVATION: gettext_lazy("activation"),
    ModelA.GROWTH: gettext_lazy("growth"),
    ModelA.MATURITY: gettext_lazy("maturity"),
    ModelA.DECLINE: gettext_lazy("declining stage"),
}
_B: Final = {
    ModelB.POTENTIAL: gettext_lazy("potential customer"),
    ModelB.NEW: gettext_lazy("new customer"),
    ModelB.ACTIVE: gettext_lazy("active customer"),
    ModelB.MATURE: gettext_lazy("mature customer"),
    ModelB.LOST: gettext_lazy("lost customer"),
}
# The figures of reasons that are no attributes by the same name.
_FIGURES: Final = {
    "deals": gettext_lazy("Deals"),
    "volume": gettext_lazy("Volume"),
    "years": gettext_lazy("Full years"),
    "last_act": gettext_lazy("Latest act"),
    "stage": gettext_lazy("Stage"),
    "value_tier": gettext_lazy("Value tier"),
    "holdings": gettext_lazy("Holdings"),
    "borrower_idle": gettext_lazy("Days without a loan"),
    "investor_idle": gettext_lazy("Days without lending"),
    "borrower_gap": gettext_lazy("Usual days between loans"),
    "investor_gap": gettext_lazy("Usual days between lendings"),
    "preference_stated": gettext_lazy("Stated"),
    "preference_actual": gettext_lazy("Shown by what he does"),
    "prime_demand": gettext_lazy("a demand and amounts"),
    "prime_payment": gettext_lazy("b fees and payment"),
    "prime_service": gettext_lazy("c cost of service"),
    "prime_risk": gettext_lazy("d risk and funds"),
    "prime_loyalty": gettext_lazy("e loyalty"),
}
_MONEY: Final = {
    "volume", "weighted_volume", "holdings", "lent_risky", "lent_ever", "borrowed_consumption", "borrowed_business"
}  # fmt: skip
_CHOICES_OF: Final = {
    "preference_stated": words.Preference.choices,
    "preference_actual": words.Preference.choices,
    "set_stage_borrower": Customer.Stage.choices,
    "set_stage_investor": Customer.Stage.choices,
    "set_sensitivity": words.Sensitivity.choices,
    "churn_signs": words.Sign.choices,
}


def name_label(key: str) -> str:
    """Return the name of a label."""
    return str(attributes.get(key).label)


def name_value(key: str, value: str) -> str:
    """Return the word for a value."""
    return str(dict(LABELS[key]).get(value, value))


def show_both(stage: str) -> str:
    """Return a stage in both lifecycle models."""
    first, second = IN_BOTH[stage]
    return f"A {_A[first]} · B {_B[second]}"


def list_both() -> list[tuple[str, Text, Text]]:
    """Return every stage with its word in model A and in model B."""
    return [(stage, _A[first], _B[second]) for stage, (first, second) in IN_BOTH.items()]


def say_reason(key: str, reason: dict[str, Any]) -> str:
    """Return the figures that a label was told from."""
    return join_parts(say_value(_name_figure(name), _show(name, value)) for name, value in reason.items())


def _name_figure(name: str) -> Text:
    if name in _FIGURES:
        return _FIGURES[name]
    return attributes.get(name).label if name in attributes else name


def _show(name: str, value: Any) -> str:
    choices = dict(_CHOICES_OF.get(name) or LABELS.get(name) or ())
    if isinstance(value, list):
        return join_words(choices.get(item, item) for item in value) or "–"
    if name in _MONEY:
        try:
            return str(money_text(Decimal(str(value))))
        except InvalidOperation:
            return str(value)
    return str(choices.get(value, value))


def say_means(key: str, value: str) -> str:
    """Return what a value of a label brings the customer, where it brings anything."""
    return str(
        {
            ("sensitivity", "PRICE"): _("Is shown the best-priced offers; rebates, discounts and gifts move him."),
            ("sensitivity", "SAFETY"): _("Is shown the safe listings; talk through guarantee, collateral and custody."),
            ("sensitivity", "SERVICE"): _("Contacted twice as often, by an RM of his own who cares for details."),
            ("risk_tier", "LOW"): _("Better rates by his grade and the benefits of good credit."),
            ("risk_tier", "HIGH"): _("Stands in the monitoring queue."),
            ("non_customer", "DECLINED"): _("Left out of marketing until he may apply again."),
        }.get((key, value), "")
    )


def explain(key: str, rule: LabelRule) -> str:
    """Return the rule of a label with the limits in force."""
    texts = {
        "stage": _(
            "The person as a whole: new for %(new_days)s days after the first deal, mature from %(mature_deals)s deals; "
            "declining or lost only where every role is."
        ),
        "stage_borrower": _(
            "As borrower: lost after %(borrower_lost_days)s days without an act while nothing is owed; "
            "declining from %(churn_likely)s points of churn."
        ),
        "stage_investor": _(
            "As investor: lost after %(investor_lost_days)s days without an act while nothing is lent; "
            "declining from %(churn_likely)s points of churn."
        ),
        "phase": _(
            "Built until the first deal is no longer new, then maintained; repaired while declining and %(repair_days)s days "
            "after the loss. Then broken off, or died early with one deal at most or none in %(potential_days)s days."
        ),
        "value_tier": _(
            "Volume × (1 + %(frequency_weight)s a deal after the first + %(loyalty_weight)s a full year): middle from "
            "%(value_middle)s, high from %(value_high)s."
        ),
        "risk_tier": _("The latest grade and the present arrears, as risk tells them."),
        "service_class": _("Key: high value, prime or high net worth. Important: middle value or large investor."),
        "prime": _("Five parts of 20 points: prime from %(prime_best)s, good from %(prime_good)s."),
        "level": _("Middle from %(level_middle_deals)s deals, senior from %(level_senior_deals)s."),
        "rfm": _("Recency, frequency and money graded 1 to 5 by four limits each."),
        "preference": _(
            "The questionnaire while it is valid, else what he does: the share lent in grades R4 and R5, balanced from "
            "%(risky_balanced)s, aggressive from %(risky_aggressive)s."
        ),
        "band": _("Lent and on the account: %(band_ordinary)s, %(band_large)s, %(band_wealthy)s."),
        "loan_use": _("One purpose with at least %(one_use_share)s of what was borrowed, else both."),
        "sensitivity": _(
            "As the RM has set it; else service from %(service_touches)s contacts and cases, price after an early "
            "settlement, safety with a conservative book."
        ),
        "churn": _(
            "Points of eight signs, against the person's own gap between deals: watched from %(churn_watch)s, likely from "
            "%(churn_likely)s."
        ),
        "non_customer": _("The latest application was declined; he may come again after %(reentry_days)s days."),
    }
    return texts[key] % {field.name: _show_limit(field, getattr(rule, field.name)) for field in rule._meta.fields}


def _show_limit(field: Any, value: Any) -> Any:
    if isinstance(field, MoneyField):
        return money_text(value)
    return f"{(value * 100).normalize():f}%" if isinstance(field, RateField) else value
