"""Money laundering: daily sums, lists, and cases that one person prepares and another decides."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.calendar import add_workdays
from core.errors import BusinessError, InvalidInput
from core.fields import blind_index
from core.ids import business_number
from core.models import User
from core.outbox import system_user
from customers.models import Customer, WorkItem
from customers.operations import history
from customers.operations.freezing import freeze_customer, release_customer
from customers.rules.names import build_name_keys
from customers.rules.tables import UnreadableTable, read_rows
from risk.models import ListedPerson, ListMatch, SuspicionCase
from risk.queries.laundering import CustomerSums, access_laundering, list_candidates, list_sums
from risk.rules.laundering import AmountLimits, judge_sums, score_match
from staff import rights

STEP: Final = "risk.laundering"
STEP_ORDER: Final = 715
COLUMNS: Final = ("reference", "name", "identity_number", "birth_date")
_URGENCY: Final = 8
_GRAM: Final = 2


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


class ListInvalid(InvalidInput):
    """The file is no list of persons."""

    code = "watch_list_invalid"


class MatchDecided(BusinessError):
    """The match was judged already."""

    code = "list_match_decided"
    message = _("This match is judged already.")


def watch_money(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Run as a step of the close: open a case for each customer whose day is large or split."""
    return open_sum_cases(business_date=business_date, now=now)


@transaction.atomic
def open_sum_cases(*, business_date: date, now: datetime) -> int:
    """Judge the sums of a business date; return how many cases were opened. Run twice it opens nothing more."""
    window_days = parameters.get_int("risk.aml_window_days", on=business_date)
    limits = AmountLimits(
        parameters.get_decimal("risk.aml_daily_transfer", on=business_date),
        parameters.get_decimal("risk.aml_split_share", on=business_date),
        parameters.get_int("risk.aml_split_count", on=business_date),
    )
    opened = 0
    for sums in list_sums(business_date=business_date, window_days=window_days, least=limits.daily):
        kind = judge_sums(sums.today, sums.window, limits)
        if not kind:
            continue
        key = f"sum:{sums.customer_id}:{sums.direction}:{kind}:{business_date}"
        case = _open_case(
            customer_id=sums.customer_id,
            kind=kind,
            key=key,
            amount=sum((day.amount for day in sums.window), Decimal(0)) if kind == "SPLIT" else sums.today.amount,
            evidence=_evidence(sums),
            actor=system_user(),
            business_date=business_date,
            now=now,
        )
        opened += case is not None
    return opened


def _evidence(sums: CustomerSums) -> list[dict[str, Any]]:
    return [
        {"date": day.isoformat(), "direction": sums.direction, "amount": str(total.amount), "count": total.count}
        for day, total in zip(sums.dates, sums.window, strict=True)
    ]


