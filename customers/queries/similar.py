"""Records like somebody who is about to be entered, judged by the same rule as the nightly search for duplicates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from core.fields import blind_index
from customers.models import Customer
from customers.queries.staff import in_scope
from customers.rules.likeness import THRESHOLD, Person, compare
from customers.rules.names import build_name_keys
from staff import rights
from staff.queries import Access

_LOOKED_AT: Final = 200
_SHOWN: Final = 5
_NO_LETTER: Final = re.compile(r"[^a-z]")
_READ: Final = (
    "id", "public_id", "number", "name", "name_key", "birth_date", "sex", "region_code", "phone_index", "phone_tail_index",
    "identity_index", "rm__user__display_name", "rm__user__username",
)  # fmt: skip


@dataclass(frozen=True)
class Similar:
    """A record that may be the same person, how likely, and by what; reasons are codes of `rules.likeness`."""

    customer: Customer
    score: int
    reasons: tuple[str, ...]


def find_similar(access: Access, values: Mapping[str, Any], right: str = rights.VIEW_CUSTOMERS) -> list[Similar]:
    """Return the reader's own records that may be the person, the likeliest first; at most five.

    `values` are those of `customers.rules.intake.read_row`, as many as are known. Records out of reach are not told
    here: `conflicts.check_conflict` says of them only with whom they are.
    """
    sought = _describe(values)
    condition = _could_be(sought, values.get("name", ""))
    if condition is None:
        return []
    rows = in_scope(access, right).filter(condition).select_related("rm__user").only(*_READ).order_by("pk")
    found = []
    for row in rows[:_LOOKED_AT]:
        likeness = compare(sought, _read(row))
        if likeness.score >= THRESHOLD:
            found.append(Similar(row, likeness.score, likeness.reasons))
    return sorted(found, key=lambda one: (-one.score, one.customer.pk))[:_SHOWN]


def _could_be(sought: Person, name: str) -> Q | None:
    """Return what finds the candidates, each part by an index of its own; None where too little is known."""
    parts = [
        Q(**{field: value})
        for field in ("phone_index", "identity_index", "phone_tail_index")
        if (value := getattr(sought, field))
    ]
    keys = build_name_keys(name) if name else None
    if keys is not None and keys.sort_key:
        parts.append(
            Q(search_grams__contains=[sought.sound]) if sought.sound in keys.grams else Q(name_key=keys.sort_key)
        )
    if not parts:
        return None
    condition = parts[0]
    for part in parts[1:]:
        condition |= part
    return condition


def _describe(values: Mapping[str, Any]) -> Person:
    phone, name = values.get("phone", ""), values.get("name", "")
    return Person(
        name=name,
        sound=_NO_LETTER.sub("", build_name_keys(name).sort_key) if name else "",
        birth_date=values.get("birth_date"),
        sex=values.get("sex", ""),
        region_code=values.get("region_code", ""),
        phone_index=blind_index(phone, "phone") if phone else "",
        phone_tail_index=blind_index(phone[-4:], "phone_tail") if phone else "",
        identity_index=blind_index(values["identity_number"], "identity") if values.get("identity_number") else "",
    )


def _read(row: Customer) -> Person:
    return Person(
        name=row.name,
        sound=_NO_LETTER.sub("", row.name_key),
        birth_date=row.birth_date,
        sex=row.sex,
        region_code=row.region_code,
        phone_index=row.phone_index,
        phone_tail_index=row.phone_tail_index,
        identity_index=row.identity_index,
    )
