"""Numbers that people and firms are known by: citizen number, firm code, bank card, mobile.

`check_x` judges a number exactly as it will be stored; `normalise_x` first takes away what people type beside it.
Neither knows whether the number was ever issued: that is the register's and the bank's answer.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from customers.rules.regions import is_known_region

_PROVINCE_BLOCKS = (range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66), (71,))
PROVINCES = frozenset(str(code) for block in _PROVINCE_BLOCKS for code in block)
_PERMIT_REGIONS = frozenset({"81", "82", "83"})
_EARLIEST_BIRTH = date(1800, 1, 1)
_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_CHECKS = "10X98765432"
_FIRM_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FIRM_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# [0-9], never \d: \d and str.isdigit take full-width and Arabic-Indic digits. fullmatch, never `$`: it lets a
# trailing line feed through.
_DIGITS = re.compile(r"[0-9]+")
_CITIZEN_FORM = re.compile(r"[0-9]{17}[0-9X]")
_OLD_CITIZEN_FORM = re.compile(r"[0-9]{15}")
_FIRM_FORM = re.compile(f"[{_FIRM_ALPHABET}]+")
_MOBILE_SEGMENT = re.compile(r"1(3[0-9]|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])")
_MOBILE_COUNTRY_CODE = re.compile(r"(\+86|0086|86)(?=1[0-9]{10}$)")


class Fault(StrEnum):
    """Why a number is refused, or (as a warning) why a person should look at it."""

    LENGTH = "length"
    CHARSET = "charset"
    PROVINCE = "province"
    BIRTH_NOT_A_DATE = "birthdate_not_a_date"
    BIRTH_TOO_OLD = "birthdate_too_old"
    BIRTH_IN_FUTURE = "birthdate_in_future"
    CHECKSUM = "checksum"
    DOCUMENT_TYPE = "document_type"
    REGION_UNKNOWN = "region_unknown"
    REGION_NOT_DIGITS = "region_not_digits"
    ORGANISATION_CODE = "organisation_code"
    LEADING_ZERO = "leading_zero"
    UNIONPAY_LENGTH = "unionpay_length"
    LUHN = "luhn"
    SEGMENT = "segment"


class DocumentType(StrEnum):
    """Documents that carry an 18-digit number of the citizen form."""

    RESIDENT_CARD = "RESIDENT_CARD"
    RESIDENCE_PERMIT = "RESIDENCE_PERMIT"  # of residents of Hong Kong, Macao and Taiwan: 81, 82, 83
    FOREIGNER_PERMANENT_CARD = "FOREIGNER_PERMANENT_CARD"  # begins with 9


class Sex(StrEnum):
    """As the seventeenth digit says."""

    MALE = "M"
    FEMALE = "F"


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on a number: a fault refuses it, a warning lets a person decide."""

    fault: Fault | None = None
    warning: Fault | None = None

    @property
    def is_valid(self) -> bool:
        """Tell whether nothing refuses the number."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class CitizenFacts:
    """What a valid citizen number says about its holder; the region is that of the first issue, no address."""

    document_type: DocumentType
    region_code: str
    birth_date: date
    sex: Sex


DOMESTIC_DOCUMENTS = (DocumentType.RESIDENT_CARD, DocumentType.RESIDENCE_PERMIT)


def normalise_citizen_number(typed: str) -> str:
    """Return the number with a capital X."""
    return typed.upper()


def check_citizen_number(
    number: str, on: date, *, document_types: tuple[DocumentType, ...] = DOMESTIC_DOCUMENTS
) -> Check:
    """Judge an 18-digit citizen number (GB 11643-1999) on a date, for nobody is born after it.

    15-digit numbers ended on 2013-01-01 and have a wrong length; see upgrade_old_citizen_number.
    """
    if len(number) != 18:
        return Check(Fault.LENGTH)
    if not _CITIZEN_FORM.fullmatch(number):
        return Check(Fault.CHARSET)
    document_type = _find_document_type(number)
    if document_type is None:
        return Check(Fault.PROVINCE)
    birth_date = _read_birth_date(number)
    if birth_date is None:
        return Check(Fault.BIRTH_NOT_A_DATE)
    if birth_date < _EARLIEST_BIRTH:
        return Check(Fault.BIRTH_TOO_OLD)
    if birth_date > on:
        return Check(Fault.BIRTH_IN_FUTURE)
    if number[17] != citizen_check_digit(number[:17]):
        return Check(Fault.CHECKSUM)
    if document_type not in document_types:
        return Check(Fault.DOCUMENT_TYPE)
    has_region = document_type is not DocumentType.FOREIGNER_PERMANENT_CARD
    return Check(warning=Fault.REGION_UNKNOWN if has_region and not is_known_region(number[:6]) else None)


def citizen_check_digit(first_17: str) -> str:
    """Return the last character by ISO 7064 MOD 11-2: 11010519491231002 ends in X."""
    total = sum(weight * int(digit) for weight, digit in zip(_CITIZEN_WEIGHTS, first_17, strict=True))
    return _CITIZEN_CHECKS[total % 11]


def read_citizen_number(number: str) -> CitizenFacts:
    """Return what a valid number says. Raises ValueError for one that has no such form."""
    document_type = _find_document_type(number) if _CITIZEN_FORM.fullmatch(number) else None
    birth_date = _read_birth_date(number) if document_type else None
    if document_type is None or birth_date is None:
        raise ValueError("not a citizen number")
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return CitizenFacts(document_type, number[:6], birth_date, sex)


def age_on(birth_date: date, on: date) -> int:
    """Return full years; the birthday counts: born 2008-11-22, a person is 18 on 2026-11-22.

    Who was born on 29 February turns older on 1 March of a common year.
    """
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def upgrade_old_citizen_number(number: str) -> str | None:
    """Return the 18-digit form of a 15-digit number of old files, which all belong to people born in the 1900s.

    It serves to find a person's newer record, never to identify somebody: 110105491231002 is 11010519491231002X.
    """
    if not _OLD_CITIZEN_FORM.fullmatch(number):
        return None
    first_17 = f"{number[:6]}19{number[6:]}"
    return first_17 + citizen_check_digit(first_17)


def _find_document_type(number: str) -> DocumentType | None:
    if number[:2] in PROVINCES:
        return DocumentType.RESIDENT_CARD
    if number[:2] in _PERMIT_REGIONS:
        return DocumentType.RESIDENCE_PERMIT
    # 9, the province that issued the card, the country's three digits.
    if number[0] == "9" and number[1:3] in PROVINCES:
        return DocumentType.FOREIGNER_PERMANENT_CARD
    return None


def _read_birth_date(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def normalise_firm_code(typed: str) -> str:
    """Return the code in capitals."""
    return typed.upper()


def check_firm_code(code: str) -> Check:
    """Judge a unified social credit code (GB 32100-2015).

    Characters 9 to 17 carry a check of their own (GB 11714); old registers broke it, so it only warns.
    """
    if len(code) != 18:
        return Check(Fault.LENGTH)
    if not _FIRM_FORM.fullmatch(code):
        return Check(Fault.CHARSET)
    if not _DIGITS.fullmatch(code[2:8]):
        return Check(Fault.REGION_NOT_DIGITS)
    total = sum(weight * _FIRM_ALPHABET.index(letter) for weight, letter in zip(_FIRM_WEIGHTS, code, strict=False))
    if code[17] != _FIRM_ALPHABET[(31 - total % 31) % 31]:
        return Check(Fault.CHECKSUM)
    is_inner_right = code[16] == _organisation_check_digit(code[8:16])
    return Check(warning=None if is_inner_right else Fault.ORGANISATION_CODE)


def _organisation_check_digit(first_8: str) -> str:
    total = sum(weight * int(letter, 36) for weight, letter in zip(_ORGANISATION_WEIGHTS, first_8, strict=True))
    return "0123456789X0"[11 - total % 11]


def normalise_bank_card(typed: str) -> str:
    """Return the number without the spaces and hyphens that group it."""
    return typed.replace(" ", "").replace("-", "")


def check_bank_card(number: str) -> Check:
    """Judge a card number (ISO/IEC 7812). A firm's account has no Luhn digit: see check_firm_account."""
    if not _DIGITS.fullmatch(number):
        return Check(Fault.CHARSET)
    if not 13 <= len(number) <= 19:
        return Check(Fault.LENGTH)
    if number[0] == "0":
        return Check(Fault.LEADING_ZERO)
    if number.startswith("62") and len(number) < 16:
        return Check(Fault.UNIONPAY_LENGTH)
    return Check(None if _luhn_remainder(number) == 0 else Fault.LUHN)


def check_firm_account(number: str) -> Check:
    """Judge the form of a firm's bank account; nothing but the bank can tell more."""
    if not _DIGITS.fullmatch(number):
        return Check(Fault.CHARSET)
    return Check(None if 8 <= len(number) <= 32 else Fault.LENGTH)


def _luhn_remainder(number: str) -> int:
    digits = [int(digit) for digit in reversed(number)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10


def normalise_mobile(typed: str) -> str:
    """Return the eleven digits without grouping and country code: `+86 138-0013-8000` is `13800138000`."""
    return _MOBILE_COUNTRY_CODE.sub("", typed.replace(" ", "").replace("-", ""))


def check_mobile(number: str) -> Check:
    """Judge a mobile number of mainland China. A prefix names no operator any more: numbers move with people.

    In the newest range (19x) prefixes that are not allotted yet only warn, for the list ages.
    """
    if not _DIGITS.fullmatch(number):
        return Check(Fault.CHARSET)
    if len(number) != 11:
        return Check(Fault.LENGTH)
    if _MOBILE_SEGMENT.match(number):
        return Check()
    return Check(warning=Fault.SEGMENT) if number.startswith("19") else Check(Fault.SEGMENT)
