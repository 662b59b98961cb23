"""Taking in many rows at once: known people are recognised, new ones written in one statement."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction

from core import clock
from core.fields import EncryptedTextField, blind_index, encrypt
from core.ids import business_number, public_id
from core.models import User
from customers import fields as specs
from customers.models import Customer
from customers.queries.facts import index_of
from customers.queries.own import follow_merges
from customers.rules import quality
from customers.rules.intake import CLAIMED
from customers.rules.names import NameKeys, build_name_keys

CREATED: Final = "created"
KNOWN: Final = "known"
# A row that would make one person of two, or two of one.
CONTRADICTION: Final = "belongs_to_another"
_LOOKS: Final = 4
# What differs from row to row; everything else of a new record is its model's default.
_VARYING: Final = (
    "number", "public_id", "name", "name_key", "search_grams", "phone", "phone_index", "phone_tail_index",
    "identity_number", "identity_index", "birth_date", "sex", "region_code", "address", "email", "interests", "likes",
    "is_borrower", "is_investor", "completeness",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Incoming:
    """A row without faults: its place and its values by field as `customers.rules.intake.read_row` gives them."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: CREATED, KNOWN, or a fault by field."""

    line: int
    state: str = ""
    customer_id: int = 0
    public_id: str = ""
    faults: Mapping[str, str] | None = None


@transaction.atomic
def take_in(*, rows: Sequence[Incoming], source: str, actor: User | None, now: datetime) -> list[Outcome]:
    """Create a customer for each row about somebody new and keep what the rows say as claims of the source.

    Whoever is known by phone or identity number is recognised and his record left as it is: what the source says
    stands beside it. A row that matches two customers, or a known phone with another identity number, is faulty.
    A handful of statements for any number of rows; safe beside registrations that come in at the same time.
    """
    _take_turns()
    prepared = [_Row(row) for row in rows]
    outcomes: dict[int, Outcome] = {}
    waiting = prepared
    # Whoever registers between the look and the write, or stands twice in the batch, is found on the next look.
    for _look in range(_LOOKS):
        known = _Known(_find_known(waiting))
        fresh = []
        for row in waiting:
            found = known.match(row)
            if found is not None:
                outcomes[row.line] = found
            elif known.is_first(row):
                fresh.append(row)
        _create(fresh, source, actor, now)
        outcomes |= {row.line: row.created() for row in fresh if row.customer_id}
        waiting = [row for row in waiting if row.line not in outcomes]
        if not waiting:
            break
    outcomes |= {row.line: Outcome(row.line, faults={"phone": CONTRADICTION}) for row in waiting}
    _claim(prepared, outcomes, source, now)
    return [outcomes[row.line] for row in rows]


def _take_turns() -> None:
    # A record has two unique keys, so no order of writing keeps two batches about the same people from waiting for
    # each other: the later batch waits for the end of the earlier one instead.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('customers.take_in', 0))")


class _Row:
    """A row with what it is found by."""

    __slots__ = ("customer_id", "identity_index", "line", "phone_index", "public_id", "values")

    def __init__(self, row: Incoming) -> None:
        self.line, self.values = row.line, row.values
        self.phone_index = blind_index(row.values.get("phone", ""), "phone")
        self.identity_index = blind_index(row.values.get("identity_number", ""), "identity")
        self.public_id = ""
        self.customer_id = 0

    def created(self) -> Outcome:
        """Return the outcome of a row whose record was written."""
        return Outcome(self.line, CREATED, self.customer_id, self.public_id)


_FIND: Final = """
SELECT id, public_id, phone_index, identity_index, merged_into_id FROM customers_customer
WHERE phone_index = ANY(%(phones)s) AND phone_index <> ''
UNION
SELECT id, public_id, phone_index, identity_index, merged_into_id FROM customers_customer
WHERE identity_index = ANY(%(identities)s) AND identity_index <> ''
"""


