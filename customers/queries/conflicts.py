"""撞单: who already works on somebody, told so sparingly that nobody can look customers up with it."""

from dataclasses import dataclass
from enum import StrEnum

from core import masking
from core.fields import blind_index
from customers.models import Customer, Lead
from customers.queries.leads import OPEN_STATES
from customers.rules import identity
from customers.rules.names import build_name_keys

_NAMESAKES = 5
_SHORTEST_NAME = 2
_SHORTEST_DOCUMENT = 15


class Standing(StrEnum):
    """Where somebody stands."""

    CUSTOMER = "CUSTOMER"
    POOL = "POOL"
    WAITING = "WAITING"
    LEAD = "LEAD"


@dataclass(frozen=True)
class Conflict:
    """Somebody like the one entered: where he stands, with whom, by what he was found, phone masked."""

    standing: Standing
    by: str
    rm_id: int | None
    rm_name: str
    masked_phone: str
    pool: str = ""
    customer_id: int | None = None
    lead_id: int | None = None

    @property
    def is_certain(self) -> bool:
        """Tell whether it is the same person, not only the same name."""
        return self.by != "name"


def is_askable(name: str = "", phone: str = "", identity_number: str = "") -> bool:
    """Tell whether what is given can be asked: half a phone number finds nobody."""
    number = identity.normalise_mobile(phone)
    return (
        len(name.strip()) >= _SHORTEST_NAME
        or identity.check_mobile(number).is_valid
        or len(identity_number.strip()) >= _SHORTEST_DOCUMENT
    )


def check_conflict(name: str = "", phone: str = "", identity_number: str = "") -> list[Conflict]:
    """Return who has somebody: by identity number and phone for certain, by the whole name as a hint (no phone then)."""
    found: list[Conflict] = []
    number = identity.normalise_mobile(phone) if phone.strip() else ""
    phone_index = blind_index(number, "phone") if number and identity.check_mobile(number).is_valid else ""
    document = identity_number.strip().upper()
    if len(document) >= _SHORTEST_DOCUMENT:
        found += _find_customers("identity", identity_index=blind_index(document, "identity"))
    if phone_index:
        found += _find_customers("phone", phone_index=phone_index)
        found += _find_leads(phone_index)
    if not found and len(name.strip()) >= _SHORTEST_NAME:
        found = _find_customers("name", name_key=build_name_keys(name.strip()).sort_key, name=name.strip())
    unique = {(row.customer_id, row.lead_id): row for row in reversed(found)}
    return list(reversed(unique.values()))


def _find_customers(by: str, **condition: str) -> list[Conflict]:
    rows = (
        Customer.objects.filter(merged_into__isnull=True, **condition)
        .select_related("rm__user", "pool")
        .only("id", "phone", "rm__user__display_name", "rm__user__username", "pool__name")
        .order_by("pk")[:_NAMESAKES]
    )
    return [
        Conflict(
            standing=Standing.CUSTOMER if row.rm_id else Standing.POOL if row.pool_id else Standing.WAITING,
            by=by,
            rm_id=row.rm_id,
            rm_name=str(row.rm) if row.rm else "",
            # By the name alone nobody learns even a part of a phone.
            masked_phone=masking.mask_phone(row.phone) if by != "name" and row.phone else "",
            pool=row.pool.name if row.pool else "",
            customer_id=row.pk,
        )
        for row in rows
    ]


def _find_leads(phone_index: str) -> list[Conflict]:
    rows = Lead.objects.filter(phone_index=phone_index, state__in=OPEN_STATES).select_related("owner__user")
    return [
        Conflict(
            standing=Standing.LEAD,
            by="phone",
            rm_id=row.owner_id,
            rm_name=str(row.owner) if row.owner else "",
            masked_phone=masking.mask_phone(row.phone),
            lead_id=row.pk,
        )
        for row in rows.order_by("pk")[:_NAMESAKES]
    ]
