"""What this app knows about each customer, registered for lists, labels and segments: set-based SQL over all of them."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.registries import Act, Among, Attribute, Choices, acts, register_family
from customers.models import Consent, Customer
from customers.rules.health import HEALTHY
from customers.rules.sources import INCOME_BANDS
from staff.models import Department, StaffMember

_PROFILE: Final = _("Profile")
_CARE: Final = _("Contact and care")
_CONSENT: Final = _("Consent")
_DATES: Final = _("Dates")
AGE_BANDS: Final = ((18, "18-24"), (25, "25-34"), (35, "35-44"), (45, "45-54"), (55, "55+"))
_TODAY: Final = "(SELECT value FROM core_businessdate)"


def _write_age_band() -> str:
    cases = " ".join(f"WHEN a.years >= {floor} THEN '{band}'" for floor, band in reversed(AGE_BANDS))
    return f"CASE {cases} END"


def _build_profile(among: Among) -> str:
    # The birthday of 29 February is kept on the 28th: adding years to a date does that by itself.
    return f"""
    SELECT c.id AS customer_id, c.kind, c.status, c.is_borrower AS borrower, c.is_investor AS investor,
           c.stage, c.value_tier, c.risk_tier, nullif(c.investor_type, '') AS investor_type,
           nullif(left(c.region_code, 2), '') AS province, nullif(c.region_code, '') AS region,
           nullif(c.sex, '') AS sex, {_write_age_band()} AS age_band, nullif(c.source, '') AS source,
           c.rm_id::text AS rm, m.department_id::text AS department, c.pool_id IS NOT NULL AS in_pool,
           nullif(c.interests, '{{}}') AS interests, nullif(c.liquidity_need, '') AS liquidity_need, c.completeness,
           c.registered_at AS registered, c.latest_contact_at AS last_contact, c.next_promise_at AS next_promise,
           u.last_login AS last_login,
           (c.birth_date + make_interval(years => a.years + CASE WHEN
               (c.birth_date + make_interval(years => a.years))::date < {_TODAY} THEN 1 ELSE 0 END))::date AS next_birthday
    FROM customers_customer c
    LEFT JOIN staff_staffmember m ON m.id = c.rm_id
    LEFT JOIN core_user u ON u.id = c.user_id
    CROSS JOIN LATERAL (SELECT extract(year FROM age({_TODAY}, c.birth_date))::int AS years) a
    WHERE c.merged_into_id IS NULL {among("c.id")}
    """  # noqa: S608 - everything is our own


def _build_consents(among: Among) -> str:
    flags = ", ".join(
        f"bool_or(k.purpose = '{purpose}') AS consent_{purpose.lower()}" for purpose in Consent.Purpose.values
    )
    return f"""
    SELECT k.customer_id, {flags}
    FROM customers_consent k WHERE k.withdrawn_at IS NULL {among("k.customer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_care(among: Among) -> str:
    return f"""
    SELECT k.customer_id, count(*) AS contacts_90_days,
           count(*) FILTER (WHERE k.result <> 'NOT_REACHED') AS reached_90_days, sum(k.minutes) AS minutes_90_days
    FROM customers_contact k
    WHERE k.at >= {_TODAY} - 90 AND k.customer_id IS NOT NULL {among("k.customer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_promises(among: Among) -> str:
    return f"""
    SELECT p.customer_id, count(*) FILTER (WHERE p.state = 'OPEN') AS open_promises,
           count(*) FILTER (WHERE p.state = 'BROKEN') AS broken_promises
    FROM customers_promise p WHERE true {among("p.customer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_health(among: Among) -> str:
    return f"""
    SELECT c.id AS customer_id, coalesce(h.score, {HEALTHY}) AS health
    FROM customers_customer c LEFT JOIN customers_health h ON h.customer_id = c.id
    WHERE true {among("c.id")}
    """  # noqa: S608 - everything is our own


def _build_occupations(among: Among) -> str:
    return f"""
    SELECT DISTINCT ON (f.customer_id) f.customer_id, nullif(f.occupation, '') AS occupation, f.is_student AS student,
           nullif(f.income_band, '') AS income_band
    FROM customers_financialprofile f WHERE true {among("f.customer_id")}
    ORDER BY f.customer_id, f.as_of_date DESC, f.id DESC
    """  # noqa: S608 - everything is our own


def _list_members() -> Choices:
    members = StaffMember.objects.filter(is_active=True).select_related("user").order_by("user__display_name")
    return [(str(member.pk), str(member)) for member in members]


def _list_departments() -> Choices:
    return [(str(pk), name) for pk, name in Department.objects.order_by("path").values_list("pk", "name")]


_NEEDS: Final = (("LOW", _("low")), ("MIDDLE", _("middle")), ("HIGH", _("high")))
_PROFILES: Final = {
    "kind": Attribute(_("Kind"), "text", "customers.profile", _PROFILE, Customer.Kind.choices),
    "status": Attribute(_("Status"), "text", "customers.profile", _PROFILE, Customer.Status.choices),
    "borrower": Attribute(_("Borrower"), "flag", "customers.profile", _PROFILE),
    "investor": Attribute(_("Investor"), "flag", "customers.profile", _PROFILE),
    "stage": Attribute(_("Stage"), "text", "customers.profile", _PROFILE, Customer.Stage.choices),
    "value_tier": Attribute(_("Value tier"), "text", "customers.profile", _PROFILE, Customer.ValueTier.choices),
    "risk_tier": Attribute(_("Risk tier"), "text", "customers.profile", _PROFILE, Customer.RiskTier.choices),
    "investor_type": Attribute(
        _("Risk tolerance"), "text", "customers.profile", _PROFILE, [(f"C{n}", f"C{n}") for n in range(1, 6)]
    ),
    "province": Attribute(_("Province of issue (code)"), "text", "customers.profile", _PROFILE, for_marketing=True),
    "region": Attribute(_("Region of issue (code)"), "text", "customers.profile", _PROFILE, for_marketing=True),
    "sex": Attribute(
        _("Sex"), "text", "customers.profile", _PROFILE, [("M", _("male")), ("F", _("female"))], for_marketing=True
    ),
    "age_band": Attribute(
        _("Age"), "text", "customers.profile", _PROFILE, [(band, band) for _floor, band in AGE_BANDS],
        for_marketing=True,
    ),
    "source": Attribute(_("Source"), "text", "customers.profile", _PROFILE),
    "rm": Attribute(_("RM"), "text", "customers.profile", _PROFILE, _list_members),
    "department": Attribute(_("Department"), "text", "customers.profile", _PROFILE, _list_departments),
    "in_pool": Attribute(_("In a public pool"), "flag", "customers.profile", _PROFILE),
    "interests": Attribute(_("Interests"), "list", "customers.profile", _PROFILE, for_marketing=True),
    "liquidity_need": Attribute(_("Need for liquidity"), "text", "customers.profile", _PROFILE, _NEEDS),
    "completeness": Attribute(_("Completeness"), "count", "customers.profile", _PROFILE),
    "registered": Attribute(_("Registered"), "moment", "customers.profile", _DATES),
    "last_contact": Attribute(_("Latest contact"), "moment", "customers.profile", _DATES),
    "next_promise": Attribute(_("Next promised contact"), "moment", "customers.profile", _DATES),
    "last_login": Attribute(_("Latest log-in"), "moment", "customers.profile", _DATES),
    "next_birthday": Attribute(_("Next birthday"), "date", "customers.profile", _DATES, for_marketing=True),
}  # fmt: skip
_CONSENTS: Final = {
    f"consent_{purpose.lower()}": Attribute(label, "flag", "customers.consents", _CONSENT)
    for purpose, label in Consent.Purpose.choices
}
_CONTACTS: Final = {
    "contacts_90_days": Attribute(_("Contacts in 90 days"), "count", "customers.care", _CARE),
    "reached_90_days": Attribute(_("Times reached in 90 days"), "count", "customers.care", _CARE),
    "minutes_90_days": Attribute(_("Minutes of contact in 90 days"), "count", "customers.care", _CARE),
}
_PROMISES: Final = {
    "open_promises": Attribute(_("Open promises to the customer"), "count", "customers.promises", _CARE),
    "broken_promises": Attribute(_("Broken promises to the customer"), "count", "customers.promises", _CARE),
}
_OCCUPATIONS: Final = {
    "occupation": Attribute(_("Occupation"), "text", "customers.occupations", _PROFILE),
    "income_band": Attribute(
        _("Monthly income (thousand yuan)"), "text", "customers.occupations", _PROFILE,
        [(band, band) for _floor, band in reversed(INCOME_BANDS)], for_marketing=True,
    ),
    "student": Attribute(_("Full-time student"), "flag", "customers.occupations", _PROFILE),
}  # fmt: skip


def _count_contacts(label: Text, results: str = "") -> Act:
    def build(among: Among) -> str:
        return f"""
        SELECT k.customer_id, (k.at AT TIME ZONE 'Asia/Shanghai')::date AS on_date, NULL::numeric AS amount
        FROM customers_contact k WHERE k.customer_id IS NOT NULL {results} {among("k.customer_id")}
        """  # noqa: S608 - everything is our own

    return Act(label, build)


def _build_assessments(among: Among) -> str:
    return f"""
    SELECT q.customer_id, (q.assessed_at AT TIME ZONE 'Asia/Shanghai')::date AS on_date, NULL::numeric AS amount
    FROM customers_investorassessment q WHERE true {among("q.customer_id")}
    """  # noqa: S608 - everything is our own


def register_attributes() -> None:
    """Register the attributes of this app and what customers do that can be counted."""
    register_family("customers.profile", _build_profile, _PROFILES)
    register_family("customers.consents", _build_consents, _CONSENTS)
    register_family("customers.care", _build_care, _CONTACTS)
    register_family("customers.promises", _build_promises, _PROMISES)
    register_family("customers.occupations", _build_occupations, _OCCUPATIONS)
    register_family(
        "customers.health",
        _build_health,
        {"health": Attribute(_("Health"), "count", "customers.health", _CARE, is_listed=True)},
    )
    acts.register("contact", _count_contacts(_("was contacted")))
    acts.register("reached", _count_contacts(_("was reached"), "AND k.result <> 'NOT_REACHED'"))
    acts.register("assessment", Act(_("answered the questionnaire on risk"), _build_assessments))
