"""Setting facts: clean, compare with what the editor saw, weigh the sources, write, keep what was before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from core import audit, clock
from core.errors import Text
from core.fields import blind_index
from core.models import User
from core.outbox import publish
from customers import fields as specs
from customers.events import CustomerFactsChanged
from customers.fields import Field, Place, Unfit
from customers.models import Customer, FieldChange, FieldClaim, FinancialProfile
from customers.operations import history
from customers.operations.facts.refusals import (
    FactLocked,
    FactsConflict,
    FieldConflict,
    InvalidFacts,
    LogInPhone,
    RecordMerged,
    UnknownFact,
    ValueTaken,
)
from customers.queries import facts as reads
from customers.queries.own import get_latest_profile
from customers.rules import identity, names, quality, sources
from customers.rules.quality import Fault
from customers.rules.sources import Source, band_income

_COPIED: Final = ("monthly_income", "monthly_debt_payment", "assets", "liabilities", "other_platform_balance", "occupation", "employer", "is_student", "employment_years", "housing")  # fmt: skip
_UNIQUE: Final = {"customer_phone_unique": "phone", "customer_identity_unique": "identity_number"}


@dataclass(frozen=True)
class FactsResult:
    """What came of it: the fields written, those kept as a claim only, and the statement of finances if one was made."""

    customer: Customer
    changed: tuple[str, ...] = ()
    claimed: tuple[str, ...] = ()
    profile: FinancialProfile | None = None


@dataclass
class _Change:
    """One run over one locked customer."""

    customer: Customer
    profile: FinancialProfile | None
    fields: dict[str, Field]
    source: str
    is_informed: bool
    is_confirmed: bool
    now: datetime
    claims: dict[tuple[str, str], FieldClaim] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    old: dict[str, str] = field(default_factory=dict)
    new: dict[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.astimezone(clock.SHANGHAI).date()


@transaction.atomic
def set_facts(
    *,
    customer_id: int,
    values: Mapping[str, Any],
    source: str,
    actor: User | None,
    now: datetime,
    expected: Mapping[str, Any] | None = None,
    as_of_date: date | None = None,
    is_confirmed: bool = False,
) -> FactsResult:
    """Change fields of a profile: each with its history, its source, and the sources' order of trust.

    `expected` holds what the editor saw of each field, as values or as stamps: where it is something else by now,
    FactsConflict is raised and nothing is written. A value from a less trusted source is kept as a claim beside the
    stored one, unless its editor saw what he replaces. Finances make a new dated statement.
    The phone that somebody logs in by changes only where `is_confirmed` says that he has proven the new one.
    Raises UnknownFact, InvalidFacts, FactLocked, LogInPhone, FactsConflict, ValueTaken, RecordMerged.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    known = specs.pick_fields(reads.list_fields(), customer.kind)
    _refuse_unknown(values, known)
    if customer.merged_into_id is not None:
        raise RecordMerged
    change = _Change(
        customer,
        get_latest_profile(customer),
        known,
        source[: sources.LONGEST],
        expected is not None,
        is_confirmed,
        now,
    )
    _clean(change, values)
    if expected is not None:
        _refuse_overtaken(change, expected)
    rows = FieldClaim.objects.filter(customer=customer, field__in=list(change.values))
    change.claims = {(claim.field, claim.source): claim for claim in rows}
    written = _choose(change)
    _claim(change, settled=written if change.is_informed else ())
    kept = tuple(name for name in change.values if name not in written and change.new[name] != change.old[name])
    if not written:
        return FactsResult(customer, (), kept)
    profile = _write(change, written, as_of_date or change.today)
    _note(change, written, actor)
    return FactsResult(customer, tuple(written), kept, profile)


def _refuse_unknown(values: Mapping[str, Any], known: Mapping[str, Field]) -> None:
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise UnknownFact(fields={name[:80]: [UnknownFact.message] for name in unknown[:20]})


def _clean(change: _Change, values: Mapping[str, Any]) -> None:
    """Bring the values into their normal form; all faults are told at once."""
    faults: dict[str, list[Text]] = {}
    customer = change.customer
    for name, value in values.items():
        spec = change.fields[name]
        try:
            cleaned = specs.clean(spec, value)
        except Unfit as error:
            faults[name] = [specs.SENTENCES[error.fault]]
            continue
        text = specs.as_text(spec, cleaned)
        # Silence is no statement, unless it comes from somebody who means to empty the field.
        if not text and sources.read_source(change.source) not in {Source.RM, Source.SELF}:
            continue
        change.values[name] = cleaned
        change.new[name] = text
        change.old[name] = specs.as_text(spec, specs.read(spec, customer, change.profile))
    for name, fault in _check_together(change):
        faults.setdefault(name, [specs.SENTENCES[fault]])
    if faults:
        raise InvalidFacts(fields=faults)


