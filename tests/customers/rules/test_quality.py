"""Completeness and what cannot be true."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.rules import quality
from customers.rules.quality import PARTS, Fault, completeness
from customers.rules.sources import Source, may_replace, measure_capacity, read_source

DAY = date(2026, 3, 2)
NUMBER = "11010519491231002X"

# A busy machine is no fault of the rules.
calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_worked_completeness() -> None:
    measured = completeness({"name", "phone"}, is_person=True, is_borrower=False, is_investor=False)
    assert measured.score == 27
    assert measured.missing[:2] == ("identity_number", "finances")


@calmly
@given(st.sets(st.sampled_from(sorted(PARTS))), st.booleans(), st.booleans(), st.booleans())
def test_knowing_more_never_lowers_the_score(present: set[str], person: bool, borrower: bool, investor: bool) -> None:
    role = {"is_person": person, "is_borrower": borrower, "is_investor": investor}
    measured = completeness(present, **role)
    assert 0 <= measured.score <= 100
    assert completeness(set(PARTS), **role).score == 100
    assert completeness(set(), **role).score == 0
    for name in PARTS:
        assert completeness(present | {name}, **role).score >= measured.score
    known = {part.name for part in measured.parts if part.is_present}
    assert known | set(measured.missing) == {part.name for part in measured.parts}


@pytest.mark.parametrize(("name", "fault"), [
    ("王小明", None), ("阿卜杜拉·买买提", None), ("John Smith", None), ("丽丽", None),
    ("", Fault.REQUIRED), ("测试", Fault.FILLER), ("test", Fault.FILLER), ("aaaa", Fault.FILLER),
    ("王1", Fault.NOT_A_NAME), ("王", Fault.NOT_A_NAME), ("<script>", Fault.NOT_A_NAME),
])  # fmt: skip
def test_names_of_people(name: str, fault: Fault | None) -> None:
    assert quality.check_name(name) == fault


def test_a_firm_may_be_called_otherwise() -> None:
    assert quality.check_name("北京3M(中国)有限公司", is_person=False) is None
    assert quality.check_name("北京3M(中国)有限公司") == Fault.NOT_A_NAME


@pytest.mark.parametrize(("address", "fault"), [
    ("", None), ("wang@example.com", None), ("a.b+c@mail.example.cn", None),
    ("wang", Fault.NOT_AN_EMAIL), ("wang@", Fault.NOT_AN_EMAIL), ("a..b@example.com", Fault.NOT_AN_EMAIL),
    ("wang@example", Fault.NOT_AN_EMAIL), ("王@example.com", Fault.NOT_AN_EMAIL),
    ("x@" + "a" * 60 + ".c" * 100, Fault.TOO_LONG),
])  # fmt: skip
def test_email(address: str, fault: Fault | None) -> None:
    assert quality.check_email(address) == fault


@pytest.mark.parametrize(("address", "fault"), [
    ("", None), ("北京市朝阳区建国路1号", None), ("无", Fault.FILLER), ("......", Fault.FILLER),
    ("北京市", Fault.TOO_SHORT), ("12345678", Fault.FILLER), ("北" * 201, Fault.FILLER),
    ("北京" * 101, Fault.TOO_LONG), ("北京市朝阳区\n建国路", Fault.UNFIT_CHARACTERS),
])  # fmt: skip
def test_address(address: str, fault: Fault | None) -> None:
    assert quality.check_address(address) == fault


@pytest.mark.parametrize(("born", "fault"), [
    (date(1949, 12, 31), None), (date(1950, 1, 1), Fault.AGAINST_IDENTITY), (date(2027, 1, 1), Fault.IN_FUTURE),
    (date(2015, 1, 1), Fault.TOO_YOUNG), (date(1900, 1, 1), Fault.TOO_OLD), (None, None),
])  # fmt: skip
def test_birth_date_against_the_identity_number(born: date | None, fault: Fault | None) -> None:
    assert quality.check_birth_date(born, identity_number=NUMBER, on=DAY) == fault


def test_sex_and_number_agree() -> None:
    assert quality.check_sex("M", identity_number=NUMBER, on=DAY) == Fault.AGAINST_IDENTITY
    assert quality.check_sex("F", identity_number=NUMBER, on=DAY) is None
    assert quality.check_identity_number(NUMBER, on=DAY) is None
    assert quality.check_identity_number(NUMBER[:-1] + "1", on=DAY) == Fault.NOT_AN_IDENTITY_NUMBER


@calmly
@given(st.text(max_size=300))
def test_checks_answer_whatever_is_typed(text: str) -> None:
    for check in (quality.check_name, quality.check_phone, quality.check_email, quality.check_address):
        assert check(text) is None or isinstance(check(text), Fault)
    quality.check_identity_number(text, on=DAY)


def test_the_order_of_trust() -> None:
    order = list(Source)
    for place, source in enumerate(order):
        for better in order[:place]:
            assert may_replace(better, source, is_informed=False)
            assert not may_replace(source, better, is_informed=False)
    assert may_replace("PARTNER:xyz", "PARTNER:abc", is_informed=False)
    assert may_replace("SELF", "RM", is_informed=True)
    assert not may_replace("RM", "IDENTITY_CHECK", is_informed=True)
    assert not may_replace("WEB", "RM", is_informed=True)
    assert [read_source(name) for name in ("app", "API", "import:7", "whatever", "")] == [
        Source.SELF, Source.SELF, Source.IMPORT, Source.WEB, Source.WEB
    ]  # fmt: skip


def test_worked_capacity() -> None:
    capacity = measure_capacity(
        monthly_income=Decimal(20000),
        monthly_debt_payment=Decimal(5000),
        assets=Decimal(500000),
        liabilities=Decimal(100000),
        other_platform_balance=Decimal(0),
    )
    assert (capacity.debt_ratio, capacity.investable) == (Decimal("0.2500"), Decimal("185000.00"))


_yuan = st.decimals(0, 10**9, places=2)


@calmly
@given(_yuan, _yuan, _yuan, _yuan, _yuan)
def test_capacity_never_promises_debt(
    income: Decimal, debt: Decimal, assets: Decimal, owed: Decimal, other: Decimal
) -> None:
    capacity = measure_capacity(
        monthly_income=income,
        monthly_debt_payment=debt,
        assets=assets,
        liabilities=owed,
        other_platform_balance=other,
    )
    assert 0 <= capacity.investable <= assets
    assert (capacity.debt_ratio is None) == (income == 0)
