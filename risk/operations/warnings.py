"""The nightly search for early warnings: one statement a rule over the whole book, then the verdict on older ones."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.errors import InvalidInput
from core.models import User
from core.outbox import system_user
from core.registries import warning_patterns
from customers.models import WorkItem
from customers.operations import history
from risk.models import WarningRule
from risk.queries.warnings import list_watched, list_work_keys
from staff import rights
from staff.queries import access_right

STEP: Final = "risk.warnings"
STEP_ORDER: Final = 705
_KIND: Final = "risk.warning"
_URGENCY: Final = 25

# The pattern's own SQL comes from the registry of the code, its numbers are parameters; a rule's row writes no SQL.
_SEARCH = """
WITH found AS MATERIALIZED (
    SELECT DISTINCT ON (p.customer_id, p.loan_id) p.customer_id, p.loan_id::bigint AS loan_id, p.figures
    FROM ({pattern}) p (customer_id, loan_id, figures)
    WHERE EXISTS (SELECT 1 FROM lending_loan l WHERE l.borrower_id = p.customer_id AND l.state = 'ACTIVE')
), ended AS (
    UPDATE risk_warningsignal s SET ended_date = %(on)s
    WHERE s.rule_id = %(rule)s AND s.ended_date IS NULL AND s.raised_date < %(on)s AND NOT EXISTS (
        SELECT 1 FROM found f WHERE f.customer_id = s.customer_id AND f.loan_id IS NOT DISTINCT FROM s.loan_id)
    RETURNING 1
), kept AS (
    UPDATE risk_warningsignal s SET figures = f.figures FROM found f
    WHERE s.rule_id = %(rule)s AND s.ended_date IS NULL AND f.customer_id = s.customer_id
      AND f.loan_id IS NOT DISTINCT FROM s.loan_id AND s.figures IS DISTINCT FROM f.figures
    RETURNING 1
), fresh AS (
    INSERT INTO risk_warningsignal (rule_id, customer_id, loan_id, figures, points, raised_date, raised_at, judge_date,
                                    outcome)
    SELECT %(rule)s, f.customer_id, f.loan_id, f.figures, %(points)s, %(on)s, %(now)s, %(on)s::date + %(horizon)s, ''
    FROM found f
    WHERE NOT EXISTS (
        SELECT 1 FROM risk_warningsignal s WHERE s.rule_id = %(rule)s AND s.ended_date IS NULL
          AND s.customer_id = f.customer_id AND s.loan_id IS NOT DISTINCT FROM f.loan_id)
    RETURNING 1
)
SELECT (SELECT count(*) FROM fresh) + (SELECT count(*) FROM ended) + (SELECT count(*) FROM kept)
"""
# Trouble: an instalment went unpaid so many days, and the day on which it did lies after the warning. A warning about
# a person is proved right by any of his loans.
_TROUBLE = """
WITH bad AS (
    SELECT s.id, min(i.due_date + %(dpd)s) AS on_date
    FROM risk_warningsignal s
    JOIN lending_loan l ON l.borrower_id = s.customer_id AND (s.loan_id IS NULL OR s.loan_id = l.id)
    JOIN lending_instalment i ON i.loan_id = l.id
    WHERE s.outcome = '' AND i.due_date + %(dpd)s > s.raised_date AND i.due_date + %(dpd)s <= s.judge_date
      AND i.due_date + %(dpd)s <= %(on)s
      AND (i.paid_at IS NULL OR (i.paid_at AT TIME ZONE 'Asia/Shanghai')::date > i.due_date + %(dpd)s)
    GROUP BY s.id
)
UPDATE risk_warningsignal s SET outcome = 'HIT', outcome_date = bad.on_date FROM bad WHERE bad.id = s.id
"""
_NO_TROUBLE = """
UPDATE risk_warningsignal SET outcome = 'MISS', outcome_date = %(on)s WHERE outcome = '' AND judge_date <= %(on)s
"""


class WarningRuleInvalid(InvalidInput):
    """The rule names no pattern, or numbers that the pattern does not have."""

    code = "warning_rule_invalid"


def watch_borrowers(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Run as a step of the close."""
    return search_warnings(business_date=business_date, now=now)


