"""The fields of a profile: name, label, type, whether sensitive, what a value may be, how it is shown.

One list for pages, interfaces, imports and bulk changes; custom fields that an administrator defined join it.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from core import masking
from core.errors import Text
from core.rules.formats import money_text
from customers.models import Customer, CustomField, FinancialProfile
from customers.rules import identity, quality
from customers.rules.quality import Fault


class Kind(StrEnum):
    """What a value is and how it is typed in."""

    TEXT = "TEXT"
    DATE = "DATE"
    CHOICE = "CHOICE"
    LIST = "LIST"
    AMOUNT = "AMOUNT"
    COUNT = "COUNT"
    NUMBER = "NUMBER"
    YES_NO = "YES_NO"


class Place(StrEnum):
    """Which row holds the value."""

    RECORD = "RECORD"
    FINANCES = "FINANCES"
    CUSTOM = "CUSTOM"


CUSTOM_PREFIX: Final = "custom."
HIDDEN_AMOUNT: Final = "¥*****"
_LIST_MOST, _LIST_ITEM_LONGEST = 20, 40
_CUSTOM_TEXT_LONGEST: Final = 200
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_PLAIN_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")
_SEPARATORS = re.compile(r"[,;,;、\n]+")

SENTENCES: Final[Mapping[Fault, Text]] = {
    Fault.REQUIRED: _("This is needed."),
    Fault.NOT_A_NAME: _("Enter the name as it stands on the identity card or business licence."),
    Fault.NOT_A_PHONE: _("Enter a mobile number of eleven digits."),
    Fault.NOT_AN_EMAIL: _("Enter an e-mail address, for example wang@example.com."),
    Fault.NOT_AN_IDENTITY_NUMBER: _("The identity number is not valid."),
    Fault.NOT_A_CREDIT_CODE: _("The unified social credit code is not valid; copy all eighteen characters."),
    Fault.TOO_SHORT: _("This is too short to be true."),
    Fault.TOO_LONG: _("This is too long."),
    Fault.FILLER: _("This says nothing; leave it empty instead."),
    Fault.UNFIT_CHARACTERS: _("This holds characters that no text may hold."),
    Fault.NOT_A_DATE: _("Enter a date as 1990-03-07."),
    Fault.IN_FUTURE: _("This date lies in the future."),
    Fault.TOO_YOUNG: _("Customers must be at least 14 years old."),
    Fault.TOO_OLD: _("Nobody is that old."),
    Fault.AGAINST_IDENTITY: _("The identity number says something else."),
    Fault.NOT_A_NUMBER: _("Enter a number."),
    Fault.NEGATIVE: _("This cannot be below zero."),
    Fault.NOT_A_CHOICE: _("Choose one of the list."),
    Fault.NOT_A_TEXT: _("Send this as text."),
    Fault.NOT_A_LIST: _("Name at most twenty, each of at most forty characters."),
}


class Unfit(ValueError):
    """A value that the field refuses."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault)


@dataclass(frozen=True)
class Field:
    """One field of the profile."""

    name: str
    label: Text
    group: str
    kind: Kind = Kind.TEXT
    place: Place = Place.RECORD
    longest: int = 200
    choices: tuple[tuple[str, Text], ...] = ()
    # Shown by its mask everywhere; `disclosure.unmask` knows it by the field's name.
    mask: Callable[[str], str] | None = None
    # Confirmed by the identity check, and from then on nobody's to edit.
    is_identity: bool = False
    normalise: Callable[[str], str] | None = None
    check: Callable[[str], Fault | None] | None = None
    # Whose field it is; of everybody where empty.
    of: str = ""

    @property
    def is_sensitive(self) -> bool:
        """Tell whether the value is never shown unmasked."""
        return self.mask is not None

    @property
    def key(self) -> str:
        """Return the column, or the key among the custom values."""
        return self.name.removeprefix(CUSTOM_PREFIX)


def _hide_amount(text: str) -> str:
    return HIDDEN_AMOUNT if text else ""


GROUPS: Final[Mapping[str, Text]] = {
    "person": _("Person"),
    "contact": _("How to reach"),
    "finances": _("Finances"),
    "preferences": _("Preferences"),
    "custom": _("More"),
}
_SEXES = (("M", _("male")), ("F", _("female")))
_NEEDS = (("LOW", _("low")), ("MIDDLE", _("middle")), ("HIGH", _("high")))
_HOUSING = (("OWN", _("owned")), ("MORTGAGE", _("owned with a mortgage")), ("RENT", _("rented")), ("FAMILY", _("with family")))  # fmt: skip
_PERSON, _COMPANY = str(Customer.Kind.PERSON), str(Customer.Kind.COMPANY)
_FINANCES = {"group": "finances", "place": Place.FINANCES}