def _find_known(rows: Iterable[_Row]) -> list[tuple[Any, ...]]:
    indexes = [(row.phone_index, row.identity_index) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            _FIND,
            {"phones": [phone for phone, _ in indexes if phone], "identities": [own for _, own in indexes if own]},
        )
        return cursor.fetchall()


class _Known:
    """Who is there already, and who was met further up in the same batch."""

    def __init__(self, found: list[tuple[Any, ...]]) -> None:
        self.phones = {row[2]: row for row in found if row[2]}
        self.identities = {row[3]: row for row in found if row[3]}
        self.met: set[str] = set()

    def match(self, row: _Row) -> Outcome | None:
        """Return what is known of the row's person, None for somebody new."""
        by_phone, by_identity = self.phones.get(row.phone_index), self.identities.get(row.identity_index)
        if by_phone is None and by_identity is None:
            return None
        if by_phone and by_identity and by_phone[0] != by_identity[0]:
            return Outcome(row.line, faults={"identity_number": CONTRADICTION})
        if by_phone and not by_identity and row.identity_index and by_phone[3]:
            return Outcome(row.line, faults={"phone": CONTRADICTION})
        found = by_identity or by_phone
        assert found is not None
        if found[4] is None:
            return Outcome(row.line, KNOWN, found[0], found[1])
        kept = follow_merges(Customer.objects.get(pk=found[4]))
        return Outcome(row.line, KNOWN, kept.pk, kept.public_id)

    def is_first(self, row: _Row) -> bool:
        """Tell whether nobody further up has the row's phone or number."""
        own = {index for index in (row.phone_index, row.identity_index) if index}
        is_new = self.met.isdisjoint(own)
        self.met |= own
        return is_new


# The grams of a name take four kilobytes: many more would be most of an import's memory.
@lru_cache(maxsize=4_000)
def _name_keys(name: str) -> NameKeys:
    return build_name_keys(name)


def _describe(row: _Row, day: Any) -> dict[str, Any]:
    """Return the varying columns of a new record, encrypted where the column is."""
    values = row.values
    row.public_id = public_id()
    keys = _name_keys(values["name"])
    role = values.get("role", "")
    phone, number = values.get("phone", ""), values.get("identity_number", "")
    roles = {"is_borrower": role in {"BORROWER", "BOTH"}, "is_investor": role in {"INVESTOR", "BOTH"}}
    present = {name for name in quality.PARTS if values.get(name)}
    return {
        "number": business_number("C", day),
        "public_id": row.public_id,
        "name": values["name"],
        "name_key": keys.sort_key,
        "search_grams": keys.grams,
        "phone": encrypt(phone) if phone else "",
        "phone_index": row.phone_index,
        "phone_tail_index": blind_index(phone[-4:], "phone_tail"),
        "identity_number": encrypt(number) if number else "",
        "identity_index": row.identity_index,
        "birth_date": values.get("birth_date"),
        "sex": values.get("sex", ""),
        "region_code": values.get("region_code", ""),
        "address": encrypt(values["address"]) if "address" in values else "",
        "email": encrypt(values["email"]) if "email" in values else "",
        "interests": values.get("interests", []),
        "likes": values.get("likes", ""),
        "completeness": quality.completeness(present, is_person=True, **roles).score,
        **roles,
    }


