"""Departments and approvals."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock, parameters
from core.changes import ChangeInvalid, appliers, check_live, write_values
from core.errors import BusinessError, Refused
from core.models import ApiToken, Parameter, User
from staff import rights
from staff.models import Approval, Department, Role, StaffMember, Team
from staff.queries import access_right

CHANGE: Final = "staff.change"


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


@transaction.atomic
def ensure_standard_roles(*, now: datetime) -> None:
    """Create the roles a new installation starts with; existing ones get what was invented since, and nothing twice.

    A right that was offered before and is not there was taken away on purpose, and stays away.
    """
    for code, (name, scope, granted) in rights.STANDARD_ROLES.items():
        values = {"name": name, "scope": scope, "rights": list(granted), "offered": list(granted)}
        role, is_new = Role.objects.select_for_update(no_key=True).get_or_create(code=code, defaults=values)
        offered = [right for right in granted if right not in role.offered]
        if is_new or not offered:
            continue
        added = [right for right in offered if right not in role.rights]
        role.rights = [*role.rights, *added]
        role.offered = [*role.offered, *offered]
        role.save(update_fields=["rights", "offered"])
        if added:
            audit.record(actor=None, action="staff.role_offered", target=role, data={"added": added}, now=now)


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
    approval = Approval.objects.select_for_update(no_key=True).get(pk=approval_id)
    if approval.state != Approval.State.PENDING:
        raise AlreadyDecided
    if approval.maker_id == actor.pk:
        raise OwnApproval
    if actor.kind != User.Kind.STAFF or not actor.is_active:
        raise Refused
    approval.state = Approval.State.APPROVED if is_approved else Approval.State.REJECTED
    approval.checker = actor
    approval.decided_at = now
    approval.decision_note = note[:300]
    approval.save(update_fields=["state", "checker", "decided_at", "decision_note"])
    audit.record(
        actor=actor,
        action="staff.approval_decided",
        target=approval,
        data={"approved": is_approved},
        reason=note[:300],
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


@transaction.atomic
def ask_change(*, target: models.Model, values: dict[str, Any], reason: str, actor: User, now: datetime) -> Approval:
    """Ask a second person to change a record of configuration; what could not be carried out is refused at once.

    Raises Refused, AlreadyAsked, ChangeInvalid and what the record's own app raises.
    """
    access_right(actor, rights.CONFIGURE)
    if not reason.strip():
        raise ChangeInvalid(fields={"reason": [_("Say why.")]})
    trial = transaction.savepoint()
    _apply(target._meta.label_lower, str(target.pk), values, actor, now)
    transaction.savepoint_rollback(trial)
    return ask_approval(kind=CHANGE, target=target, payload=values, reason=reason, actor=actor, now=now)


@transaction.atomic
def decide_change(*, approval_id: int, is_approved: bool, note: str, actor: User, now: datetime) -> Approval:
    """Decide a change as the second person and carry it out. Raises Refused, AlreadyDecided, OwnApproval."""
    access_right(actor, rights.APPROVE_CONFIGURATION)
    approval = decide_approval(approval_id=approval_id, is_approved=is_approved, note=note, actor=actor, now=now)
    if is_approved:
        check_live(approval.target_type, approval.target_id)
        _apply(approval.target_type, approval.target_id, approval.payload, actor, now)
    return approval


def _apply(label: str, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> None:
    appliers.get(label)(target_id=target_id, values=values, actor=actor, now=now)


def apply_role(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> Role:
    """Change what a role may do and how far it reaches. Raises ChangeInvalid."""
    role = Role.objects.select_for_update(no_key=True).get(pk=target_id)
    if unknown := set(values.get("rights", [])) - rights.ALL:
        raise ChangeInvalid(fields={"rights": [f"{_('Unknown rights')}: {', '.join(sorted(unknown))}"]})
    before = write_values(role, values, allowed=("name", "scope", "rights"))
    _note_change("staff.role_changed", role, before, values, actor, now)
    return role


def apply_member(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> StaffMember:
    """Move a member of staff, or change his roles and capacity. Raises ChangeInvalid."""
    member = StaffMember.objects.select_for_update(no_key=True).get(pk=target_id)
    before = write_values(member, values, allowed=("department", "team", "roles", "capacity", "is_active"))
    _note_change("staff.member_changed", member, before, values, actor, now)
    return member


@transaction.atomic
def deactivate_member(*, member_id: int, actor: User, now: datetime) -> StaffMember:
    """End a leaver's access: his place, his log-in and his tokens; his name stays where it stands."""
    member = StaffMember.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=member_id)
    member.is_active = False
    member.save(update_fields=["is_active"])
    member.user.is_active = False
    member.user.save(update_fields=["is_active"])
    ApiToken.objects.filter(user=member.user).delete()
    audit.record(actor=actor, action="staff.member_left", target=member, now=now)
    return member


def apply_parameter(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> models.Model:
    """Give a rule a new value from a date on; the row it was asked on stays as it is. Raises ParameterInvalid."""
    present = Parameter.objects.select_for_update(no_key=True).get(pk=target_id)
    row = parameters.set_value(
        present.rule_code,
        values["value"],
        valid_from=date.fromisoformat(values["valid_from"]),
        source=values["source"],
        business_date=clock.business_date(),
    )
    audit.record(actor=actor, action="core.parameter_set", target=row, data=values, now=now)
    return row


def _note_change(
    action: str, row: models.Model, before: dict[str, Any], after: dict[str, Any], actor: User, now: datetime
) -> None:
    audit.record(actor=actor, action=action, target=row, data={"before": before, "after": after}, now=now)