FIELDS: Final[Mapping[str, Field]] = {
    field.name: field
    for field in (
        Field("name", _("name"), "person", longest=60, is_identity=True),
        Field(
            "identity_number",
            _("identity number"),
            "person",
            longest=18,
            mask=masking.mask_identity,
            is_identity=True,
            normalise=identity.normalise_citizen_number,
        ),
        Field("birth_date", _("birth date"), "person", Kind.DATE, is_identity=True, of=_PERSON),
        Field("sex", _("sex"), "person", Kind.CHOICE, choices=_SEXES, is_identity=True, of=_PERSON),
        Field("legal_representative", _("legal representative"), "person", place=Place.CUSTOM, longest=60, of=_COMPANY),
        Field("contact_person", _("contact person"), "contact", place=Place.CUSTOM, longest=60, of=_COMPANY),
        Field(
            "phone",
            _("phone"),
            "contact",
            longest=11,
            mask=masking.mask_phone,
            normalise=identity.normalise_mobile,
            check=quality.check_phone,
        ),
        Field("email", _("e-mail"), "contact", mask=masking.mask_email, check=quality.check_email),
        Field("address", _("address"), "contact", mask=masking.mask_address, check=quality.check_address),
        Field("monthly_income", _("monthly income"), kind=Kind.AMOUNT, mask=_hide_amount, **_FINANCES),  # type: ignore[arg-type]
        Field("monthly_debt_payment", _("monthly debt payments"), kind=Kind.AMOUNT, **_FINANCES),  # type: ignore[arg-type]
        Field("assets", _("assets"), kind=Kind.AMOUNT, **_FINANCES),  # type: ignore[arg-type]
        Field("liabilities", _("liabilities"), kind=Kind.AMOUNT, **_FINANCES),  # type: ignore[arg-type]
        Field("other_platform_balance", _("outstanding on other platforms"), kind=Kind.AMOUNT, **_FINANCES),  # type: ignore[arg-type]
        Field("occupation", _("occupation"), longest=40, of=_PERSON, **_FINANCES),  # type: ignore[arg-type]
        Field("employer", _("employer"), longest=80, of=_PERSON, **_FINANCES),  # type: ignore[arg-type]
        Field("employment_years", _("years in employment"), kind=Kind.COUNT, of=_PERSON, **_FINANCES),  # type: ignore[arg-type]
        Field("is_student", _("full-time student"), kind=Kind.YES_NO, of=_PERSON, **_FINANCES),  # type: ignore[arg-type]
        Field("housing", _("housing"), longest=20, choices=_HOUSING, of=_PERSON, **_FINANCES),  # type: ignore[arg-type]
        Field("liquidity_need", _("need for liquidity"), "preferences", Kind.CHOICE, choices=_NEEDS),
        Field("interests", _("interests"), "preferences", Kind.LIST),
        Field("likes", _("personal likes"), "preferences"),
    )
}
FINANCES: Final = tuple(field.name for field in FIELDS.values() if field.place is Place.FINANCES)


# What the fields of everybody are called with a company.
COMPANY_LABELS: Final[Mapping[str, Text]] = {
    "name": _("company name"),
    "identity_number": _("unified social credit code"),
    "address": _("business address"),
}


def pick_fields(known: Mapping[str, Field], kind: str) -> dict[str, Field]:
    """Return the fields that a person or a company has, as they are called there."""
    own = {name: field for name, field in known.items() if field.of in ("", kind)}
    if kind != _COMPANY:
        return own
    return {name: replace(field, label=COMPANY_LABELS.get(name, field.label)) for name, field in own.items()}


def describe_custom(row: CustomField) -> Field:
    """Return a field that an administrator defined."""
    label = row.label_en if row.label_en and (get_language() or "").startswith("en") else row.label
    return Field(
        f"{CUSTOM_PREFIX}{row.code}",
        label,
        "custom",
        Kind(row.type),
        Place.CUSTOM,
        longest=_CUSTOM_TEXT_LONGEST,
        choices=tuple((choice, choice) for choice in row.choices),
    )


