"""Market news taken in: rates and policies from the feed or a file, and what they mean for the house."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.errors import BusinessError, InvalidInput
from core.models import Parameter, User
from core.outbox import system_user
from customers.models import WorkItem
from customers.operations import history
from customers.rules.tables import UnreadableTable, read_rows
from integrations.ports.market import MarketNews
from risk.models import MarketRate, PolicyNotice
from risk.models.market import Origin
from risk.queries.figures import access_monitoring
from staff import rights
from staff.models import Approval
from staff.operations import CHANGE, ask_approval
from staff.queries import access_right

_LPR: Final = "lending.lpr_1y"
_URGENCY: Final = 20
# How far back the feed is asked: a morning that failed is made good by the next.
NEWS_DAYS: Final = 40
_STEP: Final = Decimal("0.000001")
_COLUMNS: Final = ("code", "published_date", "value", "source")


class RateFileInvalid(InvalidInput):
    """The file holds something else than rates."""

    code = "rate_file_invalid"


class PolicyAssessed(BusinessError):
    """Somebody was quicker."""

    code = "policy_assessed"
    message = _("This policy is assessed already.")


class AssessmentMissing(InvalidInput):
    """The assessment says nothing."""

    code = "assessment_missing"


@dataclass(frozen=True)
class NewRate:
    """One published figure that is to be recorded."""

    code: str
    published_date: date
    value: Decimal
    source: str


@transaction.atomic
def take_in_news(*, news: MarketNews, now: datetime, business_date: date) -> int:
    """Record what the feed brought and is not known yet; return how much that was."""
    rates = [NewRate(row.code, row.published_date, row.value, row.source) for row in news.rates]
    known_codes = set(MarketRate.Code.values)
    count = record_rates(
        rates=[rate for rate in rates if rate.code in known_codes],
        origin=Origin.FEED,
        actor=system_user(),
        now=now,
        business_date=business_date,
    )
    policies: list[dict[str, Any]] = [
        {
            "reference": row.reference,
            "title": row.title,
            "issuer": row.issuer,
            "published_date": row.published_date,
            "effective_date": row.effective_date,
            "summary": row.summary,
            "scope": {"purposes": list(row.purposes), "provinces": list(row.provinces)},
        }
        for row in news.policies
    ]
    return count + record_policies(policies=policies, origin=Origin.FEED, now=now)


@transaction.atomic
def record_rates(*, rates: Sequence[NewRate], origin: str, actor: User, now: datetime, business_date: date) -> int:
    """Record published rates that are not known yet; return how many.

    A new one-year LPR is proposed as the legal parameter, which a second person puts in force, and somebody is told to
    look at whom it concerns.
    """
    known = {
        (row.code, row.published_date)
        for row in MarketRate.objects.filter(published_date__in={rate.published_date for rate in rates})
    }
    # A feed that repeats itself within one answer is taken by its first word.
    first = {(rate.code, rate.published_date): rate for rate in reversed(rates)}
    fresh = [first[key] for key in sorted(first.keys() - known)]
    MarketRate.objects.bulk_create(
        [
            MarketRate(
                code=rate.code,
                published_date=rate.published_date,
                value=rate.value,
                source=rate.source[:120],
                origin=origin,
                recorded_at=now,
                recorded_by=actor,
            )
            for rate in fresh
        ]
    )
    for rate in fresh:
        audit.record(
            actor=actor,
            action="risk.rate_recorded",
            data={"code": rate.code, "value": rate.value, "published": rate.published_date, "origin": origin},
            now=now,
        )
    newest = max((rate for rate in fresh if rate.code == MarketRate.Code.LPR_1Y), key=_published, default=None)
    if newest is not None:
        _follow_lpr(newest, actor=actor, now=now, business_date=business_date)
    return len(fresh)


def _published(rate: NewRate) -> date:
    return rate.published_date


def _follow_lpr(rate: NewRate, *, actor: User, now: datetime, business_date: date) -> None:
    present = parameters.get_decimal(_LPR, on=max(rate.published_date, business_date))
    if present == rate.value or rate.published_date < parameters.get_start(_LPR, on=business_date):
        return
    row = Parameter.objects.filter(rule_code=_LPR).order_by("-valid_from").first()
    assert row is not None, "a value is in force"
    waiting = Approval.objects.filter(
        kind=CHANGE, target_type=row._meta.label_lower, target_id=str(row.pk), state=Approval.State.PENDING
    )
    if not waiting.exists():
        valid_from = max(rate.published_date, business_date)
        payload = {"value": str(rate.value), "valid_from": valid_from.isoformat(), "source": rate.source}
        reason = f"LPR {rate.published_date}: {present} → {rate.value}"
        ask_approval(kind=CHANGE, target=row, payload=payload, reason=reason, actor=actor, now=now)
    history.raise_work(
        group=WorkItem.Group.RISK,
        kind="risk.rate_moved",
        reason_code="risk.rate_moved",
        params={"before": str(present * 100), "after": str(rate.value * 100), "day": rate.published_date.isoformat()},
        key=f"risk.rate:{rate.code}:{rate.published_date}",
        now=now,
        right=rights.MANAGE_RISK,
        urgency=_URGENCY,
        url=f"/risk/market/rates/{rate.code}/{rate.published_date}/",
    )


@transaction.atomic
def import_rates(*, raw: bytes, actor: User, now: datetime, business_date: date) -> int:
    """Take rates from a CSV file or workbook; all of its rows or none. Raises Refused, RateFileInvalid.

    Columns: code, published_date, value (a fraction of one: 0.03), source.
    """
    access_right(actor, rights.CONFIGURE)
    try:
        rows = list(read_rows(raw))
    except UnreadableTable as error:
        raise RateFileInvalid(fields={"file": [_("This is no table of rates.")]}) from error
    if tuple(cell.strip().lower() for cell in rows[0]) != _COLUMNS:
        raise RateFileInvalid(fields={"file": [_("The columns are: %(names)s") % {"names": ", ".join(_COLUMNS)}]})
    rates, faults = _read_rates(rows[1:], localdate(now))
    if faults:
        raise RateFileInvalid(fields={"file": faults[:20]})
    return record_rates(rates=rates, origin=Origin.FILE, actor=actor, now=now, business_date=business_date)


def _read_rates(rows: Iterable[Sequence[str]], today: date) -> tuple[list[NewRate], list[Any]]:
    rates, faults = [], []
    seen: set[tuple[str, date]] = set()
    for number, cells in enumerate(rows, 2):
        try:
            code, day, value, source = cells
            rate = NewRate(MarketRate.Code(code.strip().upper()).value, date.fromisoformat(day), Decimal(value), source)
            key = (rate.code, rate.published_date)
            is_rate = 0 <= rate.value < 1 and rate.value == rate.value.quantize(_STEP)
            is_told = bool(source.strip()) and "\x00" not in source and rate.published_date <= today
            if not is_rate or not is_told or key in seen:
                raise ValueError
            seen.add(key)
        except (ValueError, InvalidOperation):
            faults.append(_("Row %(number)s cannot be read.") % {"number": number})
        else:
            rates.append(rate)
    return rates, faults


@transaction.atomic
def record_policies(*, policies: Sequence[Mapping[str, Any]], origin: str, now: datetime) -> int:
    """Record policies that are not known yet and ask somebody to assess each; return how many."""
    known = set(
        PolicyNotice.objects.filter(reference__in=[row["reference"] for row in policies]).values_list(
            "reference", flat=True
        )
    )
    fresh = [row for row in policies if row["reference"] not in known]
    for row in fresh:
        notice = PolicyNotice.objects.create(**row, origin=origin, recorded_at=now)
        history.raise_work(
            group=WorkItem.Group.RISK,
            kind="risk.policy",
            reason_code="risk.policy_published",
            params={"title": notice.title, "issuer": notice.issuer},
            key=_policy_key(notice.pk),
            now=now,
            right=rights.MANAGE_RISK,
            urgency=_URGENCY,
            url=f"/risk/market/policies/{notice.public_id}/",
        )
    return len(fresh)


def _policy_key(notice_id: int) -> str:
    return f"risk.policy:{notice_id}"


@transaction.atomic
def assess_policy(*, notice_id: int, text: str, actor: User, now: datetime) -> PolicyNotice:
    """Write down what a policy means for the house. Raises Refused, PolicyAssessed, AssessmentMissing."""
    access_monitoring(actor, rights.MANAGE_RISK)
    notice = PolicyNotice.objects.select_for_update(no_key=True).get(pk=notice_id)
    if notice.state == PolicyNotice.State.ASSESSED:
        raise PolicyAssessed
    if not text.strip():
        raise AssessmentMissing(fields={"text": [_("Say what it means for us.")]})
    notice.state, notice.assessment = PolicyNotice.State.ASSESSED, text.strip()
    notice.assessed_at, notice.assessed_by = now, actor
    notice.save(update_fields=["state", "assessment", "assessed_at", "assessed_by"])
    history.end_work(key=_policy_key(notice.pk), now=now, actor=actor)
    audit.record(actor=actor, action="risk.policy_assessed", target=notice, reason=text.strip()[:300], now=now)
    return notice
