"""Departments and approvals."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, Refused
from core.models import User
from staff import rights
from staff.models import Approval, Department, Role, StaffMember, Team


class OwnApproval(BusinessError):
    """The maker tried to be the checker."""

    code = "own_approval"
    message = _("You asked for this yourself, so another person has to decide.")


class AlreadyDecided(BusinessError):
    """The approval is no longer pending."""

    code = "already_decided"
    message = _("This has been decided already.")


class AlreadyAsked(BusinessError):
    """The same approval is pending."""

    code = "already_asked"
    message = _("The same request already waits for a decision.")


def create_department(*, name: str, kind: str, parent: Department | None = None) -> Department:
    """Create a department below its parent."""
    with transaction.atomic():
        department = Department.objects.create(name=name, kind=kind, parent=parent)
        department.path = f"{parent.path if parent else ''}{department.pk:06d}/"
        department.save(update_fields=["path"])
    return department


def ensure_standard_roles() -> None:
    """Create the roles a new installation starts with; existing ones stay as they are."""
    for code, (name, scope, granted) in rights.STANDARD_ROLES.items():
        Role.objects.get_or_create(code=code, defaults={"name": name, "scope": scope, "rights": list(granted)})


@transaction.atomic
def ask_approval(
    *, kind: str, target: models.Model, payload: dict[str, Any], reason: str, actor: User, now: datetime
) -> Approval:
    """Ask a second person to decide a sensitive act. Raises AlreadyAsked."""
    pending = Approval.objects.filter(
        kind=kind, target_type=target._meta.label_lower, target_id=str(target.pk), state=Approval.State.PENDING
    )
    if pending.exists():
        raise AlreadyAsked
    approval = Approval.objects.create(
        kind=kind,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        payload=payload,
        reason=reason,
        maker=actor,
        asked_at=now,
    )
    audit.record(actor=actor, action="staff.approval_asked", target=approval, data=payload, reason=reason, now=now)
    return approval


@transaction.atomic
def decide_approval(*, approval_id: int, is_approved: bool, note: str, actor: User, now: datetime) -> Approval:
    """Record the second person's decision; carrying it out is the caller's next step in the same transaction.

    Raises AlreadyDecided, OwnApproval, Refused.
    """
    approval = Approval.objects.select_for_update().get(pk=approval_id)
    if approval.state != Approval.State.PENDING:
        raise AlreadyDecided
    if approval.maker_id == actor.pk:
        raise OwnApproval
    if actor.kind != User.Kind.STAFF or not actor.is_active:
        raise Refused
    approval.state = Approval.State.APPROVED if is_approved else Approval.State.REJECTED
    approval.checker = actor
    approval.decided_at = now
    approval.decision_note = note
    approval.save(update_fields=["state", "checker", "decided_at", "decision_note"])
    audit.record(
        actor=actor,
        action="staff.approval_decided",
        target=approval,
        data={"approved": is_approved},
        reason=note,
        now=now,
    )
    return approval


@transaction.atomic
def hire(
    *,
    username: str,
    name: str,
    password: str,
    department: Department,
    team_name: str,
    role_codes: Sequence[str],
    uses_admin: bool,
) -> StaffMember:
    """Create a colleague's log-in with his place and roles; one who is there keeps his password."""
    user, is_new = User.objects.get_or_create(
        username=username, defaults={"display_name": name, "kind": User.Kind.STAFF, "is_staff": uses_admin}
    )
    if is_new:
        user.set_password(password)
        user.save(update_fields=["password"])
    team, _created = Team.objects.get_or_create(department=department, name=team_name)
    member, _created = StaffMember.objects.get_or_create(user=user, defaults={"department": department, "team": team})
    member.roles.set(Role.objects.filter(code__in=role_codes))
    return member
