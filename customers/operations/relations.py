"""How customers stand to each other, and who shares a purse."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput, NotFound
from core.models import User
from core.money import InexactAmount, yuan
from customers.models import Customer, Household, Relation, ReversibleAct
from customers.operations import history
from customers.operations.facts import RecordMerged
from customers.operations.undo import UndoOvertaken, remember_act
from customers.rules import quality

ENDED: Final = "customers.relation_ended"
_NOTE_LONGEST, _NAME_LONGEST = 200, 60
_FEWEST, _MOST = 2, 20
# Both ends are the same in these: the pair is written once, the older record first.
_SYMMETRIC: Final = frozenset(
    {Relation.Kind.SPOUSE, Relation.Kind.SIBLING, Relation.Kind.PARTNER, Relation.Kind.FRIEND}
)


class InvalidRelation(InvalidInput):
    """The relation cannot be one."""

    code = "invalid_relation"


class RelationKnown(BusinessError):
    """The two stand like this to each other already."""

    code = "relation_known"
    message = _("This relation is there already.")


class InvalidHousehold(InvalidInput):
    """The household cannot be one."""

    code = "invalid_household"
    message = _("A household has a name and two to twenty people.")


class InAnotherHousehold(BusinessError):
    """Somebody is counted in another household already."""

    code = "in_another_household"
    message = _("Somebody of them belongs to another household.")
    next_step = _("Let him leave that one first, or nobody's exposure would be right.")


@transaction.atomic
def add_relation(
    *,
    customer_id: int,
    other_id: int,
    kind: str,
    amount: Decimal | str | None,
    note: str,
    source: str,
    actor: User | None,
    now: datetime,
) -> Relation:
    """Write how a customer stands to another one: `customer` is the parent, guarantor, employer or owner of `other`.

    Only a guarantor answers for an amount. Raises InvalidRelation, RelationKnown, RecordMerged.
    """
    answered = _check_relation(customer_id, other_id, kind, amount, note)
    if kind in _SYMMETRIC:
        customer_id, other_id = sorted((customer_id, other_id))
    people = _lock([customer_id, other_id])
    try:
        with transaction.atomic():
            relation = Relation.objects.create(
                customer=people[customer_id],
                other=people[other_id],
                kind=kind,
                amount=answered,
                note=note.strip(),
                source=source[:40],
                created_at=now,
            )
    except IntegrityError as error:
        raise RelationKnown from error
    for one in (customer_id, other_id):
        _note(people[one], "customers.relation_added", actor, now, {"relation_kind": kind}, f"relation:{relation.pk}")
    return relation


def _check_relation(
    customer_id: int, other_id: int, kind: str, amount: Decimal | str | None, note: str
) -> Decimal | None:
    if customer_id == other_id:
        raise InvalidRelation(fields={"other": [_("Nobody stands to himself in a relation.")]})
    if kind not in Relation.Kind.values:
        raise InvalidRelation(fields={"kind": [_("Choose one of the list.")]})
    if quality.check_text(note.strip(), longest=_NOTE_LONGEST) is not None:
        raise InvalidRelation(fields={"note": [_("At most 200 characters.")]})
    if amount in (None, ""):
        if kind == Relation.Kind.GUARANTOR:
            raise InvalidRelation(fields={"amount": [_("Enter what the guarantor answers for.")]})
        return None
    try:
        answered = yuan(amount)
    except InexactAmount as error:
        raise InvalidRelation(fields={"amount": [_("Enter an amount in yuan, for example 8000.00.")]}) from error
    if kind != Relation.Kind.GUARANTOR or answered <= 0:
        raise InvalidRelation(
            fields={"amount": [_("Only a guarantor answers for an amount, and for more than nothing.")]}
        )
    return answered


@transaction.atomic
def end_relation(*, customer_id: int, public_id: str, actor: User, now: datetime) -> ReversibleAct:
    """End a relation, from whichever end it is looked at; it stays in the history. Raises NotFound."""
    relation = (
        Relation.objects.select_for_update(no_key=True).filter(public_id=public_id, ended_at__isnull=True).first()
    )
    if relation is None or customer_id not in {relation.customer_id, relation.other_id}:
        raise NotFound
    relation.ended_at = now
    relation.save(update_fields=["ended_at"])
    for one in (relation.customer, relation.other):
        _note(one, "customers.relation_ended", actor, now, {"relation_kind": relation.kind}, f"relation:{relation.pk}:end:{now.isoformat()}")  # fmt: skip
    return remember_act(kind=ENDED, payload={"relation": relation.pk}, count=1, actor=actor, now=now)


def resume_relation(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Undo the end of a relation. Raises UndoOvertaken where the same one was written again."""
    relation = Relation.objects.select_for_update(no_key=True).get(pk=payload["relation"])
    relation.ended_at = None
    try:
        with transaction.atomic():
            relation.save(update_fields=["ended_at"])
    except IntegrityError as error:
        raise UndoOvertaken from error
    for one in (relation.customer, relation.other):
        _note(one, "customers.relation_added", actor, now, {"relation_kind": relation.kind}, f"relation:{relation.pk}:again:{now.isoformat()}")  # fmt: skip


