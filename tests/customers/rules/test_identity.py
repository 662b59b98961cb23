"""Every case of golden/identity_numbers.json, and what the cases do not say."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules import identity, regions
from customers.rules.identity import Check, DocumentType, Fault

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "identity_numbers.json").read_text())
TODAY = date(2026, 11, 22)
CHECKS = {
    "citizen_id": lambda number: identity.check_citizen_number(number, TODAY),
    "uscc": identity.check_firm_code,
    "bank_card": identity.check_bank_card,
    "mobile": identity.check_mobile,
}
NORMALISES = {
    "citizen_id": identity.normalise_citizen_number,
    "uscc": identity.normalise_firm_code,
    "bank_card": identity.normalise_bank_card,
    "mobile": identity.normalise_mobile,
}


def cases(verdict):
    return [
        pytest.param(kind, case, id=f"{kind}-{case['value']}")
        for kind in CHECKS
        for case in GOLDEN[kind].get(verdict, [])
    ]


@pytest.mark.parametrize(("kind", "case"), cases("valid"))
def test_valid_numbers_pass_as_they_are(kind, case):
    assert NORMALISES[kind](case["value"]) == case["value"]
    assert CHECKS[kind](case["value"]) == Check()


@pytest.mark.parametrize(("kind", "case"), cases("invalid"))
def test_invalid_numbers_name_their_fault(kind, case):
    as_typed = CHECKS[kind](case["value"])
    normalised = CHECKS[kind](NORMALISES[kind](case["value"]))
    if case["policy"] == "soft":
        assert as_typed == Check(warning=Fault(case["fault"]))
        return
    assert as_typed == Check(fault=Fault(case["fault"]))
    assert normalised.is_valid is (case["policy"] == "normalise")


@pytest.mark.parametrize(("kind", "case"), cases("soft"))
def test_soft_cases_only_warn(kind, case):
    assert CHECKS[kind](case["value"]) == Check(warning=Fault.REGION_UNKNOWN)


@pytest.mark.parametrize("case", GOLDEN["citizen_id"]["valid"], ids=lambda case: case["value"])
def test_a_citizen_number_tells_birth_sex_age_and_region(case):
    facts = identity.read_citizen_number(case["value"])
    assert facts.region_code == case["region_code"]
    assert facts.birth_date == date.fromisoformat(case["birth"])
    assert facts.sex == case["sex"]
    assert identity.age_on(facts.birth_date, TODAY) == case["age_on_2026_11_22"]
    assert (identity.age_on(facts.birth_date, TODAY) >= 18) is case["adult"]
    assert regions.find_region_name(facts.region_code, facts.birth_date.year) == case["region"]


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("11010519491231002X\n", Fault.LENGTH),
        ("110105491231002", Fault.LENGTH),
        ("１１０１０５１９４９１２３１００２X", Fault.CHARSET),
        ("٠١٠١٠٥١٩٤٩١٢٣١٠٠٢X", Fault.CHARSET),
        ("X1010519491231002X", Fault.CHARSET),
        ("", Fault.LENGTH),
    ],
)
def test_look_alikes_are_refused(number, fault):
    assert identity.check_citizen_number(number, TODAY) == Check(fault)


def test_nobody_is_born_after_today():
    number = "11010120261123001"
    number += identity.citizen_check_digit(number)
    assert identity.check_citizen_number(number, TODAY) == Check(Fault.BIRTH_IN_FUTURE)
    assert identity.check_citizen_number(number, date(2026, 11, 23)) == Check()


def test_document_types_are_told_apart():
    foreigner = "911840199003070017"[:17]
    foreigner += identity.citizen_check_digit(foreigner)
    assert identity.check_citizen_number(foreigner, TODAY) == Check(Fault.DOCUMENT_TYPE)
    allowed = (DocumentType.FOREIGNER_PERMANENT_CARD,)
    assert identity.check_citizen_number(foreigner, TODAY, document_types=allowed) == Check()
    permit = "830000199201300022"
    assert identity.read_citizen_number(permit).document_type is DocumentType.RESIDENCE_PERMIT
    resident_only = (DocumentType.RESIDENT_CARD,)
    assert identity.check_citizen_number(permit, TODAY, document_types=resident_only) == Check(Fault.DOCUMENT_TYPE)


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        (date(2008, 11, 22), TODAY, 18),
        (date(2008, 11, 23), TODAY, 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (TODAY, TODAY, 0),
    ],
)
def test_the_birthday_counts(birth, on, age):
    assert identity.age_on(birth, on) == age


def test_old_numbers_lead_to_the_new_one():
    assert identity.upgrade_old_citizen_number("110105491231002") == "11010519491231002X"
    assert identity.upgrade_old_citizen_number("11010519491231002X") is None
    assert identity.upgrade_old_citizen_number("11010549123100２") is None


def test_reading_needs_a_number_of_that_form():
    for number in ("110105********002X", "10010519491231002X", "11010519491331002X", ""):
        with pytest.raises(ValueError, match="not a citizen number"):
            identity.read_citizen_number(number)


def test_a_broken_inner_check_of_a_firm_code_only_warns():
    assert identity.check_firm_code(firm_code("91110108MA00TE5T3")) == Check(warning=Fault.ORGANISATION_CODE)
    assert identity.check_firm_code(firm_code("91110108MA00TE5T2")) == Check()


def firm_code(first_17):
    return next(
        first_17 + letter
        for letter in "0123456789ABCDEFGHJKLMNPQRTUWXY"
        if identity.check_firm_code(first_17 + letter).is_valid
    )


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("0000000000000000", Fault.LEADING_ZERO),
        ("6222021234567890123", Fault.LUHN),
        ("620000000000", Fault.LENGTH),
        ("6200000000000005\n", Fault.CHARSET),
        ("", Fault.CHARSET),
    ],
)
def test_cards_that_are_none(number, fault):
    assert identity.check_bank_card(number) == Check(fault)


def test_firm_accounts_have_no_luhn_digit():
    assert identity.check_firm_account("110060149013000012345") == Check()
    assert identity.check_firm_account("1100-6014") == Check(Fault.CHARSET)
    assert identity.check_firm_account("1234567") == Check(Fault.LENGTH)


@pytest.mark.parametrize("typed", ["+86 138-0013-8000", "0086 13800138000", "8613800138000", "138 0013 8000"])
def test_mobiles_lose_their_grouping(typed):
    assert identity.normalise_mobile(typed) == "13800138000"


@pytest.mark.parametrize("number", ["12000000000", "1380013800a", "１３８００１３８０００", "138001380000", ""])
def test_mobiles_that_are_none(number):
    assert not identity.check_mobile(number).is_valid


@given(
    st.sampled_from(["110101", "440524", "650102"]),
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
)
def test_every_single_wrong_digit_is_found(region, birth, serial):
    first_17 = f"{region}{birth:%Y%m%d}{serial:03d}"
    number = first_17 + identity.citizen_check_digit(first_17)
    assert identity.check_citizen_number(number, TODAY).is_valid
    for place in range(18):
        for digit in "0123456789":
            wrong = number[:place] + digit + number[place + 1 :]
            assert wrong == number or not identity.check_citizen_number(wrong, TODAY).is_valid
    swapped = number[:14] + number[15] + number[14] + number[16:]
    assert swapped == number or not identity.check_citizen_number(swapped, TODAY).is_valid


@given(st.text(max_size=20))
def test_any_text_gets_a_verdict(text):
    for kind, check in CHECKS.items():
        check(text)
        check(NORMALISES[kind](text))
