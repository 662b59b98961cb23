"""Turn the conventions of a product, an application or a loan into schedules and cost tables."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from core.calendar import WorkCalendar
from core.money import ZERO
from lending.models import Application, Loan, Product, ProductFee
from lending.rules.cost import Quote, quote
from lending.rules.schedule import Schedule, build_schedule, planned_due_dates
from lending.rules.terms import (
    DayCount,
    Fee,
    FeeBasis,
    FeeWhen,
    Method,
    PaymentRounding,
    PeriodUnit,
    RowRounding,
    ScheduleTerms,
)


class Quoter:
    """Quotes by a consistent view of calendar and fees: each is read once for one piece of work.

    Fees that the caller has read already may be given by product.
    """

    def __init__(self, fee_terms: Mapping[int, list[dict[str, Any]]] | None = None) -> None:
        self._calendar = WorkCalendar()
        self._fee_terms = dict(fee_terms or {})

    def get_fee_terms(self, product: Product) -> list[dict[str, Any]]:
        """Return a product's fees as they are frozen into a loan."""
        if product.pk not in self._fee_terms:
            self._fee_terms[product.pk] = list_fee_terms(product)
        return self._fee_terms[product.pk]

    def quote(self, application: Application, *, disbursed_on: date) -> Quote:
        """Quote the approved terms of an application for a payout on a date, due dates shifted to working days."""
        product = application.product
        terms = _as_terms(application, self.get_fee_terms(product), disbursed_on)
        return quote(_on_workdays(terms, product.due_date_shift, self._calendar))


def make_sample(product: Product, *, method: str, amount: Decimal, periods: int) -> Application:
    """Return an application that nobody has made, approved at the product's highest rate, to quote."""
    highest = max((Decimal(rate) for rate in product.rate_by_grade.values()), default=ZERO)
    return Application(product=product, method=method, periods=periods, approved_amount=amount, annual_rate=highest)


def quote_application(application: Application, *, disbursed_on: date) -> Quote:
    """Quote one application as `Quoter` does."""
    return Quoter().quote(application, disbursed_on=disbursed_on)


def plan_dates(application: Application, *, disbursed_on: date) -> tuple[date, ...]:
    """Return the due dates of an application's approved terms before the shift to working days, one a row of its quote."""
    planned = planned_due_dates(_as_terms(application, list_fee_terms(application.product), disbursed_on))
    return planned[-1:] if application.method == Method.BULLET else planned


def _as_terms(application: Application, fees: Sequence[dict[str, Any]], disbursed_on: date) -> ScheduleTerms:
    assert application.annual_rate is not None and application.approved_amount is not None
    product = application.product
    return ScheduleTerms(
        method=Method(application.method),
        principal=application.approved_amount,
        annual_rate=application.annual_rate,
        disbursed_on=disbursed_on,
        periods=application.periods,
        period_unit=PeriodUnit(product.period_unit),
        day_count=DayCount(product.day_count),
        rounding=RowRounding(product.rounding),
        payment_step=product.payment_step,
        payment_rounding=PaymentRounding(product.payment_rounding),
        principal_grace=product.principal_grace,
        fees=tuple(as_fee(fee) for fee in fees),
    )


def get_loan_terms(loan: Loan, *, disbursed_on: date) -> ScheduleTerms:
    """Return a loan's frozen conventions as schedule terms, before the working-day shift."""
    return ScheduleTerms(
        method=Method(loan.method),
        principal=loan.principal,
        annual_rate=loan.annual_rate,
        disbursed_on=disbursed_on,
        periods=loan.periods,
        period_unit=PeriodUnit(loan.period_unit),
        day_count=DayCount(loan.day_count),
        rounding=RowRounding(loan.rounding),
        payment_step=loan.payment_step,
        payment_rounding=PaymentRounding(loan.payment_rounding),
        principal_grace=loan.principal_grace,
        fees=tuple(as_fee(fee) for fee in loan.fee_terms),
    )


def schedule_loan(loan: Loan, *, disbursed_on: date) -> tuple[Schedule, tuple[date, ...]]:
    """Return a loan's schedule for a payout on a date, and the due dates before the working-day shift."""
    terms = get_loan_terms(loan, disbursed_on=disbursed_on)
    schedule = build_schedule(_on_workdays(terms, loan.due_date_shift))
    planned = planned_due_dates(terms)
    # A coarse payment step may repay a loan early: fewer rows than periods.
    nominal = planned[-1:] if terms.method == Method.BULLET else planned[: len(schedule.rows)]
    return schedule, nominal


