"""Erasing groups of fields whose retention has ended; a legal hold keeps them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import orjson
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.fields import encrypt
from core.models import User
from core.registries import erasures
from customers import fields as specs
from customers.models import Customer, LegalHold
from customers.operations.facts import refresh_completeness
from customers.queries.retention import Expired, list_expired

STEP: Final = "customers.erase_expired"
STEP_ORDER: Final = 870
# What one night takes on; the rest is due on the next.
_A_NIGHT: Final = 20_000
_NOTHING: Final[dict[str, dict[str, str]]] = {"kept": {}, "merged": {}, "log_in": {}}

# By group: what of the record goes, and what of the rows beside it. `ids` holds also the records merged into them.
_RECORD: Final = {
    "person": """name = '', name_key = '', search_grams = '{}', identity_number = '', identity_index = '',
        birth_date = NULL, sex = '', region_code = '', status = 'CLOSED'""",
    "contact": "phone = '', phone_index = '', phone_tail_index = '', address = '', email = ''",
    "preferences": "liquidity_need = '', interests = '{}', likes = ''",
    "custom": "custom = '{}'",
}
_BESIDE: Final[dict[str, tuple[str, ...]]] = {
    "person": (
        "UPDATE customers_identitycheck SET name = '', identity_number = '', identity_index = '' WHERE customer_id = ANY(%(ids)s)",
        "UPDATE customers_merge SET before = %(nothing)s WHERE kept_id = ANY(%(ids)s) OR merged_id = ANY(%(ids)s)",
        """UPDATE core_user u SET display_name = '' FROM customers_customer c
           WHERE c.user_id = u.id AND c.id = ANY(%(ids)s)""",
        "UPDATE customers_lead SET name = '' WHERE customer_id = ANY(%(ids)s)",
        "UPDATE customers_steprun SET reason = '-' WHERE customer_id = ANY(%(ids)s) AND reason <> ''",
    ),
    "contact": (
        "UPDATE customers_lead SET phone = '', phone_index = '', company = '' WHERE customer_id = ANY(%(ids)s)",
        "UPDATE customers_registrationstep SET phone = '' WHERE customer_id = ANY(%(ids)s)",
        """UPDATE customers_phonechange SET phone = '', phone_index = '', phone_tail = '', old_phone = ''
           WHERE customer_id = ANY(%(ids)s)""",
        "UPDATE customers_merge SET before = %(nothing)s WHERE kept_id = ANY(%(ids)s) OR merged_id = ANY(%(ids)s)",
        # Without a phone nobody logs in any more.
        """DELETE FROM core_apitoken t USING customers_customer c WHERE c.user_id = t.user_id AND c.id = ANY(%(ids)s)""",
        """UPDATE core_user u SET is_active = false FROM customers_customer c
           WHERE c.user_id = u.id AND c.id = ANY(%(ids)s)""",
    ),
    "finances": (
        """UPDATE customers_financialprofile SET monthly_income = '', income_band = '', monthly_debt_payment = 0, assets = 0,
           liabilities = 0, other_platform_balance = 0, occupation = '', employer = '', employment_years = 0, housing = '',
           is_student = false WHERE customer_id = ANY(%(ids)s)""",
        """UPDATE customers_bankcard SET number = '', number_index = '', reserved_phone = '', tail = '', state = 'UNBOUND'
           WHERE customer_id = ANY(%(ids)s)""",
    ),
    "documents": (
        """UPDATE customers_document SET content = '', title = '', removed_at = coalesce(removed_at, %(now)s)
           WHERE customer_id = ANY(%(ids)s)""",
    ),
}
_FORGET: Final = (
    "DELETE FROM customers_fieldclaim WHERE customer_id = ANY(%(ids)s) AND field LIKE ANY(%(fields)s)",
    "UPDATE customers_fieldchange SET old = '', new = '' WHERE customer_id = ANY(%(ids)s) AND field LIKE ANY(%(fields)s)",
)
_WITH_MERGED: Final = """
WITH RECURSIVE found AS (
    SELECT id FROM customers_customer WHERE id = ANY(%s)
    UNION SELECT c.id FROM customers_customer c JOIN found f ON c.merged_into_id = f.id
)
SELECT id FROM found ORDER BY id
"""
_NOTE: Final = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(customer_id bigint, ended_date date, key text)
), kept AS (
    INSERT INTO customers_erasure (customer_id, "group", ended_date, at)
    SELECT customer_id, key, ended_date, %(now)s FROM given
    ON CONFLICT (customer_id, "group") DO UPDATE SET ended_date = excluded.ended_date, at = excluded.at
)
INSERT INTO customers_timelineentry (customer_id, at, kind, text_code, params, url, key)
SELECT customer_id, %(now)s, 'change', 'customers.fields_erased', jsonb_build_object('field_group', key), '',
       'erased:' || customer_id || ':' || key || ':' || ended_date
FROM given ON CONFLICT (key) DO NOTHING
"""