@cache
def _insert_statement() -> tuple[str, dict[str, Any]]:
    """Return the statement that writes records, roles and timeline, and the columns that are the same for all."""
    columns: dict[str, Any] = {
        str(field.column): field for field in Customer._meta.concrete_fields if not field.primary_key
    }
    constant = {name: _constant(field) for name, field in columns.items() if name not in _VARYING}
    named = ", ".join(f'"{name}"' for name in columns)
    chosen = ", ".join(
        f'r."{name}"' if name in _VARYING else f"%({name})s::{columns[name].db_type(connection)}" for name in columns
    )
    typed = ", ".join(f'"{name}" {columns[name].db_type(connection)}' for name in _VARYING)
    # Only names of our own columns and types are written into the statement.
    return (
        f"""
WITH made AS (
    INSERT INTO customers_customer ({named})
    SELECT {chosen} FROM jsonb_to_recordset(%(rows)s::jsonb) AS r({typed})
    ON CONFLICT DO NOTHING RETURNING id, public_id, is_borrower, is_investor
), told AS (
    INSERT INTO customers_timelineentry (customer_id, at, kind, text_code, params, url, actor_id, key)
    SELECT id, %(registered_at)s::timestamptz, 'change', 'customers.taken_in', jsonb_build_object('source', %(source)s::text), '',
           %(actor)s::bigint, 'taken_in:' || id
    FROM made ON CONFLICT (key) DO NOTHING
), roles AS (
    INSERT INTO customers_customerrole (customer_id, role, since_date, stage, value_tier, risk_tier, value)
    SELECT id, role, %(day)s::date, 'POTENTIAL', 'UNKNOWN', 'UNKNOWN', 0
    FROM made CROSS JOIN LATERAL (VALUES ('BORROWER', is_borrower), ('INVESTOR', is_investor)) AS v(role, plays)
    WHERE plays ON CONFLICT (customer_id, role) DO NOTHING
)
SELECT id, public_id FROM made
""",  # noqa: S608
        constant,
    )


def _constant(field: Any) -> Any:
    value = field.get_default()
    if isinstance(field, ArrayField):
        return list(value or [])
    if isinstance(field, EncryptedTextField):
        return ""
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


def _create(rows: Sequence[_Row], source: str, actor: User | None, now: datetime) -> None:
    """Write the records that are new; a row whose phone or number somebody took meanwhile gets no id."""
    if not rows:
        return
    statement, constant = _insert_statement()
    day = now.astimezone(clock.SHANGHAI).date()
    described = [_describe(row, day) for row in rows]
    given = {
        **constant,
        "source": source,
        "registered_at": now,
        "actor": actor.pk if actor is not None else None,
        "day": day,
        "rows": orjson.dumps(described).decode(),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        ids = {code: pk for pk, code in cursor.fetchall()}
    for row in rows:
        row.customer_id = ids.get(row.public_id, 0)


_CLAIM: Final = """
INSERT INTO customers_fieldclaim (customer_id, field, source, value, value_index, as_of)
SELECT customer_id, field, %(source)s, value, value_index, %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(customer_id bigint, field text, value text, value_index text)
ON CONFLICT (customer_id, field, source) DO UPDATE
SET value = excluded.value, value_index = excluded.value_index, as_of = excluded.as_of,
    settled_at = CASE WHEN customers_fieldclaim.value_index = excluded.value_index
                      THEN customers_fieldclaim.settled_at END
"""


def _claim(rows: Sequence[_Row], outcomes: Mapping[int, Outcome], source: str, now: datetime) -> None:
    """Keep what each row says; of two rows about one person the later one."""
    claims: dict[tuple[int, str], dict[str, Any]] = {}
    for row in rows:
        outcome = outcomes.get(row.line)
        if outcome is not None and outcome.customer_id:
            for name, text in _list_statements(row.values):
                claims[outcome.customer_id, name] = {
                    "customer_id": outcome.customer_id,
                    "field": name,
                    "value": encrypt(text),
                    "value_index": index_of(specs.FIELDS[name], text),
                }
    if claims:
        with connection.cursor() as cursor:
            # In one order everywhere, so that two who state the same facts wait for each other one way only.
            ordered = orjson.dumps([claims[key] for key in sorted(claims)]).decode()
            given: dict[str, Any] = {"source": source, "now": now, "rows": ordered}
            cursor.execute(_CLAIM, given)


def _list_statements(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in CLAIMED:
        if values.get(name):
            yield name, specs.as_text(specs.FIELDS[name], values[name])


def foresee(rows: Sequence[Incoming]) -> list[Outcome]:
    """Return what `take_in` would make of the rows, without writing; twins within the batch count as known."""
    prepared = [_Row(row) for row in rows]
    known = _Known(_find_known(prepared))
    return [known.match(row) or Outcome(row.line, CREATED if known.is_first(row) else KNOWN) for row in prepared]