def _check_together(change: _Change) -> Iterable[tuple[str, Fault]]:
    """Yield the faults that take more than the value itself to see."""
    values, customer = change.values, change.customer
    is_person = customer.kind == Customer.Kind.PERSON
    number = values.get("identity_number", customer.identity_number)
    found = {
        "name": lambda value: quality.check_name(value, is_person=is_person),
        "legal_representative": quality.check_name,
        "contact_person": quality.check_name,
        "identity_number": lambda value: quality.check_identity_number(value, on=change.today, is_person=is_person),
        "birth_date": lambda value: quality.check_birth_date(
            value, identity_number=number if is_person else "", on=change.today
        ),
        "sex": lambda value: quality.check_sex(value, identity_number=number if is_person else "", on=change.today),
    }
    # The register has confirmed what the identity check says: nothing here knows better.
    if sources.read_source(change.source) is Source.IDENTITY_CHECK:
        return
    for name, check in found.items():
        fault = check(values[name]) if name in values and change.new[name] != change.old[name] else None
        if fault is not None:
            yield name, fault


def _refuse_overtaken(change: _Change, expected: Mapping[str, Any]) -> None:
    conflicts = []
    for name, seen in expected.items():
        spec = change.fields.get(name)
        if spec is None or name not in change.values or change.new[name] == change.old[name]:
            continue
        if not reads.is_seen(spec, seen, change.customer, change.profile):
            conflicts.append(
                FieldConflict(
                    name,
                    spec.label,
                    specs.show(spec, change.new[name]),
                    specs.show(spec, change.old[name]),
                    _name_original(spec, seen, change.customer),
                )
            )
    if conflicts:
        raise FactsConflict(conflicts)


def _name_original(spec: Field, seen: Any, customer: Customer) -> str | None:
    if isinstance(seen, reads.Stamp):
        return reads.find_original(spec, customer, seen)
    try:
        return specs.show(spec, specs.as_text(spec, specs.clean(spec, seen))) if seen not in (None, "") else ""
    except Unfit:
        return None


def _choose(change: _Change) -> list[str]:
    """Return the fields whose stored value gives way. Raises FactLocked, LogInPhone to those who edit; others only claim."""
    chosen, locked, by_phone = [], [], []
    is_check = sources.read_source(change.source) is Source.IDENTITY_CHECK
    for name in change.values:
        if change.new[name] == change.old[name]:
            continue
        spec = change.fields[name]
        if reads.is_locked(spec, change.customer) and not is_check:
            locked.append(name)
            continue
        if name == "phone" and change.customer.user_id is not None and not change.is_confirmed:
            by_phone.append(name)
            continue
        if change.old[name]:
            holder, _as_of = reads.source_of(spec, change.customer, change.profile, change.claims.values())
            if not sources.may_replace(change.source, holder, is_informed=change.is_informed):
                continue
        chosen.append(name)
    if by_phone and sources.read_source(change.source) in {Source.RM, Source.SELF}:
        raise LogInPhone(fields={name: [LogInPhone.message] for name in by_phone})
    if locked and sources.read_source(change.source) in {Source.RM, Source.SELF}:
        raise FactLocked(fields={name: [FactLocked.message] for name in locked})
    return chosen


def _claim(change: _Change, settled: Iterable[str]) -> None:
    """Keep what the source says; who replaced what he saw has decided against the other sources too."""
    rows = []
    for name in sorted(change.values):
        index = reads.index_of(change.fields[name], change.new[name])
        known = change.claims.get((name, change.source))
        is_same = known is not None and known.value_index == index
        rows.append(
            FieldClaim(
                customer=change.customer,
                field=name,
                source=change.source,
                value=change.new[name],
                value_index=index,
                as_of=change.now,
                settled_at=known.settled_at if known is not None and is_same else None,
            )
        )
    FieldClaim.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["customer", "field", "source"],
        update_fields=["value", "value_index", "as_of", "settled_at"],
    )
    names_settled = list(settled)
    if names_settled:
        others = FieldClaim.objects.filter(customer=change.customer, field__in=names_settled, settled_at__isnull=True)
        others.exclude(source=change.source).update(settled_at=change.now)


