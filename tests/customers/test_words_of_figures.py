"""Figures in words: why a lead has its score, and what the amounts of a timeline did."""

from decimal import Decimal

import pytest
from django.utils import translation

from customers.rules.leads import LeadFacts, score_lead
from customers.texts import read_flow
from customers.web.scores import explain_score


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            LeadFacts(has_phone=True, has_consent=False, has_name=True, has_need=True, amount=Decimal("60000.00")),
            ["phone, name", "stated", "¥60,000.00", "too few earlier leads to say", "", "not answered yet"],
        ),
        (
            LeadFacts(
                has_phone=False,
                has_consent=False,
                has_name=False,
                has_need=False,
                amount=None,
                method_share=0.125,
                introducer_deals=2,
                minutes_to_answer=1,
            ),
            [
                "nothing known",
                "not stated",
                "no amount stated",
                "12.50% of them became customers",
                "introducer with 2 deals",
                "after 1 working minute",
            ],
        ),
    ],
)
def test_a_score_is_explained_in_words_with_figures(facts: LeadFacts, words: list[str]) -> None:
    parts = [
        {"code": part.code, "points": part.points, "most": part.most, "value": part.value} for part in score_lead(facts)
    ]
    with translation.override("en"):
        assert [part["value"] for part in explain_score(parts)] == words


@pytest.mark.parametrize(
    ("code", "flow"),
    [
        ("lending.bid_placed", "0"),
        ("lending.bid_released", "0"),
        ("lending.bid_lent", "0"),
        ("ledger.deposit_failed", "0"),
        ("ledger.withdrawal_failed", "0"),
        ("ledger.withdrawal_completed", "-5.00"),
        ("ledger.deposit_received", "5.00"),
        ("lending.loan_paid_out", "5.00"),
    ],
)
def test_only_what_came_or_went_bears_a_sign(code: str, flow: str) -> None:
    assert read_flow(code, Decimal("5.00")) == Decimal(flow)
    assert read_flow("lending.repayment", Decimal("-5.00")) == Decimal("-5.00")
