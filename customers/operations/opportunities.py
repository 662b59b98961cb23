"""Deals in the making: opened, moved from stage to stage, won or lost, and moved back."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput, Text
from core.models import User
from customers.models import CustomerRole, Need, Opportunity, OpportunityStay, ReversibleAct
from customers.operations import history
from customers.operations.undo import UndoOvertaken, remember_act
from customers.queries.reasons import list_lost_reasons
from customers.rules import stages

UNDO_KIND: Final = "customers.opportunity_stage"


class OpportunityInvalid(InvalidInput):
    """What was entered about an opportunity cannot be kept."""

    code = "opportunity_invalid"


class OpportunityChanged(BusinessError):
    """Somebody has moved it since the page was shown."""

    code = "opportunity_changed"
    message = _("Somebody has moved this opportunity since.")
    next_step = _("Load the page again to see where it stands.")


class StageUnchanged(BusinessError):
    """It stands in that stage already."""

    code = "stage_unchanged"
    message = _("It stands in this stage already.")


@transaction.atomic
def open_opportunity(
    *,
    customer_id: int,
    role: str,
    title: str,
    amount: Decimal,
    actor: User,
    now: datetime,
    need_id: int | None = None,
    expected_date: date | None = None,
) -> Opportunity:
    """Open a deal in the making with a customer, from one of his needs or without. Raises OpportunityInvalid."""
    fields: dict[str, list[Text]] = {}
    if role not in CustomerRole.Role.values:
        fields["role"] = [_("Borrow or invest?")]
    if not title.strip() or len(title) > 80:
        fields["title"] = [_("A title of at most 80 characters.")]
    if not Decimal(0) < amount < Decimal(10) ** 14:
        fields["amount"] = [_("An amount above zero.")]
    if need_id is not None and not Need.objects.filter(pk=need_id, customer_id=customer_id).exists():
        fields["need"] = [_("This is not a need of this customer.")]
    if fields:
        raise OpportunityInvalid(fields=fields)
    row = Opportunity.objects.create(
        customer_id=customer_id,
        need_id=need_id,
        role=role,
        title=title.strip(),
        amount=amount,
        stage=Opportunity.Stage.NEED,
        probability=stages.probability_of(Opportunity.Stage.NEED),
        expected_date=expected_date,
        stage_at=now,
        created_at=now,
    )
    OpportunityStay.objects.create(opportunity=row, stage=row.stage, from_at=now)
    _tell(row, actor, now)
    audit.record(actor=actor, action="customers.opportunity_opened", target=row, data={"role": role}, now=now)
    return row


@transaction.atomic
def move_stage(
    *,
    opportunity_id: int,
    stage: str,
    actor: User,
    now: datetime,
    lost_reason: str = "",
    expected_version: int | None = None,
) -> tuple[Opportunity, ReversibleAct]:
    """Move an opportunity into a stage; return it with the way back.

    A lost one needs a reason from the parameter leads.lost_reasons. Raises OpportunityInvalid, StageUnchanged,
    OpportunityChanged.
    """
    row = Opportunity.objects.select_for_update(no_key=True, of=("self",)).get(pk=opportunity_id)
    if expected_version is not None and row.version != expected_version:
        raise OpportunityChanged
    _demand_stage(row, stage, lost_reason, now)
    before = {
        "stage": row.stage,
        "stage_at": row.stage_at.isoformat(),
        "probability": row.probability,
        "lost_reason": row.lost_reason,
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
    }
    _enter(row, stage, lost_reason, now)
    act = remember_act(
        kind=UNDO_KIND,
        payload={"id": row.pk, "version": row.version, "before": before},
        count=1,
        actor=actor,
        now=now,
    )
    _tell(row, actor, now)
    audit.record(
        actor=actor,
        action="customers.opportunity_moved",
        target=row,
        data={"from": before["stage"], "to": stage, "reason": lost_reason},
        now=now,
    )
    return row, act


def _demand_stage(row: Opportunity, stage: str, lost_reason: str, now: datetime) -> None:
    if stage not in Opportunity.Stage.values:
        raise OpportunityInvalid(fields={"stage": [_("There is no such stage.")]})
    if stage == row.stage:
        raise StageUnchanged
    if stage == Opportunity.Stage.LOST and lost_reason not in dict(list_lost_reasons(on=now.date())):
        raise OpportunityInvalid(fields={"lost_reason": [_("Choose why it was lost.")]})


def _enter(row: Opportunity, stage: str, lost_reason: str, now: datetime) -> None:
    OpportunityStay.objects.filter(opportunity=row, until_at__isnull=True).update(until_at=now)
    OpportunityStay.objects.create(opportunity=row, stage=stage, from_at=now)
    row.stage = stage
    row.stage_at = now
    row.probability = stages.probability_of(stage)
    row.lost_reason = lost_reason if stage == Opportunity.Stage.LOST else ""
    row.closed_at = now if stage in stages.CLOSED_STAGES else None
    row.version += 1
    row.save(update_fields=["stage", "stage_at", "probability", "lost_reason", "closed_at", "version"])
    if stage == Opportunity.Stage.WON and row.need_id is not None:
        Need.objects.filter(pk=row.need_id, met_at__isnull=True).update(met_at=now)


def undo_move(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Put an opportunity back into the stage it came from. Raises UndoOvertaken."""
    row = Opportunity.objects.select_for_update(no_key=True, of=("self",)).get(pk=payload["id"])
    if row.version != payload["version"]:
        raise UndoOvertaken
    before = payload["before"]
    left, entered = row.stage, row.stage_at
    row.stage = before["stage"]
    row.stage_at = datetime.fromisoformat(before["stage_at"])
    row.probability = before["probability"]
    row.lost_reason = before["lost_reason"]
    row.closed_at = datetime.fromisoformat(before["closed_at"]) if before["closed_at"] else None
    row.version += 1
    row.save(update_fields=["stage", "stage_at", "probability", "lost_reason", "closed_at", "version"])
    OpportunityStay.objects.filter(opportunity=row, until_at__isnull=True).delete()
    latest = OpportunityStay.objects.filter(opportunity=row).order_by("-pk").first()
    if latest is not None:
        latest.until_at = None
        latest.save(update_fields=["until_at"])
    if left == Opportunity.Stage.WON and row.need_id is not None:
        Need.objects.filter(pk=row.need_id, met_at=entered).update(met_at=None)
    audit.record(
        actor=actor,
        action="customers.opportunity_moved",
        target=row,
        data={"from": left, "to": row.stage, "undo": True},
        now=now,
    )


@transaction.atomic
def win_applying(*, customer_ids: list[int], role: str, now: datetime) -> int:
    """Mark the deals that customers were applying for as won: their deal was made. Returns how many."""
    rows = (
        Opportunity.objects.select_for_update(no_key=True, of=("self",))
        .filter(customer_id__in=customer_ids, role=role, stage=Opportunity.Stage.APPLYING)
        .order_by("pk")
    )
    count = 0
    for row in rows:
        _enter(row, Opportunity.Stage.WON, "", now)
        _tell(row, None, now)
        audit.record(
            actor=None,
            action="customers.opportunity_moved",
            target=row,
            data={"from": Opportunity.Stage.APPLYING, "to": Opportunity.Stage.WON},
            now=now,
        )
        count += 1
    return count


def _tell(row: Opportunity, actor: User | None, now: datetime) -> None:
    history.add_timeline(
        customer_id=row.customer_id,
        kind="change",
        text_code=f"customers.opportunity.{row.stage}",
        params={"title": row.title},
        at=now,
        key=f"opportunity:{row.pk}:{row.version}",
        actor=actor,
    )
