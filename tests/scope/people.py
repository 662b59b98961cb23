"""A house of two departments, and customers whose every record carries the mark of the book it belongs to."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from core import clock, seeding
from core.fields import blind_index
from core.models import BusinessDate, User
from customers.models import Customer, CustomField, Pool
from customers.rules.names import build_name_keys
from staff import rights
from staff.models import Department, Role, Scope, StaffMember, Team
from staff.operations import create_department

TODAY = date(2026, 3, 2)
NOW = clock.at(TODAY, 10)
PASSWORD = "a-long-password-1"


@dataclass
class Territory:
    """A part of the book that belongs together: its mark stands in every text, its digits begin every amount."""

    key: str
    mark: str
    surname: str
    digits: str
    owner: StaffMember | None
    readers: list[StaffMember] = field(default_factory=list)
    borrower: Customer = None  # type: ignore[assignment]
    investor: Customer = None  # type: ignore[assignment]
    # What stands in addresses: kind of record -> public id, key or number.
    records: dict[str, Any] = field(default_factory=dict)

    def amount(self, n: int) -> str:
        """The n-th amount of this territory, for example 731104.25."""
        return f"{self.digits}{n:02d}.25"

    def text(self, kind: str) -> str:
        """What a record of a kind says."""
        return f"{self.mark}-{kind}"


@dataclass
class World:
    """Who works here and what each looks after."""

    departments: dict[str, Department]
    staff: dict[str, StaffMember]
    territories: dict[str, Territory]
    customers: dict[str, User] = field(default_factory=dict)

    def sees(self, name: str, territory: Territory) -> bool:
        """Tell, from the role's scope and nothing else of the product, whether a member's book holds a territory."""
        member, scope, owner = self.staff[name], self.scope(name), territory.owner
        if scope == Scope.ALL or member in territory.readers:
            return True
        if owner is None:
            return False
        if scope == Scope.DEPARTMENT:
            return owner.department.path.startswith(member.department.path)
        if scope == Scope.TEAM and member.team_id is not None:
            return owner.team_id == member.team_id
        return owner == member

    def scope(self, name: str) -> str:
        """Return how far a member's roles reach."""
        return max((role.scope for role in self.staff[name].roles.all()), key=list(Scope.values).index)

    def holds(self, name: str, right: str) -> bool:
        """Tell whether a member's roles grant a right."""
        return any(right in role.rights for role in self.staff[name].roles.all())

    @property
    def narrow(self) -> list[str]:
        """Who sees a part of the book only."""
        return [name for name in self.staff if not all(self.sees(name, one) for one in self.territories.values())]


# name -> (role, department, team). The last three have no standard role of that reach: they get one of their own.
STAFF: dict[str, tuple[str, str, str]] = {
    "rm-north": ("rm", "a", "north"),
    "rm-near": ("rm", "a", "near"),
    "rm-south": ("rm", "b", "south"),
    "former": ("rm", "a", "north"),
    "helper": ("rm", "a", "near"),
    "lead-north": ("team-lead", "a", "north"),
    "lead-south": ("team-lead", "b", "south"),
    "leaver-south": ("rm", "b", "south"),
    "service": ("service-agent", "service", ""),
    "data": ("data-officer", "data", ""),
    "risk": ("risk-officer", "risk", ""),
    "checker": ("risk-manager", "risk", ""),
    "manager": ("manager", "house", ""),
    "operations": ("operations", "house", ""),
    "auditor": ("auditor", "house", ""),
    "interface": ("intake-interface", "data", ""),
    "head-a": ("department-head", "a", ""),
    "marketer": ("marketer", "a", "north"),
    "everything": ("everything", "a", "near"),
}
OWN_ROLES = {
    "department-head": (Scope.DEPARTMENT, sorted(set(rights.ALL) - set(rights.OPERATIONS))),
    "marketer": (Scope.OWN, [rights.VIEW_CUSTOMERS, rights.WORK_LEADS, rights.VIEW_ANALYTICS, rights.VIEW_MESSAGES]),
    # Every right there is, over one's own customers, of whom there are none: what it shows, it shows to everybody.
    "everything": (Scope.OWN, sorted(rights.ALL)),
}