def clean(field: Field, value: Any) -> Any:
    """Return a value as it is stored. Raises Unfit."""
    if field.kind is Kind.YES_NO:
        return _clean_yes_no(value)
    if field.kind is Kind.LIST:
        return _clean_list(value)
    if isinstance(value, bool | list | tuple | dict):
        raise Unfit(Fault.NOT_A_TEXT)
    text = "" if value is None else str(value.isoformat() if isinstance(value, date) else value).strip()
    if field.kind is Kind.DATE:
        return _clean_date(text, keeps_text=field.place is Place.CUSTOM)
    if field.kind is Kind.AMOUNT:
        return _clean_amount(text)
    if field.kind is Kind.COUNT:
        return _clean_count(text)
    if field.kind is Kind.NUMBER:
        return _clean_number(text)
    if field.kind is Kind.CHOICE:
        if text and text not in {code for code, _label in field.choices}:
            raise Unfit(Fault.NOT_A_CHOICE)
        return text
    if field.normalise is not None:
        text = field.normalise(text)
    fault = quality.check_text(text, longest=field.longest)
    if fault is None and field.check is not None:
        fault = field.check(text)
    if fault is not None:
        raise Unfit(fault)
    return text


def _clean_yes_no(value: Any) -> bool | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    known = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    found = known.get(str(value).strip().lower())
    if found is None:
        raise Unfit(Fault.NOT_A_CHOICE)
    return found


def _clean_list(value: Any) -> list[str]:
    parts = _SEPARATORS.split(value) if isinstance(value, str) else value or []
    if not isinstance(parts, list | tuple):
        raise Unfit(Fault.NOT_A_LIST)
    items = list(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))
    if len(items) > _LIST_MOST or any(len(item) > _LIST_ITEM_LONGEST for item in items):
        raise Unfit(Fault.NOT_A_LIST)
    for item in items:
        if fault := quality.check_text(item, longest=_LIST_ITEM_LONGEST):
            raise Unfit(fault)
    return items


def _clean_date(text: str, *, keeps_text: bool) -> date | str | None:
    if not text:
        return "" if keeps_text else None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Unfit(Fault.NOT_A_DATE) from error
    return day.isoformat() if keeps_text else day


def _clean_amount(text: str) -> Decimal:
    bare = text.replace(",", "").removeprefix("¥")
    if bare.startswith("-"):
        raise Unfit(Fault.NEGATIVE)
    if not _PLAIN_AMOUNT.fullmatch(bare or "0"):
        raise Unfit(Fault.NOT_A_NUMBER)
    return Decimal(bare or "0").quantize(Decimal("0.01"))


def _clean_count(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or int(text) > 80:
        raise Unfit(Fault.NOT_A_NUMBER)
    return int(text)


def _clean_number(text: str) -> str:
    if not text:
        return ""
    if not _PLAIN_NUMBER.fullmatch(text):
        raise Unfit(Fault.NOT_A_NUMBER)
    try:
        return format(Decimal(text).normalize(), "f")
    except InvalidOperation as error:
        raise Unfit(Fault.NOT_A_NUMBER) from error


def read(field: Field, customer: Customer, profile: FinancialProfile | None) -> Any:
    """Return the stored value."""
    if field.place is Place.CUSTOM:
        return customer.custom.get(field.key)
    if field.place is Place.RECORD:
        return getattr(customer, field.key)
    value = getattr(profile, field.key) if profile is not None else None
    return Decimal(value) if field.key == "monthly_income" and value else value


def as_text(field: Field, value: Any) -> str:
    """Return the one text form of a value, by which values are compared and kept; empty for none."""
    if value is None or value == "" or value == []:
        return ""
    if field.kind is Kind.AMOUNT:
        return f"{Decimal(value):.2f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if isinstance(value, date) else str(value)


def from_text(field: Field, text: str) -> Any:
    """Return the value behind its text form."""
    return clean(field, json.loads(text) if field.kind is Kind.LIST and text else text)


def show(field: Field, text: str) -> str:
    """Return the text form as people may see it: sensitive values masked, codes in words."""
    if not text:
        return ""
    if field.mask is not None:
        return field.mask(text)
    if field.kind is Kind.AMOUNT:
        return money_text(Decimal(text))
    if field.kind is Kind.LIST:
        return "、".join(json.loads(text))
    if field.kind is Kind.YES_NO:
        return gettext("yes") if text == "yes" else gettext("no")
    return str(dict(field.choices).get(text, text))


def typed_form(field: Field, text: str) -> str:
    """Return the text form as somebody would type it."""
    return "、".join(json.loads(text)) if field.kind is Kind.LIST and text else text
