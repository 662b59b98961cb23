"""A whole list becomes leads: numbers to call, visitors of a stand, the outcome of an analysis."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.errors import Text
from core.fields import blind_index
from core.ids import business_number
from core.models import User
from customers.models import AcquisitionCost, Customer, CustomerRole, Lead, Method, ReversibleAct
from customers.operations.costs import record_acquisition_cost
from customers.operations.intake.files import FILE_FAULTS, UnreadableFile
from customers.operations.leads.intake import LeadIncomplete
from customers.operations.leads.scoring import answer_due
from customers.operations.ownership.placing import lock_offers
from customers.operations.undo import UndoOvertaken, remember_act
from customers.queries.leads import OPEN_STATES, conversion_share
from customers.rules import identity
from customers.rules import leads as rules
from customers.rules.assignment import Demand, deal_out
from customers.rules.intake import guess_mapping, pick_cells
from customers.rules.tables import UnreadableTable, read_rows

LIST_METHODS: Final = (Method.PHONE, Method.EXHIBITION, Method.DATA)
LIST_UNDO: Final = "customers.lead_list"
MOST_ROWS: Final = 5_000
_COMPANY: Final = ("company", "firm", "公司", "单位", "企业", "公司名称", "单位名称")
REASONS: Final[Mapping[str, Text]] = {
    "not_a_phone": _("This is not a mainland mobile number."),
    "no_phone": _("Without a phone number nobody can be called."),
    "nobody": _("Give a name, a company or a phone number."),
    "too_long": _("This is too long."),
    "twice": _("The same phone stands further up in the list."),
    "customer": _("This phone number belongs to a customer already."),
    "open_lead": _("Somebody works on this person already."),
}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that became no lead: its line in the file, and the code of the reason in `REASONS`."""

    line: int
    reason: str


@dataclass(frozen=True)
class TakenList:
    """What became of a list."""

    taken: int
    refused: tuple[RefusedRow, ...]
    act: ReversibleAct | None


@dataclass(slots=True)
class _Row:
    line: int
    name: str
    company: str
    phone: str
    index: str = ""


@transaction.atomic
def take_in_list(
    *,
    method: str,
    role: str,
    origin: Mapping[str, str],
    raw: bytes,
    cost: Decimal,
    actor: User,
    now: datetime,
    owner_id: int | None = None,
) -> TakenList:
    """Make a lead of every sound row; who is known or stands twice is refused by row. `cost` is that of the whole list.

    Without `owner_id` the assignment rules share the leads out. Raises LeadIncomplete, UnreadableFile, CostInvalid.
    """
    _check(method, role, origin, cost)
    rows, refused = _judge(_read(raw), needs_phone=rules.INTAKES[method].needs_phone)
    rows, known = _refuse_known(rows, role)
    refused += known
    owners = _share_out(rows, method, role, owner_id, now)
    ids = _write(rows, owners, method, role, {key: value.strip()[:200] for key, value in origin.items()}, now)
    cost_id = None
    if cost > 0 and ids:
        day = now.astimezone(clock.SHANGHAI).date()
        note = next(iter(origin.values()), "")
        cost_id = record_acquisition_cost(
            method=method, from_date=day, until_date=day, amount=cost, actor=actor, now=now, note=note
        ).pk
    data = {"method": method, "role": role, "taken": len(ids), "refused": len(refused), "cost": cost}
    audit.record(actor=actor, action="customers.lead_list_taken_in", data=data, now=now)
    act = None
    if ids:
        payload = {"leads": ids, "cost": cost_id}
        act = remember_act(kind=LIST_UNDO, payload=payload, count=len(ids), actor=actor, now=now)
    return TakenList(len(ids), tuple(sorted(refused, key=lambda row: row.line)), act)


def _check(method: str, role: str, origin: Mapping[str, str], cost: Decimal) -> None:
    fields: dict[str, list[Text]] = {}
    if method not in LIST_METHODS:
        raise LeadIncomplete(fields={"method": [_("Choose a method.")]})
    if role not in CustomerRole.Role.values:
        fields["role"] = [_("Borrow or invest?")]
    gaps = rules.find_gaps(method, origin, has_phone=True, has_introducer=False, has_consent=False)
    fields |= {name: [_("This field is required.")] for name in gaps}
    if cost < 0:
        fields["cost"] = [_("An amount above zero.")]
    if fields:
        raise LeadIncomplete(fields=fields)


