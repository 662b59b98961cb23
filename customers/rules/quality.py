"""How much of a customer is known, and which values cannot be true.

Every check returns the fault of a value in its normal form, or nothing; the sentences stand with the fields.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from customers.rules import identity

_HAN = "〇\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_PERSON = re.compile(rf"[{_HAN}][{_HAN}·]{{1,24}}|[A-Za-z][A-Za-z .'-]{{1,58}}")
# A firm's name may mix scripts, digits and brackets.
_FIRM = re.compile(rf"[{_HAN}A-Za-z0-9][{_HAN}A-Za-z0-9 .,&'()（）·-]{{2,59}}")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
# What people type to get past a field.
_FILLERS = frozenset(
    {
        "无",
        "没有",
        "未知",
        "不详",
        "暂无",
        "测试",
        "test",
        "none",
        "null",
        "n/a",
        "na",
        "nan",
        "unknown",
        "xxx",
        "123",
        "1234",
    }
)
_REPEATED = re.compile(r"(.)\1*")
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_ADDRESS_SHORTEST, _ADDRESS_LONGEST = 6, 200
_EMAIL_LONGEST = 200
YOUNGEST, OLDEST = 14, 120


class Fault(StrEnum):
    """Why a value of a profile field is refused."""

    REQUIRED = "required"
    NOT_A_NAME = "not_a_name"
    NOT_A_PHONE = "not_a_phone"
    NOT_AN_EMAIL = "not_an_email"
    NOT_AN_IDENTITY_NUMBER = "not_an_identity_number"
    NOT_A_CREDIT_CODE = "not_a_credit_code"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    FILLER = "filler"
    UNFIT_CHARACTERS = "unfit_characters"
    NOT_A_DATE = "not_a_date"
    IN_FUTURE = "in_future"
    TOO_YOUNG = "too_young"
    TOO_OLD = "too_old"
    AGAINST_IDENTITY = "against_identity"
    NOT_A_NUMBER = "not_a_number"
    NEGATIVE = "negative"
    NOT_A_CHOICE = "not_a_choice"
    NOT_A_LIST = "not_a_list"
    NOT_A_TEXT = "not_a_text"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a complete record."""

    name: str
    weight: int
    is_present: bool


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much is known, 0 to 100, and what the figure is made of."""

    score: int
    parts: tuple[Part, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the names of the parts that are not known, the weightiest first."""
        absent = [part for part in self.parts if not part.is_present]
        return tuple(part.name for part in sorted(absent, key=lambda part: -part.weight))


# Part -> (weight, who it is asked of: A all, P persons, B persons who borrow, I investors).
PARTS: dict[str, tuple[int, str]] = {
    "name": (10, "A"),
    "phone": (15, "A"),
    "identity_number": (15, "A"),
    "address": (10, "A"),
    "email": (5, "A"),
    "birth_date": (5, "P"),
    "sex": (2, "P"),
    "finances": (12, "A"),
    "occupation": (5, "P"),
    "bank_card": (8, "A"),
    "risk_tolerance": (8, "I"),
    "liquidity_need": (5, "I"),
    "employer": (5, "B"),
    "interests": (3, "P"),
    "likes": (2, "P"),
}


def list_asked(*, is_person: bool, is_borrower: bool, is_investor: bool) -> tuple[str, ...]:
    """Return the parts that are asked of a customer; nobody is marked down for a role he does not have."""
    asked = {"A": True, "P": is_person, "B": is_borrower and is_person, "I": is_investor}
    return tuple(name for name, (_weight, of) in PARTS.items() if asked[of])


