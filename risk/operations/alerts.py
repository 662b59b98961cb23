"""The life of an alert: raised, taken up, acted on, closed."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.models import User
from core.outbox import publish
from core.registries import alert_measures
from customers.models import WorkItem
from customers.operations import history
from lending.models import Loan, Product
from risk.events import AlertClosed, AlertRaised
from risk.models import Alert, AlertRule, IndicatorValue
from risk.models.alerts import Measure
from risk.operations import arrears
from risk.queries.figures import dimension_text, reason_code, value_text
from risk.queries.locks import lock_alert
from risk.rules.tiers import judge_severity
from staff import rights
from staff.models import StaffMember
from staff.queries import access_right

_URGENCY = {"CRITICAL": 5, "HIGH": 10, "MIDDLE": 30, "LOW": 60}
_SEVERITIES = ("LOW", "MIDDLE", "HIGH", "CRITICAL")
_DUE_URGENCY = 40


class AlertIsClosed(BusinessError):
    """The alert is over."""

    code = "alert_closed"
    message = _("This alert is closed.")


class MeasureInForce(BusinessError):
    """What this alert did by itself still holds."""

    code = "measure_in_force"
    message = _("The measure of this alert is still in force.")
    next_step = _("Lift it first, or wait until the figure is back within its limit.")


class NoMeasureInForce(BusinessError):
    """There is nothing to lift."""

    code = "no_measure_in_force"
    message = _("No measure of this alert is in force.")


class OwnerNotEntitled(BusinessError):
    """The chosen owner may not handle alerts."""

    code = "owner_not_entitled"
    status = 422
    message = _("This person may not handle alerts.")


class NoteMissing(InvalidInput):
    """Closing says nothing about what was done."""

    code = "note_missing"


def indicator_key(rule: AlertRule, dimension: str) -> str:
    """Return the key under which a rule has at most one open alert for a dimension."""
    return f"indicator:{rule.pk}:{dimension}"


def loan_key(loan_id: int) -> str:
    """Return the key under which a loan has at most one open alert."""
    return f"loan:{loan_id}"


def _work_key(alert_key: str) -> str:
    return f"risk.alert:{alert_key}"


def _overdue_work_key(loan_id: int) -> str:
    return f"risk.overdue:{loan_id}"


@transaction.atomic
def raise_indicator_alert(
    *,
    rule: AlertRule,
    value: IndicatorValue,
    limit: Decimal,
    product: Product | None,
    actor: User,
    now: datetime,
    business_date: date,
) -> Alert:
    """Raise the alert of a rule for one dimension, take the rule's measure and call for somebody to handle it."""
    params = {
        "indicator": value.code,
        "dimension": product.name if product else dimension_text(value.code, value.dimension),
        "value": value_text(value.code, Decimal(value.value)),
        "limit": value_text(value.code, limit),
        "numerator": str(value.numerator),
        "denominator": str(value.denominator),
        "date": business_date.isoformat(),
        "days": rule.raise_days,
    }
    sign = "<" if rule.direction == AlertRule.Direction.BELOW else ">"
    reason = f"{rule.name} · {params['value']} {sign} {params['limit']} · {business_date}"
    is_taken = rule.measure != Measure.NONE and alert_measures.get(rule.measure).take(
        dimension=value.dimension, reason=reason, actor=actor, now=now
    )
    alert = Alert.objects.create(
        kind=Alert.Kind.INDICATOR,
        key=indicator_key(rule, value.dimension),
        rule=rule,
        dimension=value.dimension,
        product=product,
        severity=rule.severity,
        reason_code=reason_code(value.code),
        params=params,
        raised_at=now,
        business_date=business_date,
        # Only what this alert did itself is undone with it: a product that people paused stays paused.
        measure_taken=rule.measure if is_taken else Measure.NONE,
    )
    _announce(alert, actor=actor, now=now)
    return alert