def _write(change: _Change, written: list[str], as_of_date: date) -> FinancialProfile | None:
    customer = change.customer
    _derive(change, written)
    columns = {"version", "completeness"}
    for name in written:
        spec, value = change.fields[name], change.values[name]
        if spec.place is Place.CUSTOM:
            customer.custom = {key: held for key, held in customer.custom.items() if key != spec.key}
            if change.new[name]:
                customer.custom[spec.key] = value
            columns.add("custom")
        elif spec.place is Place.RECORD:
            setattr(customer, spec.key, value)
            columns |= {spec.key, *_follow(customer, spec.key)}
    profile = _state_finances(change, written, as_of_date)
    customer.version += 1
    customer.completeness = reads.measure_completeness(customer, profile or change.profile).score
    try:
        with transaction.atomic():
            customer.save(update_fields=sorted(columns))
    except IntegrityError as error:
        name = next((held for key, held in _UNIQUE.items() if key in str(error)), "")
        if not name:
            raise
        raise ValueTaken(fields={name: [ValueTaken.message]}) from None
    if "name" in written and customer.user is not None:
        customer.user.display_name = customer.name
        customer.user.save(update_fields=["display_name"])
    return profile


def _derive(change: _Change, written: list[str]) -> None:
    """Let a person's identity number say birth date and sex where nobody has."""
    number = change.values.get("identity_number", "")
    if "identity_number" not in written or not number or change.customer.kind != Customer.Kind.PERSON:
        return
    if not identity.check_citizen_number(number, change.today).is_valid:
        return
    said = identity.read_citizen_number(number)
    for name, value in (("birth_date", said.birth_date), ("sex", str(said.sex))):
        text = specs.as_text(change.fields[name], value)
        old = specs.as_text(change.fields[name], getattr(change.customer, name))
        if name not in written and text != old:
            change.values[name], change.new[name], change.old[name] = value, text, old
            written.append(name)


def _follow(customer: Customer, name: str) -> set[str]:
    """Keep what is derived from a column and return the columns that were touched."""
    if name == "name":
        keys = names.build_name_keys(customer.name, is_person=customer.kind == Customer.Kind.PERSON)
        customer.name_key, customer.search_grams = keys.sort_key, list(keys.grams)
        return {"name_key", "search_grams"}
    if name == "phone":
        customer.phone_index = blind_index(customer.phone, "phone")
        customer.phone_tail_index = blind_index(customer.phone[-4:], "phone_tail")
        return {"phone_index", "phone_tail_index"}
    if name == "identity_number":
        customer.identity_index = blind_index(customer.identity_number, "identity")
        customer.region_code = customer.identity_number[:6] if customer.kind == Customer.Kind.PERSON else ""
        return {"identity_index", "region_code"}
    return set()


def _state_finances(change: _Change, written: list[str], as_of_date: date) -> FinancialProfile | None:
    stated = {name: change.values[name] for name in written if change.fields[name].place is Place.FINANCES}
    if not stated:
        return None
    if "monthly_income" in stated:
        stated["monthly_income"] = change.new["monthly_income"]
    if stated.get("is_student", False) is None:
        stated["is_student"] = False
    held = {name: getattr(change.profile, name) for name in _COPIED} if change.profile is not None else {}
    # The newest statement counts: one that is made later must not be dated before the one it replaces.
    day = max(as_of_date, change.profile.as_of_date) if change.profile is not None else as_of_date
    values = {**held, **stated}
    return FinancialProfile.objects.create(
        customer=change.customer,
        as_of_date=day,
        source=change.source,
        income_band=band_income(values.get("monthly_income", "")),
        **values,
    )


def _note(change: _Change, written: list[str], actor: User | None) -> None:
    customer, now = change.customer, change.now
    FieldChange.objects.bulk_create(
        FieldChange(
            customer=customer,
            field=name,
            old=change.old[name],
            new=change.new[name],
            source=change.source,
            actor=actor,
            at=now,
        )
        for name in written
    )
    audit.record(
        actor=actor,
        action="customers.facts_changed",
        target=customer,
        data={"fields": sorted(written), "source": change.source},
        now=now,
    )
    one = len(written) == 1
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code="customers.fact_changed" if one else "customers.facts_changed",
        params={
            "field": str(written[0]) if one else "",
            "count": len(written),
            "source": str(sources.read_source(change.source)),
        },
        at=now,
        key=f"facts:{customer.pk}:{customer.version}",
        actor=actor,
    )
    publish(CustomerFactsChanged(customer_id=customer.pk, fields=tuple(sorted(written))), now=now)
