"""The dashboard's charts, each with the sentence that says what it shows and the records behind every point."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics.queries.flows import MonthFlow, list_months, sum_buckets
from analytics.queries.series import Reach, read_series
from core.rules.charts import Chart, Series, Shape, Tone, Unit
from core.rules.formats import compact_money_text, money_text, ratio_text
from lending.models import Product

_BUCKETS = ("M0", "M1", "M2", "M3", "M4", "M5", "M6", "M7")
_LAST_SERIES = 5


def loans_url(reach: Reach, **conditions: str | int) -> str:
    """Return the list of loans behind a figure."""
    if reach.product:
        conditions["product"] = reach.product
    return f"{reverse('lending:loans')}?{urlencode(conditions, doseq=True)}"


def short(amount: Decimal | None) -> str:
    """Return an amount in few characters of the reader's language."""
    chinese = (get_language() or "zh").startswith("zh")
    return compact_money_text(amount or Decimal(0), chinese=chinese)


def draw_balance(reach: Reach, since: date, until: date) -> Chart:
    """Loan balance day by day, the time before as a pale line."""
    rows = read_series(reach, "loan_balance", since, until)
    span = until - since + timedelta(days=1)
    earlier = {day + span: value for day, value in read_series(reach, "loan_balance", since - span, since)}
    first, last = (rows[0][1], rows[-1][1]) if rows else (None, None)
    if first is None or last is None:
        sentence = _("No snapshot has been taken yet; the nightly close takes one.")
    elif last >= first:
        sentence = _("%(now)s is lent out, %(change)s more than at the beginning.")
    else:
        sentence = _("%(now)s is lent out, %(change)s less than at the beginning.")
    series = [
        Series(
            _("Balance"),
            [value for _day, value in rows],
            Shape.AREA,
            urls=[loans_url(reach, running_on=day.isoformat()) for day, _value in rows],
        )
    ]
    if any(day in earlier for day, _value in rows):
        series.append(Series(_("Time before"), [earlier.get(day) for day, _value in rows], is_comparison=True))
    return Chart(
        title=_("Loan balance"),
        x=[day.isoformat() for day, _value in rows],
        series=series,
        sentence=sentence % {"now": short(last), "change": short(abs((last or 0) - (first or 0)))},  # type: ignore[arg-type]
        definition=_("Principal paid out and not yet repaid, at the end of each business date."),
    )


def draw_overdue(reach: Reach, since: date, until: date, products: list[Product]) -> Chart:
    """Overdue ratio by product over time."""
    shown = [product for product in products if not reach.product or product.code == reach.product][:_LAST_SERIES]
    found = {
        product: dict(read_series(replace(reach, product=product.code), "overdue_ratio", since, until))
        for product in shown
    }
    days = sorted({day for values in found.values() for day in values})
    series = [
        Series(
            product.name if (get_language() or "zh").startswith("zh") else product.name_en or product.name,
            [values.get(day) for day in days],
            urls=[loans_url(replace(reach, product=product.code), overdue="on")] * len(days),
        )
        for product, values in found.items()
        if any(value is not None for value in values.values())
    ]
    total = dict(read_series(reach, "overdue_ratio", since, until))
    present = total.get(max(total)) if total else None
    return Chart(
        title=_("Overdue ratio by product"),
        x=[day.isoformat() for day in days],
        series=series,
        unit=Unit.RATIO,
        sentence=_("%(ratio)s of all principal and interest still to come is overdue.") % {"ratio": ratio_text(present)}
        if present is not None
        else "",
        definition=_(
            "Principal and interest due and not received, divided by all principal and interest still to be repaid."
        ),
    )