def quote_loan(loan: Loan, *, disbursed_on: date) -> Quote:
    """Quote a loan's own terms, APR included, for a payout on a date."""
    return quote(_on_workdays(get_loan_terms(loan, disbursed_on=disbursed_on), loan.due_date_shift))


def sum_loan_fee(loan: Loan, fee: dict[str, Any], *, disbursed_on: date) -> Decimal:
    """Return what one of a loan's fees comes to over the whole loan when all is paid on time."""
    shifted = _on_workdays(get_loan_terms(loan, disbursed_on=disbursed_on), loan.due_date_shift)
    alone = replace(shifted, fees=(as_fee(fee),))
    return sum((row.fee for row in build_schedule(alone).rows), ZERO)


def _on_workdays(terms: ScheduleTerms, shift: str, calendar: WorkCalendar | None = None) -> ScheduleTerms:
    calendar = calendar or WorkCalendar()
    shifted = tuple(calendar.shift_date(due_date, shift) for due_date in planned_due_dates(terms))
    return replace(terms, due_dates=shifted)


def list_fee_terms(product: Product) -> list[dict[str, Any]]:
    """Return a product's fees as they are frozen into a loan."""
    return list_fee_terms_of([product])[product.pk]


def list_fee_terms_of(products: Collection[Product]) -> dict[int, list[dict[str, Any]]]:
    """Return the fees of several products in one query, by product."""
    found: dict[int, list[dict[str, Any]]] = {product.pk: [] for product in products}
    for fee in ProductFee.objects.filter(product__in=products).order_by("pk"):
        found[fee.product_id].append(
            {
                "code": fee.code,
                "name": fee.name,
                "payee": fee.payee,
                "when": fee.when,
                "basis": fee.basis,
                "rate": str(fee.rate),
                "amount": str(fee.amount),
            }
        )
    return found


def as_fee(fee: dict[str, Any]) -> Fee:
    """Return a frozen fee as the schedule rules take it."""
    basis = FeeBasis(fee["basis"])
    value = Decimal(fee["amount"]) if basis is FeeBasis.FIXED else Decimal(fee["rate"])
    return Fee(value=value, when=FeeWhen(fee["when"]), basis=basis)


def cost_table(application: Application, fees: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every charge of an application's offer: what, how, at which rate, to whom (金规〔2026〕2号)."""
    product = application.product
    rows: list[dict[str, Any]] = [
        {
            "code": "interest",
            "name": "借款利息",
            "how": application.method,
            "rate": str(application.annual_rate),
            "amount": "",
            "payee": "出借人",
            "stage": "normal",
        }
    ]
    rows += [
        {
            "code": fee["code"],
            "name": fee["name"],
            "how": fee["when"],
            "rate": fee["rate"] if fee["basis"] != "FIXED" else "",
            "amount": fee["amount"] if fee["basis"] == "FIXED" else "",
            "payee": fee["payee"],
            "stage": "normal",
        }
        for fee in fees
    ]
    rows.append(
        {
            "code": "penalty",
            "name": "逾期违约金",
            "how": "DAILY_ON_OVERDUE_PRINCIPAL",
            "rate": str(product.penalty_daily_rate),
            "amount": "",
            "payee": "出借人",
            "stage": "default",
        }
    )
    rows.append(
        {
            "code": "early_settlement",
            "name": "提前结清费",
            "how": "ONCE_ON_OUTSTANDING_PRINCIPAL",
            "rate": str(product.early_settlement_fee_rate),
            "amount": "",
            "payee": "出借人",
            "stage": "early",
        }
    )
    return rows


def rows_as_json(schedule: Schedule | Quote) -> list[dict[str, Any]]:
    """Return schedule rows as the API and the offer show them, amounts as strings."""
    return [
        {
            "n": row.n,
            "due_date": row.due_date.isoformat(),
            "principal": str(row.principal),
            "interest": str(row.interest),
            "fee": str(row.fee),
            "payment": str(row.payment),
            "balance": str(row.balance),
        }
        for row in schedule.rows
    ]
