"""Writing risk's outcome onto applications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import orjson
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError
from core.models import User
from core.outbox import publish_many
from customers.operations import history
from lending.events import ApplicationDecided
from lending.models import Application
from lending.operations import offers
from lending.operations.applications import DuplicateProject, NotOpen, note_step
from lending.queries.terms import Quoter
from lending.rules.limits import PRICE_MISSING

APPROVE, DECLINE, REFER = "APPROVE", "DECLINE", "REFER"
_STATES: Final = {
    APPROVE: Application.State.APPROVED,
    DECLINE: Application.State.DECLINED,
    REFER: Application.State.REFERRED,
}


class PriceMissing(BusinessError):
    """Nobody can say what the loan would cost."""

    code = "price_missing"
    message = _("No price can be reckoned: the product's terms give no schedule, or a parameter of the law is missing.")
    next_step = _("Have operations check the product and the parameters, then decide again.")


@dataclass(frozen=True, slots=True)
class Decided:
    """What risk says about one application; rate and amount belong to an approval."""

    outcome: str
    reason_codes: list[str]
    grade: str = ""
    score: int | None = None
    annual_rate: Decimal | None = None
    approved_amount: Decimal | None = None
    rule_version: str = ""


_WRITE: Final = """
UPDATE lending_application a SET
    outcome = x.outcome, grade = x.grade, score = x.score, annual_rate = x.annual_rate,
    approved_amount = x.approved_amount, reason_codes = x.reason_codes, rule_version = x.rule_version,
    state = x.state, decided_at = %(now)s, ended_at = CASE WHEN x.state = 'DECLINED' THEN %(now)s ELSE a.ended_at END
FROM unnest(
    %(ids)s::bigint[], %(outcomes)s::text[], %(grades)s::text[], %(scores)s::int[], %(rates)s::numeric[],
    %(amounts)s::numeric[], %(reasons)s::jsonb[], %(versions)s::text[], %(states)s::text[]
) x (id, outcome, grade, score, annual_rate, approved_amount, reason_codes, rule_version, state)
WHERE a.id = x.id
"""


def record_decisions(
    decided: Sequence[tuple[Application, Decided]],
    quoter: Quoter,
    *,
    actor: User | None,
    now: datetime,
    business_date: date,
) -> None:
    """Write risk's outcomes (APPROVE, DECLINE or REFER) onto applications; an approval makes the offer at once.

    Called in the decision's transaction, which holds the locks of the applications with their products. An approval
    whose price breaks the cap of the law is declined instead; one whose price cannot be reckoned goes to a person, and
    raises PriceMissing where a person approves it. A second decision on a decided application raises NotOpen and
    changes nothing.
    """
    for application, said in decided:
        _take(application, said, now)
    applications = [application for application, _said in decided]
    approved = [application for application in applications if application.outcome == APPROVE]
    prices = offers.price_applications(approved, quoter, business_date=business_date)
    for application in approved:
        _hold_to_price(application, prices.get(application.pk))
    for application in applications:
        application.state = _STATES[application.outcome]
        if application.state == Application.State.DECLINED:
            application.ended_at = now
    _write(applications, now)
    offers.make_offers(
        [(each, prices[each.pk]) for each in approved if each.outcome == APPROVE], now=now, business_date=business_date
    )
    _tell(applications, actor, now)


def _take(application: Application, said: Decided, now: datetime) -> None:
    if application.state not in {Application.State.SUBMITTED, Application.State.REFERRED}:
        raise NotOpen
    if application.state == Application.State.REFERRED and said.outcome == REFER:
        raise NotOpen
    application.outcome = said.outcome
    application.grade = said.grade
    application.score = said.score
    application.annual_rate = said.annual_rate
    application.approved_amount = said.approved_amount
    application.reason_codes = said.reason_codes
    application.rule_version = said.rule_version
    application.decided_at = now


def _hold_to_price(application: Application, price: offers.Price | None) -> None:
    if price is None and application.state == Application.State.REFERRED:
        raise PriceMissing
    if price is None:
        application.outcome, application.reason_codes = REFER, [*application.reason_codes, PRICE_MISSING]
        application.annual_rate = application.approved_amount = None
    elif price.refusal is not None:
        application.outcome, application.reason_codes = DECLINE, [*application.reason_codes, price.refusal]


def _write(applications: Sequence[Application], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "now": now,
                "ids": [each.pk for each in applications],
                "outcomes": [each.outcome for each in applications],
                "grades": [each.grade for each in applications],
                "scores": [each.score for each in applications],
                "rates": [each.annual_rate for each in applications],
                "amounts": [each.approved_amount for each in applications],
                "reasons": [orjson.dumps(each.reason_codes).decode() for each in applications],
                "versions": [each.rule_version for each in applications],
                "states": [str(each.state) for each in applications],
            },
        )


def _tell(applications: Sequence[Application], actor: User | None, now: datetime) -> None:
    audit.record_many(
        actor=actor,
        action="lending.application_decided",
        targets=[
            (
                each,
                {"outcome": each.outcome, "grade": each.grade, "score": each.score, "reasons": each.reason_codes},
            )
            for each in applications
        ],
        now=now,
    )
    history.add_timeline_bulk(
        # A person may decide as the rules did.
        [note_step(each, f"lending.application_{each.state.lower()}", now, may_recur=True) for each in applications]
    )
    publish_many(
        [
            ApplicationDecided(
                application_id=each.pk, customer_id=each.customer_id, outcome=each.outcome, grade=each.grade
            )
            for each in applications
        ],
        now=now,
    )


@transaction.atomic
def reopen_application(*, application_id: int, actor: User, now: datetime) -> Application:
    """Give a declined application back to manual review. Raises NotOpen, DuplicateProject."""
    application = Application.objects.select_for_update(no_key=True).get(pk=application_id)
    if application.state != Application.State.DECLINED:
        raise NotOpen
    application.state = Application.State.REFERRED
    application.outcome = REFER
    application.ended_at = None
    try:
        with transaction.atomic():
            application.save(update_fields=["state", "outcome", "ended_at"])
    except IntegrityError as error:
        raise DuplicateProject from error
    audit.record(actor=actor, action="lending.application_reopened", target=application, now=now)
    history.add_timeline_bulk([note_step(application, "lending.application_reopened", now, may_recur=True)])
    return application
