"""The bulk acts of this app: another RM, a contact or a task for each, a value for an own field, a file."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import InvalidInput
from core.models import User
from core.registries import reversals
from core.web.widgets import MomentInput
from customers import fields
from customers.models import Contact, Customer, OwnerChange, ReversibleAct
from customers.operations import bulk, desk, ownership
from customers.operations.diary import planning
from customers.queries.filters import list_custom_fields
from customers.queries.ownership import list_owners
from customers.web.bulk import BulkAct, bulk_acts
from customers.web.exports import COLUMNS, answer_export
from staff import rights
from staff.queries import Access


def _owner_form(access: Access) -> type[forms.Form]:
    class OwnerForm(forms.Form):
        member = forms.ModelChoiceField(label=_("New RM"), queryset=list_owners(access))
        note = forms.CharField(label=_("Why"), required=False, max_length=200)

    return OwnerForm


def _change_owner(
    *, access: Access, customer_ids: list[int], given: dict[str, Any], actor: User, now: datetime
) -> tuple[int, ReversibleAct | None]:
    return ownership.change_owner_reversibly(
        customer_ids=customer_ids,
        new_member_id=given["member"].pk,
        pool_id=None,
        reason=OwnerChange.Reason.BULK,
        note=given["note"],
        actor=actor,
        now=now,
    )


def _task_form(access: Access) -> type[forms.Form]:
    class TaskForm(forms.Form):
        text = forms.CharField(label=_("What is to be done"), max_length=200)
        due_at = forms.DateTimeField(
            label=_("When"),
            widget=MomentInput,
            initial=lambda: clock.at(clock.now().date() + timedelta(days=1), 10),
        )
        whose = forms.ChoiceField(
            label=_("On whose list"), choices=[("rm", _("each customer's RM")), ("me", _("my own"))], initial="rm"
        )

    return TaskForm


def _raise_tasks(
    *, access: Access, customer_ids: list[int], given: dict[str, Any], actor: User, now: datetime
) -> tuple[int, ReversibleAct | None]:
    return bulk.raise_tasks(
        customer_ids=customer_ids,
        text=given["text"],
        due_at=given["due_at"],
        assignee_id=access.member_id if given["whose"] == "me" else None,
        actor=actor,
        now=now,
    )


def _field_form(access: Access) -> type[forms.Form]:
    choices = [(row.code, fields.describe_custom(row).label) for row in list_custom_fields()]

    class FieldForm(forms.Form):
        field = forms.ChoiceField(label=_("Field"), choices=choices)
        value = forms.CharField(
            label=_("Value"), required=False, max_length=200, help_text=_("Empty takes the value away.")
        )

    return FieldForm


def _set_field(
    *, access: Access, customer_ids: list[int], given: dict[str, Any], actor: User, now: datetime
) -> tuple[int, ReversibleAct | None]:
    if not given["field"]:
        raise InvalidInput
    return bulk.set_custom_field(
        customer_ids=customer_ids, code=given["field"], value=given["value"], actor=actor, now=now
    )


def _plan_form(access: Access) -> type[forms.Form]:
    class PlanForm(forms.Form):
        channel = forms.ChoiceField(label=_("How"), choices=Contact.Channel.choices)
        purpose = forms.CharField(label=_("What for"), max_length=200)
        planned_at = forms.DateTimeField(
            label=_("When"),
            widget=MomentInput,
            initial=lambda: clock.at(clock.now().date() + timedelta(days=1), 10),
            help_text=_("Each contact stands in the calendar of the customer's RM."),
        )

    return PlanForm


def _plan_contacts(
    *, access: Access, customer_ids: list[int], given: dict[str, Any], actor: User, now: datetime
) -> tuple[int, ReversibleAct | None]:
    return planning.plan_contacts(customer_ids=customer_ids, **given, actor=actor, now=now)


def _export_form(access: Access) -> type[forms.Form]:
    class ExportForm(forms.Form):
        columns = forms.MultipleChoiceField(
            label=_("Columns"),
            choices=[(name, label) for name, (label, _read) in COLUMNS.items()],
            initial=list(COLUMNS),
            widget=forms.CheckboxSelectMultiple,
            help_text=_("Sensitive values are masked. The file carries a mark of yours on every row and is logged."),
        )

    return ExportForm


def _answer_export(
    *,
    access: Access,
    rows: QuerySet[Customer],
    query: QueryDict,
    given: dict[str, Any],
    actor: User,
    now: datetime,
) -> HttpResponseBase:
    return answer_export(rows=rows, columns=given["columns"], query=query, actor=actor, now=now)


def register() -> None:
    """Register the acts and what takes them back."""
    acts = {
        "owner": BulkAct(_("Change RM"), rights.ASSIGN_CUSTOMERS, _owner_form, _change_owner, "user-check", 10, "w"),
        "plan": BulkAct(_("Plan a contact"), rights.EDIT_CUSTOMERS, _plan_form, _plan_contacts, "calendar", 15, "p"),
        "task": BulkAct(_("Add a task"), rights.EDIT_CUSTOMERS, _task_form, _raise_tasks, "bell", 20, "t"),
        "field": BulkAct(_("Set a field"), rights.EDIT_CUSTOMERS, _field_form, _set_field, "pencil", 30, "s"),
        "export": BulkAct(
            _("Export the selection"),
            rights.EXPORT_CUSTOMERS,
            _export_form,
            None,
            "download",
            40,
            answer=_answer_export,
        ),
    }
    for key, act in acts.items():
        bulk_acts.register(key, act)
    reversals.register(bulk.FIELD_SET, bulk.put_field_back)
    reversals.register(bulk.TASKS_RAISED, bulk.drop_tasks)
    reversals.register(planning.CONTACTS_PLANNED, planning.drop_plans)
    reversals.register(desk.VIEW_REMOVED, desk.restore_view)
