"""By what staff may narrow the list of customers: fields of the record, figures of other apps, the admin's own fields."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import DecimalField, Func, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThanOrEqual, IContains, LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.filtering import Compile, Filter, bounds, by_column
from core.registries import Attribute, attributes, read_attribute_sql, standing_tables
from core.rules.conditions import Condition, Field, Group, Operator, Type
from customers.fields import describe_custom
from customers.models import Customer, CustomField, Pool
from customers.queries.conflicts_of_sources import by_conflict
from staff import rights
from staff.queries import Access, list_members_in_reach

_ANY_AMOUNT = "0.01"
_PLAIN_NUMBER = r"^-?[0-9]{1,15}(?:\.[0-9]{1,6})?$"
ME = "me"
_TYPES = {"money": Type.MONEY, "count": Type.NUMBER, "date": Type.DATE}
_CUSTOM_TYPES = {
    CustomField.Type.TEXT: Type.TEXT,
    CustomField.Type.NUMBER: Type.NUMBER,
    CustomField.Type.DATE: Type.DATE,
    CustomField.Type.CHOICE: Type.CHOICE,
    CustomField.Type.YES_NO: Type.YES_NO,
}


def list_filters(access: Access, named: Collection[str], custom: Collection[CustomField]) -> dict[str, Filter]:
    """Return the filters of the customer list by key; those whose choices must be read have them only when named."""
    found = dict(RECORD)
    for key, attribute in attributes.items():
        if attribute.is_listed and attribute.type in _TYPES:
            field = Field(key, attribute.label, _TYPES[attribute.type])
            found[key] = Filter(field, by_attribute(key, attribute))
    for item in custom:
        found[f"custom.{item.code}"] = by_custom_field(item)
    found["rm"] = Filter(
        Field("rm", _("RM"), Type.CHOICE, _member_choices(access) if "rm" in named else ()), _by_member(access)
    )
    found["conflicts"] = Filter(Field("conflicts", _("Conflicting sources"), Type.YES_NO), by_conflict(access))
    pools = tuple((str(pk), name) for pk, name in Pool.objects.values_list("pk", "name")) if "pool" in named else ()
    found["pool"] = Filter(
        Field("pool", _("Public pool"), Type.CHOICE, pools), by_column("pool_id", Type.CHOICE, is_null=True)
    )
    return found


def list_custom_fields() -> list[CustomField]:
    """Return the fields that administrators added, in their order."""
    return list(CustomField.objects.filter(is_active=True))


def read_simple(values: dict[str, list[str]]) -> Group:
    """Return the conditions that the plain parameters `?stage=NEW&overdue=on` stand for; other parameters are left out."""
    parts: list[Condition] = []
    for key in ("stage", "risk_tier", "value_tier", "status", "rm"):
        given = tuple(value for value in values.get(key, []) if value)
        if given:
            parts.append(Condition(key, Operator.IN, given))
    role = (values.get("role") or [""])[-1]
    if role in {"borrower", "investor"}:
        parts.append(Condition(role, Operator.IS, ("yes",)))
    for key in ("overdue", "invested"):
        if (values.get(key) or [""])[-1] in {"on", "1", "true", "True"}:
            parts.append(Condition(key, Operator.MIN, (_ANY_AMOUNT,)))
    since = (values.get("registered_from") or [""])[-1]
    if since:
        parts.append(Condition("registered", Operator.MIN, (since,)))
    return Group(tuple(parts))


SIMPLE = frozenset(
    {"stage", "risk_tier", "value_tier", "status", "rm", "role", "overdue", "invested", "registered_from"}
)


def by_attribute(key: str, attribute: Attribute) -> Compile:
    """Return what filters by a figure of another app, where it is kept, or else as that app's rows are now."""
    # Table and SQL come from the registries, never from a request; values are parameters.
    if "customers" in standing_tables:
        standing = standing_tables.get("customers")
        source = f"SELECT s.{standing.key} AS customer_id, s.{key} AS value FROM {standing.table} s"  # noqa: S608
    else:
        source = read_attribute_sql(key)
    whole = f"SELECT a.customer_id FROM ({source}) a WHERE "  # noqa: S608
    type = _TYPES[attribute.type]

    def compile_attribute(operator: Operator, values: list[Any], now: datetime) -> Q:
        if operator in {Operator.EMPTY, Operator.FILLED}:
            known = Q(pk__in=RawSQL(f"{whole}a.value IS NOT NULL", []))  # noqa: S611
            return known if operator == Operator.FILLED else ~known
        low, high = bounds(operator, values, type, now)
        if operator == Operator.NOT_LAST:
            return ~compile_attribute(Operator.LAST, values, now)
        tests = [("a.value >= %s", low)] if low is not None else []
        tests += [("a.value <= %s", high)] if high is not None else []
        return Q(pk__in=RawSQL(whole + " AND ".join(sql for sql, _value in tests), [v for _sql, v in tests]))  # noqa: S611

    return compile_attribute