@transaction.atomic
def search_warnings(*, business_date: date, now: datetime) -> int:
    """Raise, refresh and end the warnings of every active rule, judge older ones and tell who must look.

    Run twice for one date it changes nothing more. Returns how many warnings it touched.
    """
    touched = 0
    for rule in WarningRule.objects.filter(is_active=True).order_by("pk"):
        if rule.pattern not in warning_patterns:
            continue
        pattern = warning_patterns.get(rule.pattern)
        values = {**pattern.defaults, **_known(rule.values, pattern.defaults)}
        touched += _run(
            _SEARCH.format(pattern=pattern.sql),
            {
                **values,
                "on": business_date,
                "now": now,
                "rule": rule.pk,
                "points": rule.points,
                "horizon": rule.horizon_days,
            },
        )
    dpd = parameters.get_int("risk.warning_trouble_dpd", on=business_date)
    _execute(_TROUBLE, {"dpd": dpd, "on": business_date})
    _execute(_NO_TROUBLE, {"on": business_date})
    _tell(business_date=business_date, now=now)
    return touched


def _known(given: Mapping[str, Any], defaults: Mapping[str, int]) -> dict[str, int]:
    return {name: int(value) for name, value in given.items() if name in defaults}


def _run(sql: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def _execute(sql: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _tell(*, business_date: date, now: datetime) -> None:
    """Put whoever has points enough on somebody's list, and take those off who no longer have."""
    least = parameters.get_int("risk.warning_points", on=business_date)
    watched = {f"{_KIND}:{row.customer_id}": row for row in list_watched(least)}
    open_keys = list_work_keys(_KIND)
    fresh = [(key, row) for key, row in watched.items() if key not in open_keys]
    history.raise_work_bulk(
        [
            history.WorkItemRow(
                group=WorkItem.Group.RISK,
                kind=_KIND,
                reason_code="risk.warning",
                key=key,
                raised_at=now,
                params={"count": row.count, "points": row.points, "warning": row.pattern},
                customer_id=row.customer_id,
                right="" if row.rm_id else rights.HANDLE_ALERTS,
                urgency=_URGENCY,
                url=f"/customers/{row.public_id}/?tab=risk",
            )
            for key, row in fresh
        ]
    )
    history.add_timeline_bulk(
        [
            history.TimelineRow(
                customer_id=row.customer_id,
                kind="notice",
                text_code="risk.warning",
                at=now,
                key=f"{key}:{business_date}",
                params={"count": row.count, "points": row.points, "warning": row.pattern},
            )
            for key, row in fresh
        ]
    )
    gone = open_keys - watched.keys()
    history.end_work_bulk(keys=gone, now=now, actor=system_user(), state=WorkItem.State.DROPPED)


@transaction.atomic
def save_warning_rule(*, rule: WarningRule, changed: dict[str, Any], actor: User, now: datetime) -> WarningRule:
    """Set a rule; it counts from the next close on. Raises Refused, WarningRuleInvalid."""
    access_right(actor, rights.CONFIGURE)
    if rule.pattern not in warning_patterns:
        raise WarningRuleInvalid(fields={"pattern": [_("There is no such pattern.")]})
    defaults = warning_patterns.get(rule.pattern).defaults
    if not isinstance(rule.values, dict) or any(
        name not in defaults or type(value) is not int or not 0 <= value <= 10_000
        for name, value in rule.values.items()
    ):
        names = ", ".join(f"{name} ({number})" for name, number in defaults.items())
        raise WarningRuleInvalid(
            fields={"values": [_("Whole numbers from 0 to 10,000 for: %(names)s") % {"names": names}]}
        )
    rule.save()
    audit.record(actor=actor, action="risk.warning_rule_saved", target=rule, data=changed, now=now)
    return rule
