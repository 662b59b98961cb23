"""Departments, people, roles, and the approvals by a second person."""

from typing import Any

import orjson
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core import clock
from core.registries import approvals
from staff import rights
from staff.admin_access import ChangedByTwo, ReadableByStaff, ReasonForm, actor_of, attempt, holds
from staff.models import Approval, Department, Role, StaffMember, Team
from staff.operations import create_department


@admin.register(Department)
class DepartmentAdmin(ReadableByStaff, ModelAdmin):
    """The tree of departments; a new one is added below its parent."""

    list_display = ("name", "kind", "parent", "path")
    list_filter = ("kind",)
    list_select_related = ("parent",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure."""
        return holds(request, rights.CONFIGURE)

    def save_model(self, request: HttpRequest, obj: Department, form: Any, change: bool) -> None:
        """Create it through the operation."""
        obj.pk = create_department(name=obj.name, kind=obj.kind, parent=obj.parent).pk


@admin.register(Team)
class TeamAdmin(ReadableByStaff, ModelAdmin):
    """Teams of the departments."""

    list_display = ("name", "department")
    list_filter = ("department",)
    list_select_related = ("department",)


class RoleForm(ReasonForm):
    """A role, its rights as boxes to tick."""

    rights = forms.MultipleChoiceField(
        label=_("rights"),
        choices=[(code, code) for code in sorted(rights.ALL)],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(Role)
class RoleAdmin(ChangedByTwo, ModelAdmin):
    """What people may do; a change needs a second person."""

    form = RoleForm
    changeable = ("name", "scope", "rights")
    list_display = ("code", "name", "scope", "rights_shown")

    @admin.display(description=_("rights"))
    def rights_shown(self, role: Role) -> str:
        """Return the codes."""
        return ", ".join(role.rights)


@admin.register(StaffMember)
class StaffMemberAdmin(ChangedByTwo, ModelAdmin):
    """Who works where in which roles; a change needs a second person."""

    changeable = ("department", "team", "roles", "capacity", "is_active")
    list_display = ("user", "department", "team", "roles_shown", "capacity", "is_active")
    list_filter = ("department", "roles", "is_active")
    search_fields = ("user__username", "user__display_name")
    list_select_related = ("user", "department", "team")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffMember]:
        """Fetch the roles with the members."""
        return super().get_queryset(request).prefetch_related("roles")

    @admin.display(description=_("roles"))
    def roles_shown(self, member: StaffMember) -> str:
        """Return the names."""
        return ", ".join(role.name for role in member.roles.all())


@admin.register(Approval)
class ApprovalAdmin(ReadableByStaff, ModelAdmin):
    """What waits for a second person, and what became of it."""

    list_display = ("asked_at", "kind", "target_type", "target_id", "maker", "reason", "state", "checker", "decided_at")
    list_filter = ("state", "kind")
    search_fields = ("target_id", "reason")
    list_select_related = ("maker", "checker")
    exclude = ("payload",)
    readonly_fields = ("change",)
    actions = ("approve_selected", "reject_selected")

    @admin.display(description=_("what would change"))
    def change(self, approval: Approval) -> str:
        """Return the payload for reading."""
        return format_html("<pre>{}</pre>", orjson.dumps(approval.payload, option=orjson.OPT_INDENT_2).decode())

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Those who approve."""
        return holds(request, rights.APPROVE_CONFIGURATION)

    @admin.action(description=_("Approve"), permissions=["approve"])
    def approve_selected(self, request: HttpRequest, chosen: QuerySet[Approval]) -> None:
        """Approve and carry out."""
        self._decide(request, chosen, is_approved=True)

    @admin.action(description=_("Reject"), permissions=["approve"])
    def reject_selected(self, request: HttpRequest, chosen: QuerySet[Approval]) -> None:
        """Reject."""
        self._decide(request, chosen, is_approved=False)

    @staticmethod
    def _decide(request: HttpRequest, chosen: QuerySet[Approval], *, is_approved: bool) -> None:
        said = _("%(approval)s approved.") if is_approved else _("%(approval)s rejected.")
        for approval in chosen:
            if approval.kind not in approvals:
                messages.warning(request, _("%(approval)s is decided on its own page.") % {"approval": approval})
                continue
            _decide_one(request, approval, is_approved=is_approved, said=said % {"approval": approval})


def _decide_one(request: HttpRequest, approval: Approval, *, is_approved: bool, said: str) -> None:
    decide = approvals.get(approval.kind)
    attempt(
        request,
        lambda: decide(
            approval_id=approval.pk, is_approved=is_approved, note="", actor=actor_of(request), now=clock.now()
        ),
        said,
    )