@transaction.atomic
def form_household(*, name: str, customer_ids: Sequence[int], actor: User | None, now: datetime) -> Household:
    """Put people of one purse together. Raises InvalidHousehold, InAnotherHousehold, RecordMerged."""
    name = " ".join(name.split())
    ids = sorted(set(customer_ids))
    if not name or quality.check_text(name, longest=_NAME_LONGEST) is not None or not _FEWEST <= len(ids) <= _MOST:
        raise InvalidHousehold(fields={"name": [InvalidHousehold.message]})
    people = _lock(ids)
    if any(person.household_id is not None for person in people.values()):
        raise InAnotherHousehold
    household = Household.objects.create(name=name, formed_at=now)
    for person in people.values():
        _place(person, household, actor, now)
    return household


@transaction.atomic
def join_household(*, customer_id: int, household_id: int, actor: User | None, now: datetime) -> None:
    """Count somebody into a household. Raises InAnotherHousehold, InvalidHousehold, RecordMerged."""
    household = Household.objects.select_for_update(no_key=True).get(pk=household_id)
    person = _lock([customer_id])[customer_id]
    if person.household_id == household.pk:
        return
    if person.household_id is not None:
        raise InAnotherHousehold
    if household.members.count() >= _MOST:
        raise InvalidHousehold
    _place(person, household, actor, now)


@transaction.atomic
def leave_household(*, customer_id: int, actor: User | None, now: datetime) -> None:
    """Count somebody out of his household; one who would be left alone is counted out too. Raises NotFound."""
    household = Household.objects.select_for_update(no_key=True).filter(members=customer_id).first()
    if household is None:
        raise NotFound
    members = list(household.members.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    leaving = [one for one in members if one.pk == customer_id]
    for one in members if len(members) <= _FEWEST else leaving:
        _place(one, None, actor, now)


def _lock(ids: Sequence[int]) -> dict[int, Customer]:
    rows = Customer.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk")
    people = {row.pk: row for row in rows.defer("search_grams", "labels")}
    if len(people) != len(set(ids)):
        raise NotFound
    if any(person.merged_into_id is not None for person in people.values()):
        raise RecordMerged
    return people


def _place(person: Customer, household: Household | None, actor: User | None, now: datetime) -> None:
    was = person.household
    person.household = household
    person.version += 1
    person.save(update_fields=["household", "version"])
    code = "customers.household_joined" if household is not None else "customers.household_left"
    named = household or was
    _note(person, code, actor, now, {"household": str(named)}, f"household:{person.pk}:{person.version}")


def _note(customer: Customer, code: str, actor: User | None, now: datetime, params: dict[str, Any], key: str) -> None:
    """Write it on the record's timeline; the line leads to where relations and the household stand."""
    audit.record(actor=actor, action=code, target=customer, data=params, now=now)
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code=code,
        params=params,
        at=now,
        key=f"{key}:{customer.pk}",
        url=f"/customers/{customer.public_id}/?tab=relations",
        actor=actor,
    )
