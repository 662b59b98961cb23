"""Which labels there are, how the stages of both lifecycle models read, and the worked formulas that pages explain."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.money import round_yuan

# Every label of which history is kept, in the order of the page. Those of a role say the stage in that role alone.
KEYS: Final = (
    "stage",
    "stage_borrower",
    "stage_investor",
    "phase",
    "value_tier",
    "risk_tier",
    "service_class",
    "prime",
    "level",
    "rfm",
    "preference",
    "band",
    "loan_use",
    "sensitivity",
    "churn",
    "non_customer",
)
# Figures beside the labels; they follow the facts and have no history of their own.
FIGURES: Final = (
    "preference_stated",
    "preference_actual",
    "preference_mismatch",
    "preference_expired",
    "weighted_volume",
    "rfm_score",
    "clv",
    "prime_score",
    "prime_demand",
    "prime_payment",
    "prime_service",
    "prime_risk",
    "prime_loyalty",
    "churn_borrower",
    "churn_investor",
    "churn_signs",
    "reentry_date",
)
STAGES: Final = ("POTENTIAL", "NEW", "ACTIVE", "MATURE", "DECLINING", "LOST")
ROLE_OF: Final = {"stage_borrower": "BORROWER", "stage_investor": "INVESTOR"}


class ModelA(StrEnum):
    """The lifecycle as 获取/激活/成长/成熟/衰退."""

    ACQUISITION = "ACQUISITION"
    ACTIVATION = "ACTIVATION"
    GROWTH = "GROWTH"
    MATURITY = "MATURITY"
    DECLINE = "DECLINE"


class ModelB(StrEnum):
    """The lifecycle as 潜在/新/活跃/成熟/流失客户."""

    POTENTIAL = "POTENTIAL"
    NEW = "NEW"
    ACTIVE = "ACTIVE"
    MATURE = "MATURE"
    LOST = "LOST"


# One vocabulary in code, both on the pages: who declines is still there in model B and no longer grows in model A.
IN_BOTH: Final = {
    "POTENTIAL": (ModelA.ACQUISITION, ModelB.POTENTIAL),
    "NEW": (ModelA.ACTIVATION, ModelB.NEW),
    "ACTIVE": (ModelA.GROWTH, ModelB.ACTIVE),
    "MATURE": (ModelA.MATURITY, ModelB.MATURE),
    "DECLINING": (ModelA.DECLINE, ModelB.ACTIVE),
    "LOST": (ModelA.DECLINE, ModelB.LOST),
}


def weigh_volume(volume: Decimal, deals: int, years: int, *, frequency: Decimal, loyalty: Decimal) -> Decimal:
    """Return the volume that decides the value tier: each deal after the first and each full year makes it count more.

    ¥100,000.00 in 5 deals over 2 years at 5 % and 10 %: 100,000.00 × (1 + 4 × 0.05 + 2 × 0.10) = 140,000.00.
    """
    return round_yuan(volume * (1 + frequency * min(max(deals - 1, 0), 10) + loyalty * min(max(years, 0), 5)))


def value_lifetime(
    volume: Decimal, years: int, cost: Decimal, *, margin: Decimal, stay: Decimal, discount: Decimal
) -> Decimal:
    """Return the customer lifetime value: what a year brings, for as many years as he will probably stay, discounted.

    (volume × margin − cost) / years begun × stay / (1 + discount − stay). ¥120,000.00 in 3 years at 2 %, cost ¥150.00, staying
    with 85 %, discounted at 8 %: (2,400.00 − 150.00) / 3 = 750.00 a year × 0.85 / 0.23 = 2,771.74.
    """
    return round_yuan((volume * margin - cost) / max(years, 1) * stay / (1 + discount - stay))