def build_house() -> World:
    """Seed the house and hire everybody."""
    BusinessDate.objects.all().delete()
    seeding.run_seeds(business_date=TODAY, now=NOW)
    BusinessDate.objects.update_or_create(pk=1, defaults={"value": TODAY})
    kinds = {"a": "RELATIONSHIP", "b": "RELATIONSHIP", "service": "SERVICE", "data": "DATA", "risk": "RISK"}
    places = {key: create_department(name=f"place-{key}", kind=kind) for key, kind in kinds.items()}
    places["house"] = create_department(name="place-house", kind="MANAGEMENT")
    teams = {
        name: Team.objects.create(name=name, department=places[place])
        for name, place in (("north", "a"), ("near", "a"), ("south", "b"))
    }
    for code, (scope, granted) in OWN_ROLES.items():
        Role.objects.create(code=code, name=code, scope=scope, rights=granted)
    staff = {name: _hire(name, role, places[place], teams.get(team)) for name, (role, place, team) in STAFF.items()}
    CustomField.objects.create(code="hobby", label="hobby", type="TEXT")
    return World(places, staff, _draw_territories(staff, places))


def _hire(name: str, role: str, place: Department, team: Team | None) -> StaffMember:
    user = User.objects.create(username=name, kind=User.Kind.STAFF, display_name=name)
    user.set_password(PASSWORD)
    user.save()
    member = StaffMember.objects.create(user=user, department=place, team=team)
    member.roles.add(Role.objects.get(code=role))
    return member


def _draw_territories(staff: dict[str, StaffMember], places: dict[str, Department]) -> dict[str, Territory]:
    south = staff["rm-south"]
    drawn = [
        Territory("north", "Norrmark", "桑", "7311", staff["rm-north"]),
        Territory("near", "Narrvik", "瞿", "7322", staff["rm-near"]),
        Territory("south", "Soderholm", "晁", "7333", south),
        # Looked after by the south, read by a colleague of the other department.
        Territory("shared", "Delatgods", "逄", "7344", south, [staff["helper"]]),
        # Both had passed through the hands of somebody who now has nothing to do with them.
        Territory("handed", "Forlorat", "仝", "7355", staff["former"]),
        Territory("dropped", "Slapptal", "亓", "7366", south, [staff["former"]]),
        Territory("pool-a", "Polarnord", "鄢", "7377", None),
        Territory("pool-b", "Polarsyd", "郏", "7388", None),
    ]
    found = {one.key: one for one in drawn}
    for number, one in enumerate(drawn):
        one.borrower = make_customer(one, f"{one.surname}贷{number}", 2 * number + 1, is_borrower=True)
        one.investor = make_customer(one, f"{one.surname}投{number}", 2 * number + 2, is_investor=True)
    for key, place in (("pool-a", "a"), ("pool-b", "b")):
        pool = Pool.objects.create(name=f"pool of {place}", department=places[place])
        Customer.objects.filter(pk__in=[found[key].borrower.pk, found[key].investor.pk]).update(
            pool=pool, pooled_at=NOW - timedelta(days=3)
        )
    return found


def make_customer(territory: Territory, name: str, number: int, **fields: Any) -> Customer:
    """An identified customer of a territory with search keys and facts that carry its mark."""
    keys = build_name_keys(name)
    phone = f"139{territory.digits}{number:04d}"
    return Customer.objects.create(
        number=f"C-{territory.digits}{number:02d}",
        name=name,
        name_key=keys.sort_key,
        search_grams=list(keys.grams),
        status=Customer.Status.IDENTIFIED,
        identity_number=f"110105199{territory.digits}0{number:03d}X",
        identity_index=f"identity-{territory.key}-{number}",
        phone=phone,
        phone_index=blind_index(phone, "phone"),
        phone_tail_index=blind_index(phone[-4:], "phone_tail"),
        birth_date=TODAY.replace(year=1990) + timedelta(days=1),
        address=f"北京市朝阳区{territory.mark}路{number}号",
        email=f"{territory.mark.lower()}{number}@example.com",
        rm=territory.owner,
        owned_since=NOW - timedelta(days=90) if territory.owner else None,
        registered_at=NOW - timedelta(days=10 + number),
        latest_contact_at=NOW - timedelta(days=3),
        source=territory.text("source"),
        interests=[territory.text("interest")],
        likes=territory.text("likes"),
        custom={"hobby": territory.text("hobby")},
        labels={"stage": {"value": "NEW", "rule": territory.text("rule"), "reason": territory.text("label")}},
        **fields,
    )