@transaction.atomic
def erase_expired(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Erase at the end of a business date every group that has been kept as long as it may; return how many went."""
    due = list_expired(business_date, limit=_A_NIGHT)
    if not due:
        return 0
    # Who was put under a hold, or came back, while this looked is looked at again once he is locked.
    locked = _lock([row.customer_id for row in due])
    due = [row for row in list_expired(business_date, limit=_A_NIGHT) if row.customer_id in locked]
    if not due:
        return 0
    counts: Counter[str] = Counter(group for row in due for group in row.groups)
    for group in sorted(counts):
        _erase(group, [row.customer_id for row in due if group in row.groups], now)
    refresh_completeness([row.customer_id for row in due])
    _note(due, now)
    data = {"customers": len(due), "groups": dict(counts), "on": business_date.isoformat()}
    audit.record(actor=None, action="customers.fields_erased", data=data, now=now)
    return counts.total()


def _lock(ids: list[int]) -> set[int]:
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return set(rows.values_list("pk", flat=True))


def _erase(group: str, customer_ids: list[int], now: datetime) -> None:
    own = [f"{name}" for name, field in specs.FIELDS.items() if field.group == group]
    # An underscore in a name stands for itself only by chance; no two fields differ by one letter in its place.
    names = ["custom.%"] if group == "custom" else own
    with connection.cursor() as cursor:
        cursor.execute(_WITH_MERGED, [customer_ids])
        given: dict[str, Any] = {
            "ids": [pk for (pk,) in cursor.fetchall()],
            "fields": names,
            "now": now,
            "nothing": encrypt(orjson.dumps(_NOTHING).decode()),
        }
        above = [sql for _name, (of, sql) in erasures.items() if of == group]
        for statement in (*_BESIDE.get(group, ()), *above, *_FORGET):
            cursor.execute(statement, given)
        if group in _RECORD:
            cursor.execute(
                f"UPDATE customers_customer SET {_RECORD[group]}, version = version + 1 WHERE id = ANY(%(ids)s)",  # noqa: S608
                given,
            )


def _note(due: Sequence[Expired], now: datetime) -> None:
    rows = [
        {"customer_id": row.customer_id, "ended_date": row.ended_date.isoformat(), "key": group}
        for row in due
        for group in row.groups
    ]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"rows": orjson.dumps(rows).decode(), "now": now})


class AlreadyHeld(BusinessError):
    """The customer's data is under a hold already."""

    code = "already_held"
    message = _("This customer's data is under a legal hold already.")


class NotHeld(BusinessError):
    """There is no hold to lift."""

    code = "not_held"
    message = _("This customer's data is under no legal hold.")


@transaction.atomic
def place_hold(*, customer_id: int, reason: str, actor: User, now: datetime) -> LegalHold:
    """Keep a customer's data whatever its retention says. Raises InvalidInput, AlreadyHeld."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > 200:
        raise InvalidInput(fields={"reason": [_("Say why.")]})
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(customer=customer, reason=reason, placed_by=actor, placed_at=now)
    except IntegrityError as error:
        raise AlreadyHeld from error
    audit.record(actor=actor, action="customers.hold_placed", target=customer, reason=reason, now=now)
    return hold


@transaction.atomic
def lift_hold(*, customer_id: int, actor: User, now: datetime) -> None:
    """Let retention run again. Raises NotHeld."""
    held = LegalHold.objects.filter(customer_id=customer_id, lifted_at__isnull=True)
    if not held.update(lifted_at=now, lifted_by=actor):
        raise NotHeld
    audit.record(actor=actor, action="customers.hold_lifted", target=Customer(pk=customer_id), now=now)
