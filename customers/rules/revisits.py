"""When to be in touch again: by tier and stage, on working days, spread over the week, at the hour that works best."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

FIRST_HOUR: Final = 9
LAST_HOUR: Final = 17
NOON: Final = 12
PER_HOUR: Final = 4
# So many made-up contacts at the usual rate stand beside a customer's own few: one lucky call proves nothing.
_PRIOR_WEIGHT: Final = 5
_USUAL_SHARE: Final = 0.5

Slot = tuple[int, int]  # Weekday from Monday 0, hour.
Tally = Mapping[Slot, tuple[int, int]]  # Reached, tried.


class Basis(StrEnum):
    """What the choice of an hour rests on."""

    OWN = "OWN"
    USUAL = "USUAL"


@dataclass(frozen=True, slots=True)
class Wish:
    """A customer who is to be contacted, how urgently, and his slots, the best first."""

    customer_id: int
    days_overdue: int
    slots: tuple[Slot, ...] = ()


def list_hours(quiet_from_hour: int, quiet_to_hour: int) -> list[int]:
    """Return the hours in which one may call: office hours without noon and the customer's quiet hours."""

    def is_quiet(hour: int) -> bool:
        if quiet_from_hour == quiet_to_hour:
            return False
        if quiet_from_hour < quiet_to_hour:
            return quiet_from_hour <= hour < quiet_to_hour
        return hour >= quiet_from_hour or hour < quiet_to_hour

    return [hour for hour in range(FIRST_HOUR, LAST_HOUR + 1) if hour != NOON and not is_quiet(hour)]


def rank_slots(own: Tally, usual: Tally, hours: Sequence[int]) -> list[tuple[Slot, float, Basis]]:
    """Return the slots of a working week, the best first, with the share expected to be reached.

    The share is (reached + 5 × usual share of the slot) / (tried + 5): reached 3 of 3 on Tuesdays at ten where 4 of 10
    are usual gives (3 + 2) / (3 + 5) = 0.625. The usual share itself leans on one half in the same way.
    """
    ranked = []
    for weekday in range(5):
        for hour in hours:
            slot = (weekday, hour)
            usually_reached, usually_tried = usual.get(slot, (0, 0))
            prior = (usually_reached + _PRIOR_WEIGHT * _USUAL_SHARE) / (usually_tried + _PRIOR_WEIGHT)
            reached, tried = own.get(slot, (0, 0))
            share = (reached + _PRIOR_WEIGHT * prior) / (tried + _PRIOR_WEIGHT)
            ranked.append((slot, share, Basis.OWN if tried else Basis.USUAL))
    return sorted(ranked, key=lambda entry: (-entry[1], entry[0]))


def place_visits(
    wishes: Sequence[Wish], days: Sequence[date], taken: Mapping[datetime, int], *, a_day_at_most: int
) -> dict[int, datetime]:
    """Return when each customer is contacted; who finds no room on these days is left out.

    The most overdue choose first, each his best slot on a day with room. A day takes its fair share of the week, four
    at least, never more than `a_day_at_most`; an hour takes four. `taken` counts by the full hour what is planned already.
    """
    loads = dict.fromkeys(days, 0)
    hours = dict(taken)
    for moment, count in taken.items():
        if moment.date() in loads:
            loads[moment.date()] += count
    if not days:
        return {}
    fair = math.ceil((sum(loads.values()) + len(wishes)) / len(days))
    limit = min(a_day_at_most, max(fair, PER_HOUR))
    placed: dict[int, datetime] = {}
    for wish in sorted(wishes, key=lambda wish: (-wish.days_overdue, wish.customer_id)):
        room = _find_room(wish, loads, hours, limit)
        if room is None:
            continue
        placed[wish.customer_id] = room + timedelta(minutes=60 // PER_HOUR * hours.get(room, 0))
        loads[room.date()] += 1
        hours[room] = hours.get(room, 0) + 1
    return placed


def _find_room(wish: Wish, loads: Mapping[date, int], hours: Mapping[datetime, int], limit: int) -> datetime | None:
    by_weekday: dict[int, list[date]] = {}
    for day in sorted(loads):
        by_weekday.setdefault(day.weekday(), []).append(day)
    # A working day that falls on a weekend (调休) is nobody's best day, but it is a working day.
    slots = [*wish.slots, *((weekday, hour) for weekday in (5, 6) for hour in _hours_of(wish))]
    for weekday, hour in slots:
        for day in by_weekday.get(weekday, []):
            moment = datetime.combine(day, time(hour))
            if loads[day] < limit and hours.get(moment, 0) < PER_HOUR:
                return moment
    return None


def _hours_of(wish: Wish) -> list[int]:
    return list(dict.fromkeys(hour for _weekday, hour in wish.slots))


def next_birthday(birth_date: date, today: date) -> date:
    """Return the next birthday from today on; the 29th of February is kept on the 28th in other years."""
    for year in (today.year, today.year + 1):
        try:
            birthday = birth_date.replace(year=year)
        except ValueError:
            birthday = date(year, 2, 28)
        if birthday >= today:
            return birthday
    raise AssertionError("one of two years has it ahead")