@transaction.atomic
def raise_loan_alert(
    *,
    loan_id: int,
    from_bucket: str,
    bucket: str,
    dpd: int,
    overdue_amount: Decimal,
    actor: User,
    now: datetime,
    business_date: date,
) -> Alert | None:
    """Raise the alert of an overdue loan, or bring its open alert up to the new bucket.

    At the beginning of arrears the RM also gets the borrower on his list. Returns None when the loan was cured before
    the news of its arrears arrived.
    """
    loan = Loan.objects.select_related("borrower", "product", "standing").get(pk=loan_id)
    if loan.state != Loan.State.ACTIVE or loan.standing.dpd == 0:
        return None
    params = {"number": loan.number, "bucket": bucket, "dpd": dpd, "amount": str(overdue_amount)}
    severity = judge_severity(bucket)
    alert = (
        Alert.objects.select_for_update(no_key=True)
        .filter(key=loan_key(loan_id))
        .exclude(state=Alert.State.CLOSED)
        .first()
    )
    if from_bucket == "M0":
        history.raise_work(
            group=WorkItem.Group.DUE,
            kind=arrears.WORK,
            reason_code="risk.loan_overdue",
            params=params,
            key=_overdue_work_key(loan_id),
            now=now,
            customer_id=loan.borrower_id,
            right="" if loan.borrower.rm_id else rights.COLLECT,
            urgency=_DUE_URGENCY,
            url=f"/loans/{loan.public_id}/",
        )
    if alert is not None:
        alert.params = params
        # A loan that gets better on the way stays as severe as it once was until somebody closes it or it is cured.
        alert.severity = max(alert.severity, severity, key=_SEVERITIES.index)
        alert.save(update_fields=["params", "severity"])
        return alert
    alert = Alert.objects.create(
        kind=Alert.Kind.LOAN,
        key=loan_key(loan_id),
        dimension=loan.number,
        product=loan.product,
        loan=loan,
        customer=loan.borrower,
        severity=severity,
        reason_code="risk.loan_in_bucket",
        params=params,
        raised_at=now,
        business_date=business_date,
    )
    _announce(alert, actor=actor, now=now)
    return alert


def _announce(alert: Alert, *, actor: User, now: datetime) -> None:
    audit.record(
        actor=actor,
        action="risk.alert_raised",
        target=alert,
        data={**alert.params, "severity": alert.severity, "measure": alert.measure_taken},
        now=now,
    )
    if alert.customer_id is None:
        history.raise_work(
            group=WorkItem.Group.RISK,
            kind="risk.alert",
            reason_code=alert.reason_code,
            params=alert.params,
            key=_work_key(alert.key),
            now=now,
            right=rights.HANDLE_ALERTS,
            urgency=_URGENCY[alert.severity],
            url=f"/risk/alerts/{alert.public_id}/",
        )
    publish(AlertRaised(alert_id=alert.pk), now=now)


@transaction.atomic
def acknowledge_alert(*, alert_id: int, actor: User, now: datetime) -> Alert:
    """Take an alert up: whoever does becomes its owner. Raises Refused, AlertIsClosed."""
    access = access_right(actor, rights.HANDLE_ALERTS)
    alert = _lock_open(alert_id)
    alert.owner_id = access.member_id
    _take_up(alert, actor=actor, now=now)
    return alert


@transaction.atomic
def assign_alert(*, alert_id: int, owner_id: int, actor: User, now: datetime) -> Alert:
    """Give an alert to somebody who may handle it. Raises Refused, AlertIsClosed, OwnerNotEntitled."""
    access_right(actor, rights.HANDLE_ALERTS)
    alert = _lock_open(alert_id)
    owner = StaffMember.objects.filter(
        pk=owner_id, is_active=True, roles__rights__contains=[rights.HANDLE_ALERTS]
    ).first()
    if owner is None:
        raise OwnerNotEntitled
    alert.owner = owner
    _take_up(alert, actor=actor, now=now)
    return alert


def _take_up(alert: Alert, *, actor: User, now: datetime) -> None:
    alert.state = Alert.State.ACKNOWLEDGED
    alert.acknowledged_at = alert.acknowledged_at or now
    alert.save(update_fields=["state", "owner", "acknowledged_at"])
    history.end_work(key=_work_key(alert.key), now=now, actor=actor)
    audit.record(actor=actor, action="risk.alert_taken_up", target=alert, data={"owner": alert.owner_id}, now=now)


