"""What a row that comes in from outside says about a customer, and what is wrong with it."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from customers.rules import identity, quality
from customers.rules.quality import Fault

# The fields that a row may bring, with the headings under which files carry them.
HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("name", "full name", "customer", "姓名", "名字", "客户姓名", "客户名称", "客户", "名称"),
    "phone": ("phone", "mobile", "mobile phone", "telephone", "tel", "手机", "手机号", "手机号码", "电话", "联系电话", "联系方式"),
    "identity_number": (
        "identity number", "id number", "id card", "identity card", "身份证", "身份证号", "身份证号码", "证件号", "证件号码",
    ),
    "birth_date": ("birth date", "birthday", "date of birth", "born", "出生日期", "生日", "出生年月", "出生年月日"),
    "sex": ("sex", "gender", "性别"),
    "address": ("address", "地址", "住址", "联系地址", "居住地址", "家庭住址"),
    "email": ("e-mail", "email", "mail", "邮箱", "电子邮箱", "电子邮件"),
    "role": ("role", "type", "wants to", "角色", "客户类型", "类型", "意向"),
    "interests": ("interests", "hobbies", "兴趣", "兴趣爱好", "爱好"),
    "likes": ("likes", "preferences", "remarks", "喜好", "偏好", "备注"),
}  # fmt: skip
FIELDS: Final = tuple(HEADINGS)
# What one row keeps as a claim of its source; a role is no statement about the person.
CLAIMED: Final = tuple(name for name in FIELDS if name not in {"role", "interests"})
_LONGEST: Final = {"likes": 200, "interests": 400}
_LONGEST_CELL: Final = 300
_SEXES: Final = {"M": "M", "MALE": "M", "男": "M", "男性": "M", "F": "F", "FEMALE": "F", "女": "F", "女性": "F"}
_ROLES: Final = {
    "borrower": "BORROWER", "borrow": "BORROWER", "借款人": "BORROWER", "借款": "BORROWER", "融资": "BORROWER",
    "investor": "INVESTOR", "invest": "INVESTOR", "出借人": "INVESTOR", "出借": "INVESTOR", "投资人": "INVESTOR",
    "投资": "INVESTOR", "both": "BOTH", "双重": "BOTH", "借款人/出借人": "BOTH",
}  # fmt: skip
_DATE = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?")
_SPLIT = re.compile(r"[,，、;；|/]+")
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_NOT_SPOKEN = re.compile(r"[\s_*()（）:：.-]+")


@dataclass(frozen=True)
class Reading:
    """A row's values by field as they would be stored, and its faults: field -> code."""

    values: dict[str, Any]
    faults: dict[str, str] = field(default_factory=dict)


def guess_mapping(headings: Sequence[str]) -> dict[str, str]:
    """Return which column (its place as text, for JSON) seems to hold which field; each field once."""
    known = {_NOT_SPOKEN.sub("", word.casefold()): name for name, words in HEADINGS.items() for word in words}
    mapping: dict[str, str] = {}
    for place, heading in enumerate(headings):
        name = known.get(_NOT_SPOKEN.sub("", unicodedata.normalize("NFKC", heading).casefold()))
        if name is not None and name not in mapping.values():
            mapping[str(place)] = name
    return mapping


def pick_cells(cells: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return a row's texts by field; a short row lacks its last columns."""
    return {name: cells[int(place)] for place, name in mapping.items() if int(place) < len(cells)}


def read_company(texts: Mapping[str, str]) -> dict[str, str]:
    """Return what a firm is compared by, in its normal form."""
    return {
        "name": _clean(texts.get("name", "")),
        "phone": identity.normalise_mobile(_clean(texts.get("phone", ""))),
        "identity_number": identity.normalise_firm_code(_clean(texts.get("identity_number", ""))),
    }


def read_row(texts: Mapping[str, str], on: date) -> Reading:
    """Judge one row on a date; the faults are those of `customers.rules.quality`.

    A name and a phone or an identity number are needed, or nobody could ever find the person again.
    """
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name in FIELDS:
        text = _clean(texts.get(name, ""))
        if not text:
            continue
        if len(text) > _LONGEST.get(name, _LONGEST_CELL):
            faults[name] = Fault.TOO_LONG
            continue
        value = _READERS[name](text)
        fault = _UNREADABLE[name] if value is None else _CHECKS.get(name, _accept)(value, on)
        if fault is None:
            values[name] = value
        else:
            faults[name] = fault
    _judge_whole(values, faults)
    return Reading(values, {name: str(fault) for name, fault in faults.items()})


def _judge_whole(values: dict[str, Any], faults: dict[str, str]) -> None:
    if "name" not in values and "name" not in faults:
        faults["name"] = Fault.REQUIRED
    if not {"phone", "identity_number"} & {*values, *faults}:
        faults["phone"] = Fault.REQUIRED
    if "identity_number" not in values:
        return
    facts = identity.read_citizen_number(values["identity_number"])
    for name, stated in (("birth_date", facts.birth_date), ("sex", facts.sex.value)):
        if name in values and values[name] != stated:
            faults[name] = Fault.AGAINST_IDENTITY
        values[name] = stated
    values["region_code"] = facts.region_code


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text.strip()
    return _ODD.sub("", unicodedata.normalize("NFC", text)).replace("\u3000", " ").strip()


def _read_phone(text: str) -> str:
    # Spreadsheets turn a number that was typed without a quote into 13800138000.0.
    return identity.normalise_mobile(unicodedata.normalize("NFKC", text).removesuffix(".0"))


def _read_identity(text: str) -> str:
    return identity.normalise_citizen_number(unicodedata.normalize("NFKC", text).replace(" ", "").strip("'"))


def _read_date(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def _read_interests(text: str) -> list[str] | None:
    words = list(dict.fromkeys(word.strip() for word in _SPLIT.split(text) if word.strip()))
    return words if all(len(word) <= 40 for word in words) and len(words) <= 20 else None


def _join(text: str) -> str:
    return " ".join(text.split())


def _accept(_value: Any, _on: date) -> Fault | None:
    return None


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "name": _join,
    "phone": _read_phone,
    "identity_number": _read_identity,
    "birth_date": _read_date,
    "sex": lambda text: _SEXES.get(text.upper()),
    "address": _join,
    "email": _join,
    "role": lambda text: _ROLES.get(text.casefold()),
    "interests": _read_interests,
    "likes": _join,
}
_UNREADABLE: Final = dict.fromkeys(FIELDS, Fault.NOT_A_CHOICE) | {
    "birth_date": Fault.NOT_A_DATE,
    "interests": Fault.NOT_A_LIST,
}
_CHECKS: Final[dict[str, Callable[[Any, date], Fault | None]]] = {
    "name": lambda value, _on: quality.check_name(value),
    "phone": lambda value, _on: quality.check_phone(value),
    "identity_number": lambda value, on: quality.check_identity_number(value, on=on),
    "birth_date": lambda value, on: quality.check_birth_date(value, identity_number="", on=on),
    "address": lambda value, _on: quality.check_address(value),
    "email": lambda value, _on: quality.check_email(value),
}
