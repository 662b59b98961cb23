"""A department with two RMs, a lead and a manager, their customers, and everything that may belong to a customer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from core import clock
from core.fields import blind_index
from core.models import User
from customers.models import Contact, ContactPlan, Customer, Lead, Note, Pool, Promise, WorkItem
from staff.models import Department, Role, StaffMember, Team
from staff.operations import create_department, ensure_standard_roles

_numbers = count(1)


@dataclass
class Desk:
    """Who works here."""

    place: Department
    team: Team
    rm: StaffMember
    other: StaffMember
    lead: StaffMember
    stranger: StaffMember
    manager: StaffMember
    pool: Pool


def make_member(role: str, place: Department, team: Team | None, *, capacity: int = 300) -> StaffMember:
    """A member of staff with one standard role."""
    user = User.objects.create(username=f"{role}-{next(_numbers)}", kind=User.Kind.STAFF)
    member = StaffMember.objects.create(user=user, department=place, team=team, capacity=capacity)
    member.roles.add(Role.objects.get(code=role))
    return member


def make_desk() -> Desk:
    """Two RMs of one team, one of another, a lead, a manager, and a pool for all of the department."""
    ensure_standard_roles(now=clock.now())
    number = next(_numbers)
    place = create_department(name=f"客户关系部{number}", kind="RELATIONSHIP")
    house = create_department(name=f"管理层{number}", kind="MANAGEMENT")
    team, far = (Team.objects.create(name=name, department=place) for name in ("一组", "二组"))
    return Desk(
        place=place,
        team=team,
        rm=make_member("rm", place, team),
        other=make_member("rm", place, team),
        lead=make_member("team-lead", place, team),
        stranger=make_member("rm", place, far),
        manager=make_member("manager", house, None),
        pool=Pool.objects.create(name=f"公海{number}", department=place),
    )


def make_customer(rm: StaffMember | None, now: datetime, **fields: object) -> Customer:
    """A customer of somebody's, or of nobody's."""
    number = next(_numbers)
    phone = f"138{number:08d}"
    return Customer.objects.create(
        **{
            "number": f"C-D{number}",
            "name": "王小明",
            "phone": phone,
            "phone_index": blind_index(phone, "phone"),
            "rm": rm,
            "owned_since": now - timedelta(days=100) if rm is not None else None,
            "registered_at": now - timedelta(days=200),
            **fields,
        }  # type: ignore[arg-type]
    )


def furnish(customer: Customer, member: StaffMember, now: datetime) -> None:
    """Give a customer a task, a plan, a promise, a lead and a note of his RM."""
    key = f"desk:{customer.pk}"
    WorkItem.objects.create(
        customer=customer, group="REVISIT", kind="test", reason_code="x", key=key, assignee=member, raised_at=now
    )
    ContactPlan.objects.create(
        customer=customer,
        member=member,
        channel=Contact.Channel.CALL,
        purpose="回访",
        planned_at=now + timedelta(days=1),
        created_at=now,
    )
    Promise.objects.create(customer=customer, member=member, text="回电", due_at=now + timedelta(days=2), made_at=now)
    Lead.objects.create(
        number=f"L-{customer.pk}",
        customer=customer,
        owner=member,
        role="BORROWER",
        method="PHONE",
        created_at=now,
    )
    Note.objects.create(customer=customer, text="喜欢喝茶", author=member, at=now)