def _open_case(
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
        urgency=_URGENCY,
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
    case = _open_case(
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


@transaction.atomic
def import_list(*, list_name: str, raw: bytes, actor: User, business_date: date, now: datetime) -> tuple[int, int]:
    """Replace a list by a file: who is new is compared with all customers, who is gone is off the list.

    Columns: reference, name, identity_number, birth_date. Returns how many are on the list, how many matches were found.
    Raises Refused, ListInvalid.
    """
    access_laundering(actor, rights.DECIDE_AML)
    rows = list(_read_list(raw))
    if not list_name.strip() or not rows:
        raise ListInvalid(fields={"file": [_("Name the list and give its persons.")]})
    present = {row.reference: row for row in ListedPerson.objects.filter(list_name=list_name)}
    wanted = {row["reference"] for row in rows}
    ListedPerson.objects.filter(list_name=list_name).exclude(reference__in=wanted).update(is_active=False)
    ListedPerson.objects.filter(list_name=list_name, reference__in=wanted, is_active=False).update(is_active=True)
    fresh = ListedPerson.objects.bulk_create(
        [ListedPerson(list_name=list_name, listed_at=now, **row) for row in rows if row["reference"] not in present]
    )
    found = screen(person_ids=[row.pk for row in fresh], actor=actor, business_date=business_date, now=now)
    audit.record(
        actor=actor,
        action="risk.list_imported",
        data={"list": list_name, "persons": len(rows), "new": len(fresh), "matches": found},
        now=now,
    )
    return len(rows), found


def _read_list(raw: bytes) -> Iterator[dict[str, Any]]:
    try:
        rows = list(read_rows(raw))
    except UnreadableTable as error:
        raise ListInvalid(fields={"file": [_("This is no table of persons.")]}) from error
    if tuple(cell.strip().lower() for cell in rows[0]) != COLUMNS:
        raise ListInvalid(fields={"file": [_("The columns are: %(names)s") % {"names": ", ".join(COLUMNS)}]})
    seen: set[str] = set()
    for number, cells in enumerate(rows[1:], 2):
        try:
            reference, name, identity_number, birth_date = (cell.strip() for cell in cells)
            if not reference or not name or reference in seen:
                raise ValueError
            born = date.fromisoformat(birth_date) if birth_date else None
        except ValueError as error:
            raise ListInvalid(fields={"file": [_("Row %(number)s cannot be read.") % {"number": number}]}) from error
        seen.add(reference)
        keys = build_name_keys(name)
        yield {
            "reference": reference[:60],
            "name": name[:120],
            "name_key": keys.sort_key,
            "grams": _pairs(name),
            "identity_index": blind_index(identity_number.upper(), "identity"),
            "birth_date": born,
        }


def _pairs(name: str) -> list[str]:
    """Return the pairs of characters of a name: one of them must agree before two names are compared."""
    return sorted({name[i : i + _GRAM] for i in range(len(name) - 1) if not name[i : i + _GRAM].isspace()})


@transaction.atomic
def screen(
    *,
    actor: User,
    business_date: date,
    now: datetime,
    person_ids: Sequence[int] | None = None,
    customer_ids: Sequence[int] | None = None,
) -> int:
    """Compare listed persons with all customers, or customers with all lists; return how many matches are new.

    The same identity number freezes at once, before anybody looks (反洗钱法 art. 40); everything else waits on the desk.
    """
    least = parameters.get_int("risk.aml_match_score", on=business_date)
    pairs = list_candidates(
        person_ids=list(person_ids) if person_ids is not None else None,
        customer_ids=list(customer_ids) if customer_ids is not None else None,
    )
    scored = [(pair, score_match(pair.listed, pair.customer)) for pair in pairs]
    matches = ListMatch.objects.bulk_create(
        [
            ListMatch(
                person_id=pair.person_id,
                customer_id=pair.customer_id,
                score=likeness.score,
                grounds=list(likeness.reasons),
                found_at=now,
            )
            for pair, likeness in scored
            if likeness.score >= least
        ],
        ignore_conflicts=True,
    )
    for match in matches:
        if "IDENTITY" in match.grounds:
            freeze_customer(customer_id=match.customer_id, actor=actor, now=now)
            _open_list_case(match, actor=actor, business_date=business_date, now=now)
    if matches:
        history.raise_work(
            group=WorkItem.Group.RISK,
            kind="risk.list_match",
            reason_code="risk.list_matches",
            params={"count": len(matches)},
            key=f"risk.list_match:{business_date}",
            now=now,
            right=rights.WORK_AML,
            urgency=_URGENCY,
            url="/risk/suspicion/matches/",
        )
    return len(matches)


def _open_list_case(match: ListMatch, *, actor: User, business_date: date, now: datetime) -> None:
    person = ListedPerson.objects.get(pk=match.person_id)
    _open_case(
        customer_id=match.customer_id,
        kind=SuspicionCase.Kind.LIST,
        key=f"list:{match.person_id}:{match.customer_id}",
        amount=None,
        evidence=[{"list": person.list_name, "reference": person.reference, "score": match.score}],
        actor=actor,
        business_date=business_date,
        now=now,
    )


@transaction.atomic
def judge_match(
    *, match_id: int, is_same: bool, note: str, actor: User, business_date: date, now: datetime
) -> ListMatch:
    """Say whether customer and listed person are one: then he is frozen and a case opened, else he is set free.

    Raises Refused, MatchDecided, GroundsMissing.
    """
    access_laundering(actor)
    match = ListMatch.objects.select_for_update(no_key=True).get(pk=match_id)
    if match.state != ListMatch.State.OPEN:
        raise MatchDecided
    if not note.strip():
        raise GroundsMissing(fields={"note": [_("Say why.")]})
    match.state = ListMatch.State.CONFIRMED if is_same else ListMatch.State.DISMISSED
    match.note, match.decided_by, match.decided_at = note.strip(), actor, now
    match.save(update_fields=["state", "note", "decided_by", "decided_at"])
    if is_same:
        freeze_customer(customer_id=match.customer_id, actor=actor, now=now)
        _open_list_case(match, actor=actor, business_date=business_date, now=now)
    elif "IDENTITY" in match.grounds and not _is_matched_elsewhere(match):
        release_customer(customer_id=match.customer_id, actor=actor, now=now)
    audit.record(actor=actor, action="risk.list_match_judged", target=match, data={"state": match.state}, now=now)
    return match


def _is_matched_elsewhere(match: ListMatch) -> bool:
    """Tell whether another match keeps the customer frozen."""
    others = ListMatch.objects.filter(customer_id=match.customer_id).exclude(state=ListMatch.State.DISMISSED)
    return others.filter(grounds__contains=["IDENTITY"]).exists() or others.filter(state="CONFIRMED").exists()


def screen_newcomers(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Run as a step of the close: compare whoever was identified on the date with all lists."""
    if not ListedPerson.objects.filter(is_active=True).exists():
        return 0
    newcomers = list(Customer.objects.filter(identified_at__date=business_date).values_list("pk", flat=True))
    return screen(customer_ids=newcomers, actor=system_user(), business_date=business_date, now=now) if newcomers else 0
