"""The search for duplicates in the whole book: candidates by set-based SQL, judged by the rule of likeness."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import orjson
from django.db import connection

from core.ids import PUBLIC_ID_SQL
from customers.rules.likeness import THRESHOLD, Person, compare

STEP: Final = "customers.duplicates"
STEP_ORDER: Final = 860
_BATCH: Final = 5_000
# More than anybody judges in a day; the rest is found on the following nights.
_PAIRS_A_NIGHT: Final = 20_000
# A pair needs two facts in common. Two confirmed identities are two people and no pair.
_CANDIDATES: Final = """
WITH person AS MATERIALIZED (
    SELECT id, name, regexp_replace(name_key, '[^a-z]', '', 'g') AS sound, birth_date, phone_tail_index, identity_index
    FROM customers_customer WHERE merged_into_id IS NULL AND name <> ''
), found AS (
    SELECT a.id AS one, b.id AS other FROM person a JOIN person b
        ON b.birth_date = a.birth_date AND b.sound = a.sound AND a.sound <> '' AND a.id < b.id
    WHERE a.identity_index = '' OR b.identity_index = ''
    UNION
    SELECT a.id, b.id FROM person a JOIN person b
        ON b.phone_tail_index = a.phone_tail_index AND b.sound = a.sound AND a.sound <> '' AND a.id < b.id
    WHERE a.phone_tail_index <> '' AND (a.identity_index = '' OR b.identity_index = '')
    UNION
    SELECT a.id, b.id FROM person a JOIN person b
        ON b.phone_tail_index = a.phone_tail_index AND b.birth_date = a.birth_date AND a.id < b.id
    WHERE a.phone_tail_index <> '' AND (a.identity_index = '' OR b.identity_index = '')
    UNION
    SELECT DISTINCT least(a.customer_id, b.customer_id), greatest(a.customer_id, b.customer_id)
    FROM customers_bankcard a JOIN customers_bankcard b
        ON b.number_index = a.number_index AND a.customer_id < b.customer_id
    WHERE a.number_index <> ''
)
SELECT one, other FROM found
WHERE NOT EXISTS (SELECT 1 FROM customers_duplicatepair p WHERE p.first_id = one AND p.second_id = other)
ORDER BY one DESC, other DESC LIMIT %(limit)s
"""
_PEOPLE: Final = """
SELECT c.id, c.name, regexp_replace(c.name_key, '[^a-z]', '', 'g'), c.birth_date, c.sex, c.region_code, c.phone_index,
       c.phone_tail_index, c.identity_index,
       ARRAY(SELECT number_index FROM customers_bankcard k WHERE k.customer_id = c.id AND number_index <> '')
FROM customers_customer c WHERE c.id = ANY(%s) AND c.merged_into_id IS NULL
"""
_WRITE: Final = f"""
INSERT INTO customers_duplicatepair (public_id, first_id, second_id, score, reasons, state, found_at)
SELECT {PUBLIC_ID_SQL}, first_id, second_id, score, reasons, 'OPEN', %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(first_id bigint, second_id bigint, score smallint, reasons jsonb)
ON CONFLICT (first_id, second_id) DO NOTHING
"""  # noqa: S608 - everything is our own


def find_duplicates(_business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Write the pairs that were not there yet and return how many; those judged before stay judged."""
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, {"limit": _PAIRS_A_NIGHT})
        candidates = cursor.fetchall()
    return sum(_write(candidates[start : start + _BATCH], now) for start in range(0, len(candidates), _BATCH))


def _write(candidates: Sequence[tuple[int, int]], now: datetime) -> int:
    people = dict(_read_people({pk for pair in candidates for pk in pair}))
    rows: list[dict[str, Any]] = []
    for one, other in candidates:
        if one in people and other in people:
            likeness = compare(people[one], people[other])
            if likeness.score >= THRESHOLD:
                rows.append({"first_id": one, "second_id": other, "score": likeness.score, "reasons": likeness.reasons})
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"now": now, "rows": orjson.dumps(rows).decode()})
        return int(cursor.rowcount)


def _read_people(ids: set[int]) -> Iterator[tuple[int, Person]]:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [sorted(ids)])
        for pk, name, sound, birth_date, sex, region, phone, tail, identity, cards in cursor.fetchall():
            yield pk, Person(name, sound, birth_date, sex, region, phone, tail, identity, frozenset(cards))