def draw_buckets(reach: Reach) -> Chart:
    """The balance by how late it is, as the book stands now."""
    sums = sum_buckets(reach)
    late = sum((value for bucket, value in sums.items() if bucket != "M0"), Decimal(0))
    values = [sums.get(bucket, Decimal(0)) for bucket in _BUCKETS]
    return Chart(
        title=_("Balance by days past due"),
        x=list(_BUCKETS),
        series=[
            Series(
                _("Balance"),
                values,
                Shape.BAR,
                Tone.WARN,
                urls=[loans_url(reach, state="ACTIVE", bucket=bucket) for bucket in _BUCKETS],
            )
        ],
        sentence=_("%(late)s of the balance is late.") % {"late": money_text(late)},
        definition=_("Outstanding principal by bucket: M0 not late, M1 1 to 30 days past due, up to M7 above 180."),
    )


def draw_return(reach: Reach, since: date, until: date) -> Chart:
    """What investors earned, by month."""
    rows = [(day, value) for day, value in read_series(reach, "investor_return", since, until) if value is not None]
    months = {f"{day:%Y-%m}": value for day, value in rows}
    latest = list(months.values())[-1] if months else None
    return Chart(
        title=_("Return on investment by month"),
        x=list(months),
        series=[
            Series(
                _("Return, annualised"),
                list(months.values()),
                Shape.BAR,
                Tone.GOOD,
                urls=[_month_url(reach, month) for month in months],
            )
        ],
        unit=Unit.RATIO,
        sentence=_("Investors earned %(rate)s a year over the last 30 days.") % {"rate": ratio_text(latest)}
        if latest is not None
        else "",
        definition=_(
            "Interest and penalty received by investors in 30 days, less the principal of loans that became more than"
            " 180 days overdue in them, divided by the average balance of these days, times 365/30; last day of month."
        ),
    )


def draw_volume(reach: Reach, months: list[MonthFlow]) -> Chart:
    """What was paid out to borrowers, by month."""
    total = sum((row.paid_out for row in months), Decimal(0))
    return Chart(
        title=_("Funded volume by month"),
        x=[f"{row.first:%Y-%m}" for row in months],
        series=[
            Series(
                _("Paid out"),
                [row.paid_out for row in months],
                Shape.BAR,
                urls=[
                    loans_url(reach, paid_out_from=row.first.isoformat(), paid_out_to=row.last.isoformat())
                    for row in months
                ],
            )
        ],
        sentence=_("%(total)s was paid out in this time.") % {"total": short(total)},
        definition=_("Principal of the loans by the month of their payout."),
    )


def draw_flow(reach: Reach, months: list[MonthFlow]) -> Chart:
    """What borrowers paid and received, by month."""
    came, went = (
        sum((row.repaid for row in months), Decimal(0)),
        sum((row.paid_out for row in months), Decimal(0)),
    )
    return Chart(
        title=_("Cash flow with borrowers"),
        x=[f"{row.first:%Y-%m}" for row in months],
        series=[
            Series(
                _("Repaid"),
                [row.repaid for row in months],
                Shape.BAR,
                Tone.GOOD,
                stack="flow",
                urls=[
                    loans_url(reach, repaid_from=row.first.isoformat(), repaid_to=row.last.isoformat())
                    for row in months
                ],
            ),
            Series(
                _("Paid out"),
                [-row.paid_out for row in months],
                Shape.BAR,
                Tone.PLAIN,
                stack="flow",
                urls=[
                    loans_url(reach, paid_out_from=row.first.isoformat(), paid_out_to=row.last.isoformat())
                    for row in months
                ],
            ),
        ],
        sentence=_("%(came)s came back, %(went)s went out.") % {"came": short(came), "went": short(went)},
        definition=_("Repayments received from borrowers and loans paid out to them, by business date."),
    )


def draw_all(reach: Reach, since: date, until: date) -> list[Chart]:
    """Return the six charts of the dashboard."""
    months = list_months(reach, since, until)
    return [
        draw_balance(reach, since, until),
        draw_overdue(reach, since, until, list(Product.objects.order_by("code"))),
        draw_buckets(reach),
        draw_return(reach, since, until),
        draw_volume(reach, months),
        draw_flow(reach, months),
    ]


def _month_url(reach: Reach, month: str) -> str:
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return loans_url(reach, repaid_from=first.isoformat(), repaid_to=last.isoformat())