def by_custom_field(item: CustomField) -> Filter:
    """Return the filter of a field that an administrator added."""
    type = _CUSTOM_TYPES[CustomField.Type(item.type)]
    field = Field(
        f"custom.{item.code}", describe_custom(item).label, type, tuple((choice, choice) for choice in item.choices)
    )
    known = Q(custom__has_key=item.code)

    def compile_custom(operator: Operator, values: list[Any], now: datetime) -> Q:
        if operator in {Operator.EMPTY, Operator.FILLED}:
            return known if operator == Operator.FILLED else ~known
        if operator in {Operator.IS, Operator.IN, Operator.NOT} and type not in {Type.DATE, Type.NUMBER}:
            found = Q()
            for value in values:
                found |= Q(custom__contains={item.code: value})
            return ~found if operator == Operator.NOT else found
        if operator == Operator.HAS:
            return known & Q(IContains(KeyTextTransform(item.code, "custom"), values[0]))
        low, high = bounds(operator, values, type, now)
        found = known
        if type == Type.DATE:
            text = KeyTextTransform(item.code, "custom")
            found &= Q(GreaterThanOrEqual(text, low.isoformat())) if low is not None else Q()
            found &= Q(LessThanOrEqual(text, high.isoformat())) if high is not None else Q()
            return ~found if operator == Operator.NOT_LAST else found
        # Numbers are kept as text; what an earlier type of the field has left behind counts as unknown.
        digits = Func(KeyTextTransform(item.code, "custom"), Value(_PLAIN_NUMBER), function="substring")
        number = Cast(digits, DecimalField(max_digits=30, decimal_places=6))
        found &= Q(GreaterThanOrEqual(number, low)) if low is not None else Q()
        return found & (Q(LessThanOrEqual(number, high)) if high is not None else Q())

    return Filter(field, compile_custom)


def _member_choices(access: Access) -> tuple[tuple[str, Any], ...]:
    members = list_members_in_reach(access, rights.VIEW_CUSTOMERS).select_related("user").order_by("user__display_name")
    return ((ME, pgettext_lazy("RM", "me")), *((str(member.pk), str(member)) for member in members))


def _by_member(access: Access) -> Compile:
    plain = by_column("rm_id", Type.CHOICE, is_null=True)

    def compile_member(operator: Operator, values: list[Any], now: datetime) -> Q:
        return plain(operator, [access.member_id if value == ME else int(value) for value in values], now)

    return compile_member


def _record(
    key: str,
    label: Any,
    type: Type,
    lookup: str = "",
    *,
    choices: Any = (),
    is_null: bool = False,
    can_be_empty: bool = False,
) -> tuple[str, Filter]:
    field = Field(key, label, type, tuple(choices), can_be_empty=can_be_empty or is_null)
    return key, Filter(field, by_column(lookup or key, type, is_null=is_null))


RECORD: dict[str, Filter] = dict(
    [
        _record("stage", _("Stage"), Type.CHOICE, choices=Customer.Stage.choices),
        _record("risk_tier", _("Risk tier"), Type.CHOICE, choices=Customer.RiskTier.choices),
        _record("value_tier", _("Value tier"), Type.CHOICE, choices=Customer.ValueTier.choices),
        _record("status", _("Status"), Type.CHOICE, choices=Customer.Status.choices),
        _record("kind", _("Kind"), Type.CHOICE, choices=Customer.Kind.choices),
        _record("borrower", _("Borrower"), Type.YES_NO, "is_borrower"),
        _record("investor", _("Investor"), Type.YES_NO, "is_investor"),
        _record(
            "investor_type",
            _("Risk tolerance"),
            Type.CHOICE,
            choices=[(f"C{n}", f"C{n}") for n in range(1, 6)],
            can_be_empty=True,
        ),
        _record(
            "liquidity_need",
            _("Need for liquidity"),
            Type.CHOICE,
            choices=[("LOW", _("low")), ("MIDDLE", _("middle")), ("HIGH", _("high"))],
            can_be_empty=True,
        ),
        _record("interests", _("Interests"), Type.LIST, can_be_empty=True),
        _record("likes", _("Personal likes"), Type.TEXT, can_be_empty=True),
        _record("source", _("Source"), Type.TEXT, can_be_empty=True),
        _record("registered", _("Registered"), Type.MOMENT, "registered_at"),
        _record("contact", _("Latest contact"), Type.MOMENT, "latest_contact_at", is_null=True),
        _record("promise", _("Next promised contact"), Type.MOMENT, "next_promise_at", is_null=True),
        _record("birth", _("Birth date"), Type.DATE, "birth_date", is_null=True),
        _record("completeness", _("Completeness"), Type.NUMBER),
        _record("protected", _("Protected"), Type.YES_NO, "is_protected"),
    ]
)


def fields_of(filters: dict[str, Filter]) -> dict[str, Field]:
    """Return the fields alone, for reading, checking and describing conditions."""
    return {key: item.field for key, item in filters.items()}