def _read(raw: bytes) -> list[_Row]:
    try:
        cells = read_rows(raw)
        headings = next(cells)
        found = list(islice(cells, MOST_ROWS + 1))
        if not found:
            raise UnreadableTable("EMPTY")
    except UnreadableTable as error:
        raise UnreadableFile(fields={"file": [FILE_FAULTS[error.fault]]}) from error
    if len(found) > MOST_ROWS:
        raise UnreadableFile(fields={"file": [_("The list has more than 5 000 rows; cut it in parts.")]})
    mapping = {place: name for place, name in guess_mapping(headings).items() if name in {"name", "phone"}}
    company = next((place for place, head in enumerate(headings) if head.strip().casefold() in _COMPANY), None)
    if company is not None:
        mapping = {place: name for place, name in mapping.items() if int(place) != company} | {str(company): "company"}
    if not mapping:
        raise UnreadableFile(fields={"file": [_("No column is headed name, phone or company.")]})
    rows = []
    for line, one in enumerate(found, start=2):
        texts = {name: " ".join(text.split()) for name, text in pick_cells(one, mapping).items()}
        rows.append(_Row(line, texts.get("name", ""), texts.get("company", ""), texts.get("phone", "")))
    return rows


def _judge(rows: Sequence[_Row], *, needs_phone: bool) -> tuple[list[_Row], list[RefusedRow]]:
    sound: list[_Row] = []
    refused: list[RefusedRow] = []
    met: set[str] = set()
    for row in rows:
        row.phone = identity.normalise_mobile(row.phone) if row.phone else ""
        reason = ""
        if row.phone and not identity.check_mobile(row.phone).is_valid:
            reason = "not_a_phone"
        elif needs_phone and not row.phone:
            reason = "no_phone"
        elif not (row.name or row.company or row.phone):
            reason = "nobody"
        elif len(row.name) > 60 or len(row.company) > 80:
            reason = "too_long"
        elif row.phone and row.phone in met:
            reason = "twice"
        if reason:
            refused.append(RefusedRow(row.line, reason))
            continue
        met.add(row.phone)
        row.index = blind_index(row.phone, "phone") if row.phone else ""
        sound.append(row)
    return sound, refused


def _refuse_known(rows: Sequence[_Row], role: str) -> tuple[list[_Row], list[RefusedRow]]:
    indexes = [row.index for row in rows if row.index]
    customers = set(
        Customer.objects.filter(phone_index__in=indexes, merged_into__isnull=True).values_list("phone_index", flat=True)
    )
    leads = Lead.objects.filter(phone_index__in=indexes, role=role, state__in=OPEN_STATES)
    worked = set(leads.values_list("phone_index", flat=True))
    sound: list[_Row] = []
    refused: list[RefusedRow] = []
    for row in rows:
        if row.index and row.index in customers:
            refused.append(RefusedRow(row.line, "customer"))
        elif row.index and row.index in worked:
            refused.append(RefusedRow(row.line, "open_lead"))
        else:
            sound.append(row)
    return sound, refused


def _share_out(
    rows: Sequence[_Row], method: str, role: str, owner_id: int | None, now: datetime
) -> dict[int, int | None]:
    if owner_id is not None:
        return {row.line: owner_id for row in rows}
    demand = Demand(roles=frozenset({role}), source=f"lead:{method}")
    _rules, offers, seats = lock_offers()
    dealt = deal_out({row.line: demand for row in rows}, offers, seats, now)
    return {line: member_id for line, (member_id, _rule_id) in dealt.items()}


def _write(
    rows: Sequence[_Row],
    owners: Mapping[int, int | None],
    method: str,
    role: str,
    origin: dict[str, str],
    now: datetime,
) -> list[int]:
    share, due = conversion_share(method=method, now=now, at_least=10), answer_due(now)
    leads = []
    for row in rows:
        facts = rules.LeadFacts(
            has_phone=bool(row.phone),
            has_consent=False,
            has_name=bool(row.name),
            has_need=False,
            amount=None,
            method_share=share,
        )
        parts = rules.score_lead(facts)
        leads.append(
            Lead(
                number=business_number("LD", now.date()),
                name=row.name,
                phone=row.phone,
                phone_index=row.index,
                company=row.company,
                role=role,
                method=method,
                origin=origin,
                owner_id=owners[row.line],
                score=sum(part.points for part in parts),
                score_reasons=[asdict(part) for part in parts],
                created_at=now,
                answer_due_at=due,
            )
        )
    return [lead.pk for lead in Lead.objects.bulk_create(leads, batch_size=1_000)]


def undo_list(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Delete the leads of a list that nobody has worked on, and with all of them its cost. Raises UndoOvertaken."""
    untouched = Lead.objects.filter(
        pk__in=payload["leads"],
        state=Lead.State.NEW,
        version=1,
        answered_at__isnull=True,
        contacts__isnull=True,
        contact_plans__isnull=True,
        needs__isnull=True,
    )
    ids = list(untouched.values_list("pk", flat=True))
    if not ids:
        raise UndoOvertaken
    Lead.objects.filter(pk__in=ids).delete()
    if payload["cost"] and len(ids) == len(payload["leads"]):
        AcquisitionCost.objects.filter(pk=payload["cost"]).delete()
    audit.record(actor=actor, action="customers.lead_list_undone", data={"leads": len(ids)}, now=now)
