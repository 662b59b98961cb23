"""Who may see and do what: the one place that decides scope."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from core.errors import Refused
from core.models import User
from staff import rights
from staff.models import Department, Scope, StaffMember

_REACH = {Scope.OWN: 0, Scope.TEAM: 1, Scope.DEPARTMENT: 2, Scope.ALL: 3}


@dataclass(frozen=True)
class Access:
    """A member's rights, each with how far it reaches."""

    user_id: int
    member_id: int
    team_id: int | None
    department_path: str
    rights: dict[str, str]

    def has(self, right: str) -> bool:
        """Tell whether the member holds a right at all."""
        return right in self.rights

    def scope_of(self, right: str) -> str | None:
        """Return how far a right reaches, None without it."""
        return self.rights.get(right)


# Written out: every request of a member asks this, and building the query costs more than answering it.
_ACCESS = """
SELECT m.id, m.team_id, d.path, r.scope, r.rights
FROM staff_staffmember m
JOIN staff_department d ON d.id = m.department_id
LEFT JOIN staff_staffmember_roles h ON h.staffmember_id = m.id
LEFT JOIN staff_role r ON r.id = h.role_id
WHERE m.user_id = %s AND m.is_active
"""


def get_access(user: User) -> Access | None:
    """Return a staff user's rights; None for customers, leavers and strangers. One query, kept on the user object."""
    if not user.is_authenticated or user.kind != User.Kind.STAFF or not user.is_active:
        return None
    known: Access | None = getattr(user, "_staff_access", None)
    if known is not None:
        return known
    with connection.cursor() as cursor:
        cursor.execute(_ACCESS, [user.pk])
        rows = cursor.fetchall()
    if not rows:
        return None
    held: dict[str, str] = {}
    for _member, _team, _path, scope, granted in rows:
        for right in granted or []:
            if right not in held or _REACH[Scope(scope)] > _REACH[Scope(held[right])]:
                held[right] = scope
    member_id, team_id, path = rows[0][:3]
    access = Access(user.pk, member_id, team_id, path, held)
    user._staff_access = access  # type: ignore[attr-defined]
    return access


def access_right(user: User, right: str) -> Access:
    """Return the user's access when he holds the right. Raises Refused."""
    access = get_access(user)
    if access is None or not access.has(right):
        raise Refused
    return access


def may_enter_admin(user: User) -> bool:
    """Tell whether a user configures, approves or audits the whole house: what the admin shows belongs to no book."""
    access = get_access(user)
    return access is not None and any(access.scope_of(right) == Scope.ALL for right in rights.OPERATIONS)


def scope_condition(access: Access, right: str, owner: str) -> Q:
    """Return the filter that a right puts on records whose responsible member stands in the field named `owner`.

    An empty scope matches nothing. `owner` is a lookup path to StaffMember, such as `rm` or `customer__rm`; a path that
    ends in `rm` leads through a customer, whose collaborators (`reader_ids`, `writer_ids`) are let in too.
    """
    scope = access.scope_of(right)
    if scope is None:
        return Q(pk__in=[])
    if scope == Scope.ALL:
        return Q()
    if scope == Scope.DEPARTMENT:
        condition = Q(**{f"{owner}__department__path__startswith": access.department_path})
    elif scope == Scope.TEAM and access.team_id is not None:
        condition = Q(**{f"{owner}__team_id": access.team_id})
    else:
        condition = Q(**{f"{owner}_id" if "__" not in owner else f"{owner}__id": access.member_id})
    prefix, _separator, last = owner.rpartition("__")
    if last != "rm":
        return condition
    beside = "writer_ids" if right in rights.WRITING else "reader_ids"
    return condition | Q(**{f"{prefix}__{beside}__contains" if prefix else f"{beside}__contains": [access.member_id]})


def list_members_with_right(right: str) -> QuerySet[StaffMember]:
    """Return the active members who hold a right."""
    return StaffMember.objects.filter(is_active=True, roles__rights__contains=[right]).distinct()


def list_members_in_reach(access: Access, right: str) -> QuerySet[StaffMember]:
    """Return the members, leavers included, whose records a right reaches."""
    scope = access.scope_of(right)
    members = StaffMember.objects.all()
    if scope is None:
        return members.none()
    if scope == Scope.ALL:
        return members
    if scope == Scope.DEPARTMENT:
        return members.filter(department__path__startswith=access.department_path)
    if scope == Scope.TEAM and access.team_id is not None:
        return members.filter(team_id=access.team_id)
    return members.filter(pk=access.member_id)


def list_departments_below(path: str) -> QuerySet[Department]:
    """Return a department and all below it."""
    return Department.objects.filter(path__startswith=path)
