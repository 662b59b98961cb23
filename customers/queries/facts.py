"""What is known about a customer field by field: value, source, conflicts, history, completeness."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from core.fields import blind_index
from customers import fields
from customers.fields import Field
from customers.models import BankCard, Customer, CustomField, FieldChange, FieldClaim, FinancialProfile
from customers.queries.own import get_latest_profile
from customers.rules import quality, sources
from customers.rules.quality import Completeness
from customers.rules.sources import Source


class Stamp(str):
    """What an editor saw, without saying it: stands in a form where the value itself must not."""

    __slots__ = ()


@dataclass(frozen=True)
class Fact:
    """One field of one customer as it may be shown."""

    field: Field
    shown: str
    stamp: Stamp
    is_locked: bool
    # What an input starts with; empty where the value is sensitive.
    typed: str = ""
    source: str = ""
    as_of: datetime | None = None


@dataclass(frozen=True)
class ClaimShown:
    """What one source says about a field."""

    claim: FieldClaim
    shown: str


@dataclass(frozen=True)
class Conflict:
    """A field about which sources disagree: what is stored, and what the others say."""

    fact: Fact
    claims: list[ClaimShown]


def list_fields() -> dict[str, Field]:
    """Return every field of the profile by name, those of administrators last."""
    custom = [fields.describe_custom(row) for row in CustomField.objects.filter(is_active=True)]
    return {**fields.FIELDS, **{field.name: field for field in custom}}


def index_of(field: Field, text: str) -> str:
    """Return the hash by which what sources say about a field is compared."""
    return blind_index(text, f"fact.{field.name}")


def stamp_of(field: Field, customer: Customer, profile: FinancialProfile | None) -> Stamp:
    """Return the stamp of the stored value; the same value of two customers has two stamps."""
    return _stamp_text(field, customer, fields.as_text(field, fields.read(field, customer, profile)))


def _stamp_text(field: Field, customer: Customer, text: str) -> Stamp:
    return Stamp(blind_index(f"{customer.pk}={text}", f"stamp.{field.name}")[:24])


def take_stamps(customer: Customer, names: Iterable[str]) -> dict[str, Stamp]:
    """Return the stamps of some fields as they are now, for somebody who holds the record's lock."""
    known, profile = list_fields(), get_latest_profile(customer)
    return {name: stamp_of(known[name], customer, profile) for name in names if name in known}


def is_seen(field: Field, seen: Any, customer: Customer, profile: FinancialProfile | None) -> bool:
    """Tell whether a field still holds what an editor saw: a stamp, or the value itself."""
    if isinstance(seen, Stamp):
        return hmac.compare_digest(seen, stamp_of(field, customer, profile))
    try:
        text = fields.as_text(field, fields.clean(field, seen)) if seen not in (None, "") else ""
    except fields.Unfit:
        return False
    return text == fields.as_text(field, fields.read(field, customer, profile))


def is_locked(field: Field, customer: Customer) -> bool:
    """Tell whether the identity check has settled a field."""
    return field.is_identity and customer.status != Customer.Status.REGISTERED


def source_of(
    field: Field, customer: Customer, profile: FinancialProfile | None, claims: Iterable[FieldClaim]
) -> tuple[str, datetime | None]:
    """Return where the stored value comes from and when it was said; the most trusted of those who say it."""
    index = index_of(field, fields.as_text(field, fields.read(field, customer, profile)))
    saying = [claim for claim in claims if claim.field == field.name and claim.value_index == index and index]
    if saying:
        best = max(saying, key=lambda claim: (sources.rank_of(claim.source), claim.as_of))
        return best.source, best.as_of
    if is_locked(field, customer):
        return Source.IDENTITY_CHECK, customer.identified_at
    if field.place is fields.Place.FINANCES and profile is not None:
        return profile.source, None
    # Rows from before sources were kept: the customer's own word where he has a log-in.
    return (Source.SELF if customer.user_id else customer.source), None


def read_facts(customer: Customer, known: Mapping[str, Field] | None = None) -> dict[str, Fact]:
    """Return all fields of a customer as they may be shown. Three queries."""
    known = fields.pick_fields(list_fields() if known is None else known, customer.kind)
    profile = get_latest_profile(customer)
    claims = list(FieldClaim.objects.filter(customer=customer))
    return {name: _read_fact(field, customer, profile, claims) for name, field in known.items()}


def _read_fact(field: Field, customer: Customer, profile: FinancialProfile | None, claims: list[FieldClaim]) -> Fact:
    text = fields.as_text(field, fields.read(field, customer, profile))
    source, as_of = source_of(field, customer, profile, claims) if text else ("", None)
    shown = fields.show(field, text)
    typed = "" if field.is_sensitive else fields.typed_form(field, text)
    return Fact(field, shown, stamp_of(field, customer, profile), is_locked(field, customer), typed, source, as_of)


