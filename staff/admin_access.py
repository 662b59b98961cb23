"""Who sees what in the admin: rights of staff instead of Django's own permissions."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from core import clock
from core.admin_figures import FiguresInLists
from core.changes import as_json
from core.errors import BusinessError
from core.models import User
from staff import rights
from staff.models import Scope
from staff.operations import ask_change
from staff.queries import get_access

READERS = rights.OPERATIONS


def holds(request: HttpRequest, *wanted: str) -> bool:
    """Tell whether the user holds one of the rights over the whole house: no list of the admin knows a smaller reach."""
    access = get_access(request.user)  # type: ignore[arg-type]
    return access is not None and any(access.scope_of(right) == Scope.ALL for right in wanted)


class ReadableByStaff(FiguresInLists):
    """A list and a page to look at, for those who configure, approve or audit; rows are written by operations only."""

    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to those who may read it."""
        return holds(request, *READERS)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show the rows to those who may read them."""
        return holds(request, *READERS)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits rows here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are evidence."""
        return False


def actor_of(request: HttpRequest) -> User:
    """Return who acts."""
    assert isinstance(request.user, User), "the admin has asked for a log-in"
    return request.user


def attempt(request: HttpRequest, act: Callable[[], object], said: Any) -> bool:
    """Run one operation and tell what came of it; True when it was done."""
    try:
        act()
    except BusinessError as refusal:
        lines = [str(line) for sentences in refusal.fields.values() for line in sentences]
        messages.error(request, " ".join([refusal.sentence(), *lines, refusal.advice()]).strip())
        return False
    messages.success(request, said)
    return True


class ReasonForm(forms.ModelForm):
    """A record with the reason why it should change."""

    reason = forms.CharField(label=_("reason"), max_length=300, widget=UnfoldAdminTextInputWidget)


class ChangedByTwo(ReadableByStaff):
    """A page on which one person asks for a change and another one approves it on the page of approvals."""

    form = ReasonForm
    changeable: tuple[str, ...] = ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure ask for changes."""
        return holds(request, rights.CONFIGURE)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Ask for the reason where something can be changed."""
        shown = [field.name for field in self.model._meta.fields if field.name != "id"]  # type: ignore[attr-defined]
        shown += [field.name for field in self.model._meta.many_to_many]  # type: ignore[attr-defined]
        return [*shown, *(["reason"] if self.has_change_permission(request, obj) else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only what an approved change may write can be edited."""
        return [name for name in self.get_fields(request, obj) if name not in (*self.changeable, "reason")]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Offer one button: there is nothing to go on editing after asking."""
        context = {**(extra_context or {}), "show_save_and_continue": False}
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)  # type: ignore[misc]
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Ask for the change; the record stays as it is."""
        values = {name: as_json(form.cleaned_data[name]) for name in form.changed_data if name != "reason"}
        attempt(
            request,
            lambda: ask_change(
                target=obj,
                values=values,
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                now=clock.now(),
            ),
            _("A second person has to approve the change."),
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write nothing: relations are part of the change."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        """Nothing has changed yet."""
        return []

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Write nothing: the audit trail has it."""

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Go back to the list: what came of it has been said, and it was no plain change."""
        return redirect(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_changelist")


class AddedByOperation(ReadableByStaff):
    """Rows that those who configure add by an operation, which may refuse."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure."""
        return holds(request, rights.CONFIGURE)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Write nothing: the audit trail has it."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """Go back to the list: what came of it has been said, and it may have been refused."""
        return redirect(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_changelist")


class DefinedByTwo(AddedByOperation, ChangedByTwo):
    """Rows that one person defines inactive and a second one puts in force."""

    defined: tuple[str, ...] = ()
    # The operation; it takes what is defined, and returns the row.
    define: Callable[..., Any]
    # Lists are written in one line, with commas.
    lists: tuple[str, ...] = ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Ask for everything when a row is defined, for changes with their reason later."""
        if obj is None:
            kwargs["form"] = forms.modelform_factory(self.model, fields=self.defined)  # type: ignore[attr-defined]
        return super().get_form(request, obj, change, **kwargs)  # type: ignore[misc]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A new row has no reason to give."""
        return list(self.defined) if obj is None else super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A new row is written as a whole."""
        return [] if obj is None else super().get_readonly_fields(request, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Give a list one line."""
        if db_field.name in self.lists:
            kwargs["widget"] = UnfoldAdminTextInputWidget
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Define the row, or ask for its change."""
        if change:
            super().save_model(request, obj, form, change)
            return
        values = {name: form.cleaned_data[name] for name in self.defined}

        def act() -> None:
            obj.pk = type(self).define(**values, actor=actor_of(request), now=clock.now()).pk

        attempt(request, act, _("Defined. A second person has to approve that it becomes active."))
