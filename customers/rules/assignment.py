"""Who gets a new customer, and how a book is divided among colleagues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Seat:
    """A colleague who may get customers: how many he has, how many he can have, when he last got one by rule."""

    member_id: int
    load: int
    capacity: int
    latest_at: datetime | None = None

    @property
    def room(self) -> int:
        """How many more he can look after; never negative."""
        return max(self.capacity - self.load, 0)


@dataclass(frozen=True, slots=True)
class Demand:
    """What is known about somebody new: which roles he wants, where he came from, where he lives."""

    roles: frozenset[str] = frozenset()
    source: str = ""
    region_code: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Whom an assignment rule is for; what is empty fits everybody."""

    role: str = ""
    sources: tuple[str, ...] = ()
    region_prefixes: tuple[str, ...] = ()


def fits(condition: Condition, demand: Demand) -> bool:
    """Tell whether a rule is for somebody; what is not known about him fits only rules that do not ask."""
    if condition.role and condition.role not in demand.roles:
        return False
    if condition.sources and demand.source not in condition.sources:
        return False
    return not condition.region_prefixes or any(
        demand.region_code.startswith(prefix) for prefix in condition.region_prefixes if prefix
    )


def choose_in_turn(seats: Sequence[Seat]) -> int | None:
    """Return who has waited longest among those with room, None when nobody has room."""
    free = [seat for seat in seats if seat.room]
    if not free:
        return None
    return min(
        free,
        key=lambda seat: (
            seat.latest_at is not None,
            seat.latest_at.timestamp() if seat.latest_at else 0.0,
            seat.member_id,
        ),
    ).member_id


def choose_least_busy(seats: Sequence[Seat]) -> int | None:
    """Return who has the most room, None when nobody has any; among equals the one who waited longest."""
    free = [seat for seat in seats if seat.room]
    if not free:
        return None
    most = max(seat.room for seat in free)
    return choose_in_turn([seat for seat in free if seat.room == most])


@dataclass(frozen=True, slots=True)
class Offer:
    """An assignment rule as far as it chooses: whom it is for, among whom it chooses, and how."""

    rule_id: int
    condition: Condition
    member_ids: tuple[int, ...]
    is_in_turn: bool = False


def deal_out(
    demands: Mapping[int, Demand], offers: Sequence[Offer], seats: Sequence[Seat], now: datetime
) -> dict[int, tuple[int | None, int | None]]:
    """Return for each newcomer whom the first fitting offer with room chooses, and the rule that decided.

    Without room in any, (None, the first rule that fitted at all). Newcomers are dealt with in the order of their keys;
    each one fills a place and takes a turn before the next.
    """
    table = {seat.member_id: seat for seat in seats}
    fitting: dict[Demand, list[Offer]] = {}
    dealt: dict[int, tuple[int | None, int | None]] = {}
    for turn, newcomer in enumerate(sorted(demands), start=1):
        demand = demands[newcomer]
        if demand not in fitting:
            fitting[demand] = [offer for offer in offers if fits(offer.condition, demand)]
        dealt[newcomer] = (None, fitting[demand][0].rule_id if fitting[demand] else None)
        for offer in fitting[demand]:
            choose = choose_in_turn if offer.is_in_turn else choose_least_busy
            chosen = choose([table[pk] for pk in offer.member_ids if pk in table])
            if chosen is not None:
                seat = table[chosen]
                table[chosen] = replace(seat, load=seat.load + 1, latest_at=now + timedelta(microseconds=turn))
                dealt[newcomer] = (chosen, offer.rule_id)
                break
    return dealt


def divide_book(customers: Mapping[int, str], seats: Sequence[Seat]) -> tuple[dict[int, list[int]], list[int]]:
    """Divide customers, each with his tier, among colleagues; return the parts by member and what found no room.

    Tier by tier in the order of the tiers' names, so that each colleague gets his share of every tier: each customer
    goes to whoever then has the smallest share of his own room taken. Nobody gets more than his room.
    """
    parts: dict[int, list[int]] = {seat.member_id: [] for seat in seats}
    room = {seat.member_id: seat.room for seat in seats}
    left_over: list[int] = []
    for customer_id in sorted(customers, key=lambda pk: (customers[pk], pk)):
        free = [member for member in parts if len(parts[member]) < room[member]]
        if not free:
            left_over.append(customer_id)
            continue
        chosen = min(free, key=lambda member: (len(parts[member]) / room[member], member))
        parts[chosen].append(customer_id)
    return parts, left_over