def list_conflicts(customer: Customer) -> list[Conflict]:
    """Return the fields about which sources disagree and nobody has decided."""
    claims = list(FieldClaim.objects.filter(customer=customer))
    open_claims = [claim for claim in claims if claim.settled_at is None and claim.value_index]
    if not open_claims:
        return []
    known, profile = fields.pick_fields(list_fields(), customer.kind), get_latest_profile(customer)
    found = []
    for name, field in known.items():
        stored = index_of(field, fields.as_text(field, fields.read(field, customer, profile)))
        against = [claim for claim in open_claims if claim.field == name and claim.value_index != stored]
        if against:
            against.sort(key=lambda claim: (-sources.rank_of(claim.source), claim.pk))
            shown = [ClaimShown(claim, fields.show(field, claim.value)) for claim in against]
            found.append(Conflict(_read_fact(field, customer, profile, claims), shown))
    return found


@dataclass(frozen=True)
class ChangeShown:
    """One change of one field as it may be shown."""

    id: int
    label: Any
    name: str
    old: str
    new: str
    source: str
    actor: Any
    at: datetime


def list_field_changes(
    customer_id: int, *, field: str = "", before: int | None = None, limit: int = 50
) -> list[ChangeShown]:
    """Return the newest changes of a customer's fields, old and new masked where the field is."""
    rows = FieldChange.objects.filter(customer_id=customer_id).select_related("actor").order_by("-id")
    if field:
        rows = rows.filter(field=field)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    known = list_fields()
    return [_show_change(row, known.get(row.field)) for row in rows[:limit]]


def _show_change(row: FieldChange, field: Field | None) -> ChangeShown:
    # A field that is no longer defined shows nothing of what it held.
    old = fields.show(field, row.old) if field else "***"
    new = fields.show(field, row.new) if field else "***"
    label = field.label if field else row.field
    return ChangeShown(row.pk, label, row.field, old, new, row.source, row.actor, row.at)


def find_original(field: Field, customer: Customer, stamp: Stamp) -> str | None:
    """Return, as it may be shown, the earlier value that a stamp stands for; None where history has it no more."""
    rows = FieldChange.objects.filter(customer=customer, field=field.name).order_by("-id")[:20]
    for row in rows:
        if _stamp_text(field, customer, row.old) == stamp:
            return fields.show(field, row.old)
    return None


def measure_completeness(customer: Customer, profile: FinancialProfile | None = None) -> Completeness:
    """Return how much of a customer is known. One query, one more where the finances are not at hand."""
    profile = profile or get_latest_profile(customer)
    has_card = BankCard.objects.filter(customer=customer, state=BankCard.State.BOUND).exists()
    return rate_completeness(customer, profile, has_card=has_card)


def rate_completeness(customer: Customer, profile: FinancialProfile | None, *, has_card: bool) -> Completeness:
    """Return how much of a customer is known, from what has been read already."""
    return quality.completeness(
        _list_present(customer, profile, has_card),
        is_person=customer.kind == Customer.Kind.PERSON,
        is_borrower=customer.is_borrower,
        is_investor=customer.is_investor,
    )


def _list_present(customer: Customer, profile: FinancialProfile | None, has_card: bool) -> set[str]:
    names = ("name", "phone", "identity_number", "birth_date", "sex", "address", "email", "liquidity_need", "interests")
    present = {name for name in (*names, "likes") if getattr(customer, name)}
    if customer.investor_type:
        present.add("risk_tolerance")
    if has_card:
        present.add("bank_card")
    if profile is not None:
        present |= {name for name in ("occupation", "employer") if getattr(profile, name)}
        if any(Decimal(getattr(profile, name) or 0) > 0 for name in ("monthly_income", "assets")):
            present.add("finances")
    return present


def measure_many(customer_ids: Iterable[int]) -> dict[int, int]:
    """Return the completeness of many customers, three queries whatever their number."""
    ids = list(customer_ids)
    newest = FinancialProfile.objects.filter(customer_id__in=ids)
    profiles = {
        row.customer_id: row for row in newest.order_by("customer_id", "-as_of_date", "-id").distinct("customer_id")
    }
    card = BankCard.objects.filter(customer=OuterRef("pk"), state=BankCard.State.BOUND)
    rows = Customer.objects.filter(pk__in=ids).defer("search_grams", "labels", "custom").annotate(has_card=Exists(card))
    return {
        row.pk: quality.completeness(
            _list_present(row, profiles.get(row.pk), row.has_card),
            is_person=row.kind == Customer.Kind.PERSON,
            is_borrower=row.is_borrower,
            is_investor=row.is_investor,
        ).score
        for row in rows
    }


@dataclass(frozen=True)
class Finances:
    """What a customer's finances come to, with source and date."""

    profile: FinancialProfile
    capacity: sources.Capacity


def measure_finances(profile: FinancialProfile | None) -> Finances | None:
    """Return debt ratio and investable capacity by the newest statement."""
    if profile is None:
        return None
    capacity = sources.measure_capacity(
        monthly_income=Decimal(profile.monthly_income or 0),
        monthly_debt_payment=profile.monthly_debt_payment,
        assets=profile.assets,
        liabilities=profile.liabilities,
        other_platform_balance=profile.other_platform_balance,
    )
    return Finances(profile, capacity)
