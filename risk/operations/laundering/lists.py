"""Lists of persons: brought in by file, compared with the customers, matches judged by people."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.errors import BusinessError, InvalidInput
from core.fields import blind_index
from core.models import User
from core.outbox import system_user
from customers.models import Customer, WorkItem
from customers.operations import history
from customers.operations.freezing import freeze_customer, release_customer
from customers.rules.names import build_name_keys
from customers.rules.tables import UnreadableTable, read_rows
from risk.models import ListedPerson, ListMatch, SuspicionCase
from risk.operations.laundering.cases import URGENCY, GroundsMissing, open_case
from risk.queries.laundering import access_laundering, list_candidates
from risk.rules.laundering import score_match
from staff import rights

COLUMNS: Final = ("reference", "name", "identity_number", "birth_date")
_GRAM: Final = 2


class ListInvalid(InvalidInput):
    """The file is no list of persons."""

    code = "watch_list_invalid"


class MatchDecided(BusinessError):
    """The match was judged already."""

    code = "list_match_decided"
    message = _("This match is judged already.")


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
            urgency=URGENCY,
            url="/risk/suspicion/matches/",
        )
    return len(matches)


def _open_list_case(match: ListMatch, *, actor: User, business_date: date, now: datetime) -> None:
    person = ListedPerson.objects.get(pk=match.person_id)
    open_case(
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
