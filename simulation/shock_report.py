"""What a year with a shock showed: did the alerts come before the loss, how early, and how often for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

from django.db import connection

from lending.models import Loan
from risk.models import Alert, IndicatorValue, WarningSignal
from simulation.shock import ShockPlan

# The loss is there when so much of the principal is more than 90 days late: by then it is to be written down.
LOSS_DPD, LOSS_SHARE = 90, 0.05
_BAD_DPD = 30
# An alert is false when the loss does not follow within so many days.
_FOLLOWS_WITHIN = timedelta(days=150)

# For each close the principal of loans then more than so many days late, told from the instalments themselves, so that
# nothing that judges has a hand in it.
_LATE = """
WITH days AS (SELECT d::date AS day FROM generate_series(%(first)s::date, %(last)s::date, '1 day') d),
bad AS (
    SELECT l.id, l.principal, min(i.due_date + %(dpd)s) AS since, max(coalesce(
               (i.paid_at AT TIME ZONE 'Asia/Shanghai')::date, 'infinity'::date)) AS until
    FROM lending_instalment i JOIN lending_loan l ON l.id = i.loan_id
    WHERE l.start_date IS NOT NULL
      AND (i.paid_at IS NULL OR (i.paid_at AT TIME ZONE 'Asia/Shanghai')::date > i.due_date + %(dpd)s)
      AND i.due_date + %(dpd)s < %(last)s
    GROUP BY l.id
)
SELECT d.day, (SELECT count(*) FROM bad b WHERE b.since < d.day AND b.until > d.day),
       (SELECT coalesce(sum(b.principal), 0) FROM bad b WHERE b.since < d.day AND b.until > d.day),
       (SELECT coalesce(sum(l.principal), 0) FROM lending_loan l WHERE l.start_date <= d.day)
FROM days d ORDER BY 1
"""
_BAD_LOANS = """
SELECT l.id, l.borrower_id, min(i.due_date + %(dpd)s)
FROM lending_instalment i JOIN lending_loan l ON l.id = i.loan_id
WHERE l.start_date IS NOT NULL AND i.due_date + %(dpd)s < %(last)s
  AND (i.paid_at IS NULL OR (i.paid_at AT TIME ZONE 'Asia/Shanghai')::date > i.due_date + %(dpd)s)
GROUP BY l.id
"""


@dataclass(frozen=True)
class Judged:
    """One alert and what it was worth: days before the loss, or a false alarm."""

    day: date
    lead_days: int | None
    is_false: bool


def judge_alerts(raised: Sequence[date], loss_date: date | None) -> list[Judged]:
    """Judge alerts by the loss: those up to the day of the loss and not too long before it were right.

    Loss on 1 June: an alert of 1 April leads by 61 days, one of the first of November before is false.
    """
    found = []
    for day in raised:
        lead = (loss_date - day).days if loss_date is not None else None
        is_right = lead is not None and 0 <= lead <= _FOLLOWS_WITHIN.days
        is_late = lead is not None and lead < 0
        found.append(Judged(day, lead if is_right else None, not is_right and not is_late))
    return found


def build_report(plan: ShockPlan) -> dict[str, Any]:
    """Read the year out of the database it was lived in."""
    late = _read(_LATE, plan, LOSS_DPD)
    loss_date = next(
        (row[0] for row in late if row[0] >= plan.shock_date and row[2] > LOSS_SHARE * float(row[3])), None
    )
    alerts = list(
        Alert.objects.filter(kind=Alert.Kind.INDICATOR).select_related("rule").order_by("business_date", "pk")
    )
    judged = judge_alerts([alert.business_date for alert in alerts], loss_date)
    after = [alert.business_date for alert in alerts if alert.business_date >= plan.shock_date]
    leads = [one.lead_days for one in judged if one.lead_days is not None and one.day >= plan.shock_date]
    return {
        "loans": Loan.objects.filter(start_date__isnull=False).count(),
        "loss_date": loss_date.isoformat() if loss_date else None,
        "first_alert_date": min(after).isoformat() if after else None,
        "lead_days": max(leads, default=None),
        "false_alarms": sum(one.is_false for one in judged),
        "alerts": [
            {
                "day": alert.business_date.isoformat(),
                "rule": alert.rule.name if alert.rule else "",
                "dimension": alert.params.get("dimension", ""),
                "value": alert.params.get("value", ""),
                "lead_days": one.lead_days,
                "is_false": one.is_false,
            }
            for alert, one in zip(alerts, judged, strict=True)
        ],
        **_judge_warnings(plan),
        "days": _list_days(plan, late),
    }


def _judge_warnings(plan: ShockPlan) -> dict[str, Any]:
    """Return how many of the loans that went more than 30 days late had been warned of, how early, how precisely."""
    by_loan: dict[int, date] = {}
    by_customer: dict[int, date] = {}
    for signal in WarningSignal.objects.order_by("-raised_date"):
        if signal.loan_id is None:
            by_customer[signal.customer_id] = signal.raised_date
        else:
            by_loan[signal.loan_id] = signal.raised_date
    leads = []
    bad = _read(_BAD_LOANS, plan, _BAD_DPD)
    for loan_id, customer_id, day in bad:
        warned = [when for when in (by_loan.get(loan_id), by_customer.get(customer_id)) if when is not None]
        if warned and min(warned) < day:
            leads.append((day - min(warned)).days)
    hits, misses = (WarningSignal.objects.filter(outcome=outcome).count() for outcome in ("HIT", "MISS"))
    return {
        "bad_loans": len(bad),
        "warned_loans": len(leads),
        "warning_lead_days": round(median(leads)) if leads else None,
        "warning_precision": f"{hits / (hits + misses):.6f}" if hits + misses else None,
    }


def _list_days(plan: ShockPlan, late: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return a point for each week, so that the page stays light."""
    values = {
        (row.code, row.business_date): row.value
        for row in IndicatorValue.objects.filter(code__in=["overdue_ratio", "par30"], dimension="")
    }
    spans = list(WarningSignal.objects.values_list("raised_date", "ended_date"))
    return [
        {
            "day": day.isoformat(),
            "overdue_ratio": str(values.get(("overdue_ratio", day), 0)),
            "par30": str(values.get(("par30", day), 0)),
            "warnings": sum(begin <= day and (end is None or end > day) for begin, end in spans),
            "bad": bad,
        }
        for day, bad, _principal, _book in late[::7]
    ]


def _read(sql: str, plan: ShockPlan, dpd: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"first": plan.first_date, "last": plan.last_date, "dpd": dpd})
        return cursor.fetchall()
