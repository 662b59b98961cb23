from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from lending.documents import rendering
from lending.documents.contract import (
    ContractContradictory,
    ContractData,
    ContractIncomplete,
    check_contract,
    contradictions,
    missing_clauses,
)

Make = Callable[..., ContractData]


@pytest.mark.parametrize("method", ["equal_instalment", "equal_principal", "interest_only_bullet", "bullet"])
@pytest.mark.parametrize("lenders", [1, 3, 20])
def test_a_contract_from_the_rules_is_complete_and_adds_up(make_contract: Make, method: str, lenders: int) -> None:
    data = make_contract(method, lenders)
    assert missing_clauses(data) == ()
    assert contradictions(data) == ()


# 民法典 668 first, then the rest of the checklist.
@pytest.mark.parametrize(
    ("item", "change"),
    [
        ("loan_kind", {"kind": None}),
        ("currency", {"currency": None}),
        ("purpose", {"purpose": ""}),
        ("principal", {"principal": None}),
        ("annual_rate", {"annual_rate": None}),
        ("term", {"periods": None}),
        ("term", {"matures_on": None}),
        ("method", {"method": None}),
        ("method", {"method": "by_mood"}),
        ("payout", {"payout_amount": None}),
        ("day_count", {"day_count": "364/365"}),
        ("holiday_rule", {"holiday_rule": ""}),
        ("allocation_order", {"allocation_order": ("INTEREST", "PRINCIPAL")}),
    ],
)
def test_each_item_of_the_loan_is_mandatory(make_contract: Make, item: str, change: dict[str, Any]) -> None:
    data = make_contract()
    assert missing_clauses(replace(data, terms=replace(data.terms, **change))) == (item,)


@pytest.mark.parametrize(
    ("change", "items"),
    [
        ({"number": ""}, ("number",)),
        ({"borrower": None}, ("borrower", "address_for_service")),
        ({"lenders": ()}, ("lenders", "planned_receipts")),
        ({"platform": None}, ("platform",)),
        ({"cost": None}, ("cost_disclosure",)),
        ({"schedule": ()}, ("schedule",)),
        ({"custody": None}, ("custody_account",)),
        ({"overdue": None}, ("overdue",)),
        ({"early_settlement": None}, ("early_settlement",)),
        ({"acceleration": None}, ("acceleration",)),
        ({"guarantee": None}, ("guarantee",)),
        ({"assignment_notice": ()}, ("assignment_notice",)),
        ({"information_use": None}, ("information_use",)),
        ({"credit_report_consent": None}, ("credit_report_consent",)),
        ({"collection": None}, ("collection",)),
        ({"e_signature_consent": None}, ("e_signature_consent",)),
        ({"court": None}, ("disputes",)),
    ],
)
def test_each_clause_is_mandatory(make_contract: Make, change: dict[str, Any], items: tuple[str, ...]) -> None:
    assert missing_clauses(make_contract(**change)) == items


def test_a_rate_of_zero_is_stated(make_contract: Make) -> None:
    data = make_contract()
    assert missing_clauses(replace(data, terms=replace(data.terms, annual_rate=Decimal("0.000000")))) == ()


def test_every_charge_of_a_loan_paid_on_time_states_its_amount(make_contract: Make) -> None:
    data = make_contract()
    assert data.cost
    vague = tuple(replace(charge, amount=None) for charge in data.cost.charges)
    assert missing_clauses(replace(data, cost=replace(data.cost, charges=vague))) == ("cost_disclosure",)


def test_an_incomplete_contract_is_refused_by_name(make_contract: Make) -> None:
    data = make_contract(court=None, guarantee="")
    for refused in (check_contract, rendering.render_contract):
        with pytest.raises(ContractIncomplete) as refusal:
            refused(data)
        assert refusal.value.items == ("guarantee", "disputes")
        assert set(refusal.value.fields) == {"guarantee", "disputes"}
        assert refusal.value.code == "contract_incomplete"


def _with_terms(data: ContractData, **change: Any) -> ContractData:
    return replace(data, terms=replace(data.terms, **change))


def _change_first_lender(data: ContractData, **change: Any) -> ContractData:
    return replace(data, lenders=(replace(data.lenders[0], **change), *data.lenders[1:]))


def _change_row(data: ContractData, index: int, **change: Any) -> ContractData:
    rows = list(data.schedule)
    rows[index] = replace(rows[index], **change)
    return replace(data, schedule=tuple(rows))


def _with_rate(data: ContractData, rate: str) -> ContractData:
    assert data.cost
    return replace(data, cost=replace(data.cost, nominal_annual_rate=Decimal(rate)))


def _cheaper(data: ContractData) -> ContractData:
    assert data.cost
    return replace(data, cost=replace(data.cost, charges=data.cost.charges[:1]))


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lambda data: _with_terms(data, payout_amount=Decimal("99500.00")), "payout_differs_from_principal"),
        (lambda data: _with_terms(data, periods=11), "schedule_differs_from_term"),
        (lambda data: _change_first_lender(data, party=data.lenders[1].party), "lender_named_twice"),
        (lambda data: _change_row(data, 3, due_date=data.schedule[1].due_date), "due_dates_out_of_order"),
        (lambda data: _change_row(data, 0, interest=data.schedule[0].interest - 1), "receipts_differ_from_schedule"),
        (lambda data: _change_row(data, -1, balance=Decimal("0.01")), "schedule_differs_from_principal"),
        (lambda data: _with_rate(data, "0.120001"), "cost_above_cap"),
        (_cheaper, "charges_below_schedule"),
    ],
)
def test_statements_that_do_not_agree_are_refused(
    make_contract: Make, spoil: Callable[[ContractData], ContractData], name: str
) -> None:
    data = spoil(make_contract())
    assert contradictions(data) == (name,)
    with pytest.raises(ContractContradictory) as refusal:
        rendering.render_contract(data)
    assert refusal.value.items == (name,)


def test_shares_and_receipts_must_give_the_principal(make_contract: Make) -> None:
    data = make_contract()
    less = _change_first_lender(data, amount=data.lenders[0].amount - Decimal("0.01"))
    assert contradictions(less) == ("shares_differ_from_principal", "receipts_differ_from_schedule")


def test_a_cost_at_the_cap_is_lawful(make_contract: Make) -> None:
    assert contradictions(_with_rate(make_contract(), "0.120000")) == ()
