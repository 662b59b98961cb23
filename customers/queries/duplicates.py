"""Who may be whom: on entry by what is typed, by the nightly search in the whole book."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Q, QuerySet

from core.errors import NotFound
from core.fields import blind_index
from customers.models import BankCard, Customer, DuplicatePair, Merge
from customers.queries.own import follow_merges
from customers.queries.staff import in_scope
from customers.rules import identity
from customers.rules.likeness import THRESHOLD, Likeness, Person, compare
from customers.rules.names import build_name_keys, build_search_grams
from staff import rights
from staff.queries import Access

_CANDIDATES: Final = 200
_SHOWN: Final = 8


@dataclass(frozen=True)
class Similar:
    """A customer who may be the one that is being entered; a reader outside his scope learns only that he is there."""

    customer: Customer
    score: int
    reasons: tuple[str, ...]


def describe(customer: Customer, cards: Iterable[str] = ()) -> Person:
    """Return what a record is compared by."""
    return Person(
        name=customer.name,
        sound="".join(build_name_keys(customer.name).syllables) if customer.name else "",
        birth_date=customer.birth_date,
        sex=customer.sex,
        region_code=customer.region_code,
        phone_index=customer.phone_index,
        phone_tail_index=customer.phone_tail_index,
        identity_index=customer.identity_index,
        cards=frozenset(cards),
    )


def find_similar(
    *, name: str = "", phone: str = "", identity_number: str = "", birth_date: date | None = None
) -> list[Similar]:
    """Return who of the whole book resembles what is typed, the likest first; records merged lead to the kept one.

    Whole phones and identity numbers are looked up by blind index, names by their grams: exactly, by sound, and with
    one character of three or more different.
    """
    number = identity.normalise_citizen_number(identity_number.strip())
    facts = identity.read_citizen_number(number) if _is_readable(number) else None
    digits = identity.normalise_mobile(phone)
    keys = build_name_keys(name.strip())
    typed = Person(
        name=name.strip(),
        sound="".join(keys.syllables),
        birth_date=facts.birth_date if facts else birth_date,
        sex=facts.sex.value if facts else "",
        region_code=facts.region_code if facts else "",
        phone_index=blind_index(digits, "phone"),
        phone_tail_index=blind_index(digits[-4:], "phone_tail") if len(digits) >= 4 else "",
        identity_index=blind_index(number, "identity"),
    )
    found: dict[int, Similar] = {}
    for customer in _list_candidates(typed):
        kept = follow_merges(customer)
        likeness = compare(typed, describe(customer))
        if likeness.score >= THRESHOLD and (kept.pk not in found or found[kept.pk].score < likeness.score):
            found[kept.pk] = Similar(kept, likeness.score, likeness.reasons)
    return sorted(found.values(), key=lambda similar: (-similar.score, similar.customer.pk))[:_SHOWN]


def _is_readable(number: str) -> bool:
    return len(number) == 18 and identity.check_citizen_number(number, date.max).is_valid


def _list_candidates(typed: Person) -> list[Customer]:
    rows = Customer.objects.select_related("rm__user").defer("search_grams", "labels")
    keyed = Q(pk__in=[])
    if typed.phone_index:
        keyed |= Q(phone_index=typed.phone_index)
    if typed.identity_index:
        keyed |= Q(identity_index=typed.identity_index)
    found = {customer.pk: customer for customer in rows.filter(keyed)}
    for condition in _name_conditions(typed):
        for customer in rows.filter(condition).order_by("-pk")[:_CANDIDATES]:
            found[customer.pk] = customer
    return list(found.values())


def _name_conditions(typed: Person) -> list[Q]:
    """Return what finds names alike. Two facts are needed for a pair, so a name is looked up with a second one."""
    if not typed.name:
        return []
    beside = Q()
    if typed.birth_date is not None and typed.phone_tail_index:
        beside = Q(birth_date=typed.birth_date) | Q(phone_tail_index=typed.phone_tail_index)
    elif typed.birth_date is not None:
        beside = Q(birth_date=typed.birth_date)
    elif typed.phone_tail_index:
        beside = Q(phone_tail_index=typed.phone_tail_index)
    else:
        return []
    grams = build_search_grams(typed.name)
    named = Q(search_grams__contains=list(grams)) if grams else Q(pk__in=[])
    if len(typed.sound) >= 2:
        named |= Q(search_grams__contains=[typed.sound[:24]])
    conditions = [named & beside]
    if len(grams) >= 2:
        conditions.append(Q(search_grams__overlap=list(grams)) & beside)
    return conditions


def open_pairs(access: Access) -> QuerySet[DuplicatePair]:
    """Return the pairs to be judged of which both records are within reach and still apart."""
    reachable = in_scope(access, rights.MERGE_CUSTOMERS).values("pk")
    rows = DuplicatePair.objects.filter(
        state=DuplicatePair.State.OPEN, first__merged_into__isnull=True, second__merged_into__isnull=True
    )
    if access.scope_of(rights.MERGE_CUSTOMERS) != "ALL":
        rows = rows.filter(first__in=reachable, second__in=reachable)
    return rows


def access_pair(access: Access, public_id: str) -> DuplicatePair:
    """Return a pair within reach, judged or not. Raises NotFound."""
    rows = DuplicatePair.objects.select_related("first__rm__user", "second__rm__user")
    pair = rows.filter(public_id=public_id).first()
    if pair is None:
        raise NotFound
    reached = _count_reached(access, {follow_merges(pair.first).pk, follow_merges(pair.second).pk})
    if not reached:
        raise NotFound
    return pair


def _count_reached(access: Access, ids: set[int]) -> bool:
    return in_scope(access, rights.MERGE_CUSTOMERS).filter(pk__in=ids).count() == len(ids)


def access_merge(access: Access, public_id: str) -> Merge:
    """Return a merge whose kept record is within reach. Raises NotFound."""
    merge = Merge.objects.select_related("kept", "merged").filter(public_id=public_id).first()
    if merge is None or not _count_reached(access, {follow_merges(merge.kept).pk}):
        raise NotFound
    return merge


def list_merges(access: Access) -> QuerySet[Merge]:
    """Return the merges in force within reach, the latest first."""
    rows = Merge.objects.filter(undone_at__isnull=True).select_related("kept", "merged", "actor")
    if access.scope_of(rights.MERGE_CUSTOMERS) != "ALL":
        rows = rows.filter(kept__in=in_scope(access, rights.MERGE_CUSTOMERS).values("pk"))
    return rows.order_by("-id")


def compare_records(first: Customer, second: Customer) -> Likeness:
    """Return how alike two records are at present."""
    cards: dict[int, set[str]] = {first.pk: set(), second.pk: set()}
    for customer_id, index in BankCard.objects.filter(customer__in=cards).values_list("customer_id", "number_index"):
        cards[customer_id].add(index)
    return compare(describe(first, cards[first.pk]), describe(second, cards[second.pk]))
