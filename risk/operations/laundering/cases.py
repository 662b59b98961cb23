"""A case of suspicion: opened once for each finding, proposed by one person, decided by another."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.calendar import add_workdays
from core.errors import BusinessError, InvalidInput
from core.ids import business_number
from core.models import User
from customers.models import WorkItem
from customers.operations import history
from risk.models import SuspicionCase
from risk.queries.laundering import access_laundering
from staff import rights

URGENCY: Final = 8


class CaseDecided(BusinessError):
    """The case is over."""

    code = "suspicion_case_decided"
    message = _("This case is decided.")


class NothingProposed(BusinessError):
    """Nobody has proposed anything yet."""

    code = "suspicion_nothing_proposed"
    message = _("Nothing is proposed yet.")


class OwnProposal(BusinessError):
    """The second person is the first one."""

    code = "suspicion_own_proposal"
    message = _("You proposed this yourself, so another person has to decide.")


class GroundsMissing(InvalidInput):
    """A step of a case without its grounds."""

    code = "suspicion_grounds_missing"


def open_case(
    *,
    customer_id: int,
    kind: str,
    key: str,
    amount: Decimal | None,
    evidence: list[dict[str, Any]],
    actor: User,
    business_date: date,
    now: datetime,
) -> SuspicionCase | None:
    """Open a case unless there is one for this finding, and put it on the desk of those entitled, nobody else's."""
    days = parameters.get_int("risk.aml_report_workdays", on=business_date)
    case, is_new = SuspicionCase.objects.get_or_create(
        key=key,
        defaults={
            "number": business_number("SC", business_date),
            "customer_id": customer_id,
            "kind": kind,
            "amount": amount,
            "evidence": evidence,
            "opened_at": now,
            "business_date": business_date,
            "due_date": add_workdays(business_date, days),
        },
    )
    if not is_new:
        return None
    # The item names no customer: his RM and whoever reads his page must not learn of it.
    history.raise_work(
        group=WorkItem.Group.RISK,
        kind="risk.suspicion",
        reason_code="risk.suspicion_opened",
        params={"number": case.number, "day": case.due_date.isoformat()},
        key=_work_key(case.pk),
        now=now,
        right=rights.WORK_AML,
        urgency=URGENCY,
        url=f"/risk/suspicion/{case.public_id}/",
    )
    audit.record(actor=actor, action="risk.suspicion_opened", target=case, data={"kind": kind}, now=now)
    return case


def _work_key(case_id: int) -> str:
    return f"risk.suspicion:{case_id}"


@transaction.atomic
def note_suspicion(*, customer_id: int, text: str, actor: User, business_date: date, now: datetime) -> SuspicionCase:
    """Open a case by hand. Raises Refused, GroundsMissing."""
    access_laundering(actor)
    if not text.strip():
        raise GroundsMissing(fields={"text": [_("Say what is suspicious.")]})
    case = open_case(
        customer_id=customer_id,
        kind=SuspicionCase.Kind.NOTED,
        key=f"noted:{customer_id}:{now.isoformat()}",
        amount=None,
        evidence=[{"note": text.strip(), "by": str(actor), "at": now.isoformat()}],
        actor=actor,
        business_date=business_date,
        now=now,
    )
    assert case is not None, "the instant makes the key new"
    return case


@transaction.atomic
def propose_outcome(*, case_id: int, proposal: str, grounds: str, actor: User, now: datetime) -> SuspicionCase:
    """Propose to report a case or to dismiss it. Raises Refused, CaseDecided, GroundsMissing."""
    access_laundering(actor)
    case = _lock_case(case_id)
    if proposal not in SuspicionCase.Proposal.values or not grounds.strip():
        raise GroundsMissing(fields={"grounds": [_("Choose what you propose and say why.")]})
    case.state, case.proposal, case.grounds = SuspicionCase.State.PROPOSED, proposal, grounds.strip()
    case.proposed_by, case.proposed_at = actor, now
    case.save(update_fields=["state", "proposal", "grounds", "proposed_by", "proposed_at"])
    audit.record(actor=actor, action="risk.suspicion_proposed", target=case, data={"proposal": proposal}, now=now)
    return case


@transaction.atomic
def decide_case(*, case_id: int, is_agreed: bool, note: str, actor: User, now: datetime) -> SuspicionCase:
    """Decide as the second person: agree, or send the case back.

    What is reported keeps the report as it was written. Raises Refused, CaseDecided, NothingProposed, OwnProposal.
    """
    access_laundering(actor, rights.DECIDE_AML)
    case = _lock_case(case_id)
    if case.state != SuspicionCase.State.PROPOSED:
        raise NothingProposed
    if case.proposed_by_id == actor.pk:
        raise OwnProposal
    if not is_agreed:
        case.state, case.decision_note = SuspicionCase.State.OPEN, note.strip()
        case.save(update_fields=["state", "decision_note"])
        audit.record(actor=actor, action="risk.suspicion_sent_back", target=case, now=now)
        return case
    is_report = case.proposal == SuspicionCase.Proposal.REPORT
    case.state = SuspicionCase.State.REPORTED if is_report else SuspicionCase.State.DISMISSED
    case.decided_by, case.decided_at, case.decision_note = actor, now, note.strip()
    case.report = _write_report(case) if is_report else {}
    case.save(update_fields=["state", "decided_by", "decided_at", "decision_note", "report"])
    history.end_work(key=_work_key(case.pk), now=now, actor=actor)
    audit.record(actor=actor, action="risk.suspicion_decided", target=case, data={"state": case.state}, now=now)
    return case


def _write_report(case: SuspicionCase) -> dict[str, Any]:
    """Return what is filed; the identity number is filled in when the file is made, so that it is stored nowhere twice."""
    return {
        "number": case.number,
        "customer": case.customer.number,
        "kind": case.kind,
        "amount": str(case.amount) if case.amount is not None else "",
        "evidence": case.evidence,
        "grounds": case.grounds,
        "proposed_by": str(case.proposed_by),
        "decided_by": str(case.decided_by),
    }


def _lock_case(case_id: int) -> SuspicionCase:
    case = SuspicionCase.objects.select_for_update(no_key=True, of=("self",)).select_related("customer").get(pk=case_id)
    if case.state in {SuspicionCase.State.REPORTED, SuspicionCase.State.DISMISSED}:
        raise CaseDecided
    return case