@transaction.atomic
def note_action(*, alert_id: int, text: str, actor: User, now: datetime) -> Alert:
    """Add a line on what was done. Raises Refused, AlertIsClosed, NoteMissing."""
    access_right(actor, rights.HANDLE_ALERTS)
    alert = _lock_open(alert_id)
    if not text.strip():
        raise NoteMissing(fields={"text": [_("Say what was done.")]})
    line = f"{now:%Y-%m-%d %H:%M} {actor}: {text.strip()}"
    alert.action_taken = f"{alert.action_taken}\n{line}".strip()
    alert.save(update_fields=["action_taken"])
    audit.record(actor=actor, action="risk.alert_action_noted", target=alert, reason=text.strip()[:300], now=now)
    return alert


@transaction.atomic
def lift_measure(*, alert_id: int, reason: str, actor: User, now: datetime) -> Alert:
    """Take back what an alert did by itself before its figure has recovered; the alert stays open.

    Raises Refused, AlertIsClosed, NoMeasureInForce, NoteMissing.
    """
    access_right(actor, rights.HANDLE_ALERTS)
    alert = _lock_open(alert_id)
    if not reason.strip():
        raise NoteMissing(fields={"reason": [_("Say why.")]})
    if alert.measure_taken == Measure.NONE:
        raise NoMeasureInForce
    _undo_measure(alert, reason=reason, actor=actor, now=now)
    audit.record(actor=actor, action="risk.measure_lifted", target=alert, reason=reason[:300], now=now)
    return alert


@transaction.atomic
def close_alert(*, alert_id: int, closure: str, note: str, actor: User, now: datetime) -> Alert:
    """Close an alert by hand with what was done; it comes back if its figure is still above the limit tonight.

    Raises Refused, AlertIsClosed, MeasureInForce, NoteMissing.
    """
    access_right(actor, rights.HANDLE_ALERTS)
    alert = _lock_open(alert_id)
    if not note.strip():
        raise NoteMissing(fields={"note": [_("Say what was done.")]})
    if closure not in {Alert.Closure.HANDLED, Alert.Closure.FALSE_ALARM}:
        raise NoteMissing(fields={"closure": [_("Choose how it ended.")]})
    if alert.measure_taken != Measure.NONE:
        raise MeasureInForce
    _close(alert, closure=closure, note=note, actor=actor, now=now)
    return alert


@transaction.atomic
def clear_alert(*, alert_id: int, value: str, actor: User, now: datetime) -> None:
    """Close an alert whose cause is gone, and undo its measure; one that is closed stays as it is."""
    alert = lock_alert(alert_id)
    if alert.state == Alert.State.CLOSED:
        return
    if alert.measure_taken != Measure.NONE:
        _undo_measure(alert, reason=f"{alert.dimension}: {value}", actor=actor, now=now)
    _close(alert, closure=Alert.Closure.RECOVERED, note=value, actor=actor, now=now)


@transaction.atomic
def clear_loan_alert(*, loan_id: int, actor: User, now: datetime) -> None:
    """End what arrears of a loan had raised, once it is cured or settled."""
    alert_id = (
        Alert.objects.filter(key=loan_key(loan_id))
        .exclude(state=Alert.State.CLOSED)
        .values_list("pk", flat=True)
        .first()
    )
    if alert_id is not None:
        clear_alert(alert_id=alert_id, value="M0", actor=actor, now=now)
    history.end_work(key=_overdue_work_key(loan_id), now=now, actor=actor, state=WorkItem.State.DROPPED)


def _undo_measure(alert: Alert, *, reason: str, actor: User, now: datetime) -> None:
    alert_measures.get(alert.measure_taken).lift(dimension=alert.dimension, reason=reason, actor=actor, now=now)
    alert.measure_taken = Measure.NONE
    alert.save(update_fields=["measure_taken"])


def _close(alert: Alert, *, closure: str, note: str, actor: User, now: datetime) -> None:
    alert.state = Alert.State.CLOSED
    alert.closure = closure
    alert.closure_note = note
    alert.closed_at = now
    alert.closed_by = actor
    alert.save(update_fields=["state", "closure", "closure_note", "closed_at", "closed_by"])
    history.end_work(key=_work_key(alert.key), now=now, actor=actor)
    audit.record(
        actor=actor,
        action="risk.alert_closed",
        target=alert,
        data={"closure": closure},
        reason=note[:300],
        now=now,
    )
    publish(AlertClosed(alert_id=alert.pk), now=now)


def _lock_open(alert_id: int) -> Alert:
    alert = lock_alert(alert_id)
    if alert.state == Alert.State.CLOSED:
        raise AlertIsClosed
    return alert