def completeness(present: Collection[str], *, is_person: bool, is_borrower: bool, is_investor: bool) -> Completeness:
    """Return the score: the weight of what is known of the parts that are asked, in whole percent, rounded down.

    A person without a role of whom name (10) and phone (15) are known out of 92 has 27.
    """
    asked = list_asked(is_person=is_person, is_borrower=is_borrower, is_investor=is_investor)
    parts = tuple(Part(name, PARTS[name][0], name in present) for name in asked)
    known = sum(part.weight for part in parts if part.is_present)
    return Completeness(100 * known // sum(part.weight for part in parts), parts)


def check_text(text: str, *, longest: int, shortest: int = 0) -> Fault | None:
    """Judge a free text: its length, control characters, and what people type to get past a field."""
    if _UNFIT.search(text):
        return Fault.UNFIT_CHARACTERS
    if len(text) > longest:
        return Fault.TOO_LONG
    if text and len(text) < shortest:
        return Fault.TOO_SHORT
    return None


def is_filler(text: str) -> bool:
    """Tell whether a text says nothing: 无, test, `aaaa`, `...`."""
    bare = text.strip().lower()
    if not bare or bare in _FILLERS:
        return True
    return bool(len(bare) > 1 and _REPEATED.fullmatch(bare)) or not any(character.isalnum() for character in bare)


def check_name(name: str, *, is_person: bool = True) -> Fault | None:
    """Judge a name: 王小明, 阿卜杜拉·买买提 and John Smith are names, 王1 and 测试 are none."""
    if not name:
        return Fault.REQUIRED
    if name.lower() in _FILLERS or (name.isascii() and is_filler(name)):
        return Fault.FILLER
    return None if (_PERSON if is_person else _FIRM).fullmatch(name) else Fault.NOT_A_NAME


def check_phone(phone: str) -> Fault | None:
    """Judge a mobile number in its normal form."""
    if not phone:
        return Fault.REQUIRED
    return None if identity.check_mobile(phone).is_valid else Fault.NOT_A_PHONE


def check_email(address: str) -> Fault | None:
    """Judge an e-mail address; none at all is fine."""
    if not address:
        return None
    if len(address) > _EMAIL_LONGEST:
        return Fault.TOO_LONG
    local = address.partition("@")[0]
    is_dotted_wrong = local.startswith(".") or local.endswith(".") or ".." in local
    return None if _EMAIL.fullmatch(address) and not is_dotted_wrong else Fault.NOT_AN_EMAIL


def check_address(address: str) -> Fault | None:
    """Judge a postal address; none at all is fine."""
    if not address:
        return None
    if is_filler(address):
        return Fault.FILLER
    fault = check_text(address, shortest=_ADDRESS_SHORTEST, longest=_ADDRESS_LONGEST)
    if fault is None and address.isascii() and address.isdigit():
        return Fault.FILLER
    return fault


def check_birth_date(birth_date: date | None, *, identity_number: str, on: date) -> Fault | None:
    """Judge a birth date on a day; where an identity number is known it must say the same."""
    if birth_date is None:
        return None
    if birth_date > on:
        return Fault.IN_FUTURE
    age = identity.age_on(birth_date, on)
    if age < YOUNGEST:
        return Fault.TOO_YOUNG
    if age > OLDEST:
        return Fault.TOO_OLD
    facts = _read(identity_number, on)
    return Fault.AGAINST_IDENTITY if facts is not None and facts.birth_date != birth_date else None


def check_sex(sex: str, *, identity_number: str, on: date) -> Fault | None:
    """Judge a sex; where an identity number is known it must say the same."""
    facts = _read(identity_number, on)
    return Fault.AGAINST_IDENTITY if sex and facts is not None and facts.sex != sex else None


def check_identity_number(number: str, *, on: date, is_person: bool = True) -> Fault | None:
    """Judge the identity number of a person or the credit code of a firm, in its normal form."""
    if not number:
        return None
    check = identity.check_citizen_number(number, on) if is_person else identity.check_firm_code(number)
    if not check.is_valid:
        return Fault.NOT_AN_IDENTITY_NUMBER if is_person else Fault.NOT_A_CREDIT_CODE
    if is_person and identity.age_on(identity.read_citizen_number(number).birth_date, on) < YOUNGEST:
        return Fault.TOO_YOUNG
    return None


def _read(number: str, on: date) -> identity.CitizenFacts | None:
    is_readable = bool(number) and identity.check_citizen_number(number, on).is_valid
    return identity.read_citizen_number(number) if is_readable else None
