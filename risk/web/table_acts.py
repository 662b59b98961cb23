"""What is done to a decision table on its page; each act is one operation."""

from collections.abc import Callable
from typing import Any

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import BusinessError, NotFound, Refused
from core.web.reading import read_number
from risk.models import DecisionTable
from risk.operations import configuration, tables
from risk.queries.tables import access_table, check_table, get_pending_approval
from risk.rules.grid import Change, ChangeKind, read_grid
from risk.web import grids
from risk.web.tables import address_of, say_state
from staff import rights
from staff.pages import StaffPage, carry_out

_CHANGES_AT_MOST = 2000


class TableEdit(StaffPage):
    """Cells as they are typed: answers what is wrong where, so that the page can mark it without being drawn anew."""

    right = rights.EDIT_RULES

    def post(self, request: HttpRequest, code: str, version: int) -> HttpResponse:
        """Save the changes as one step."""
        table = access_table(request.user, code, version)  # type: ignore[arg-type]
        try:
            draft = tables.edit_table(
                table_id=table.pk,
                changes=read_changes(request.POST.get("changes", "")),
                expected_hash=request.POST.get("hash", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except (Refused, NotFound):
            raise
        except BusinessError as error:
            details = [str(sentence) for sentences in error.fields.values() for sentence in sentences]
            said = " ".join(details or [error.sentence(), error.advice()]).strip()
            return JsonResponse({"error": said}, status=error.status)
        return JsonResponse(describe(draft))


def describe(draft: DecisionTable) -> dict[str, Any]:
    """Return the state of a draft by place, for a page that shows it already."""
    check = check_table(draft)
    grid = read_grid(draft.content)
    shown = grids.show_grid(grid, check)
    rows = [row for table in shown for row in table.rows]
    return {
        "hash": draft.content_hash,
        "problems": grids.place_problems(check.problems, grid),
        "texts": {cell.at: cell.text for row in rows for cell in (*row.cells, *row.outputs)},
        "said": {cell.at: cell.said for row in rows for cell in row.outputs},
        "coverage": {row.place: row.coverage for row in rows},
        "state": say_state(check),
        "can_undo": draft.step > 1,
    }


def read_changes(text: str) -> list[Change]:
    """Read changes as the page writes them. Raises ChangeInvalid."""
    try:
        given = orjson.loads(text)
        if not isinstance(given, list) or len(given) > _CHANGES_AT_MOST:
            raise ValueError
        return [_read_change(one) for one in given]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise tables.ChangeInvalid from error


def _read_change(given: Any) -> Change:
    texts = {name: given.get(name, "") for name in ("table", "row", "column", "value")}
    # No text of PostgreSQL holds a NUL; escaped in JSON it comes past the check of the form.
    if not all(isinstance(text, str) and "\x00" not in text for text in texts.values()):
        raise ValueError
    return Change(ChangeKind(given["kind"]), **texts)


class TableAct(StaffPage):
    """Rows, columns, cases and the way into force."""

    right = rights.VIEW_RULES

    def post(self, request: HttpRequest, code: str, version: int, act: str) -> HttpResponse:
        """Do one act and go back to the table."""
        table = access_table(request.user, code, version)  # type: ignore[arg-type]
        if act == "draft":
            return self.start_draft(request, table)
        act_on = _Acts(request, table)
        run = {
            "change": (act_on.change, ""),
            "undo": (lambda: act_on.step(is_back=True), _("Taken back.")),
            "redo": (lambda: act_on.step(is_back=False), _("Made again.")),
            "note": (act_on.note, _("Noted.")),
            "case": (act_on.save_case, _("Test case saved.")),
            "case-of-row": (act_on.add_case, _("Test case added.")),
            "case-remove": (act_on.remove_case, _("Test case removed.")),
            "submit": (act_on.submit, _("Submitted. A second person decides now.")),
            "approve": (lambda: act_on.decide(is_approved=True), _("In force from now on.")),
            "reject": (lambda: act_on.decide(is_approved=False), _("Given back to its author.")),
            "discard": (act_on.discard, _("The draft is gone.")),
        }.get(act)
        if run is None:
            raise NotFound
        back = reverse("risk:tables") if act == "discard" else address_of(table)
        return _carry_out(request, back, *run)

    def start_draft(self, request: HttpRequest, table: DecisionTable) -> HttpResponse:
        """Open the draft of this table, or begin one from this version."""
        draft = tables.start_draft(source_id=table.pk, actor=request.user, now=clock.now())  # type: ignore[arg-type]
        return redirect(address_of(draft))


class _Acts:
    """The operations behind the buttons, with what the form gave."""

    def __init__(self, request: HttpRequest, table: DecisionTable) -> None:
        self._given = request.POST
        self._table = table
        self._who: dict[str, Any] = {"actor": request.user, "now": clock.now()}
        self._draft: dict[str, Any] = {
            "table_id": table.pk,
            "expected_hash": request.POST.get("hash", ""),
            **self._who,
        }

    def change(self) -> object:
        """Rows and columns: the button's value is `move_row|policy|P3||up`."""
        parts = [*self._given.get("change", "").split("|"), "", "", "", ""][:5]
        # A new column is chosen beside its button.
        column = self._given.get(f"column-{parts[1]}", "") if parts[0] == ChangeKind.ADD_COLUMN else parts[3]
        if parts[0] not in set(ChangeKind):
            raise tables.ChangeInvalid
        change = Change(ChangeKind(parts[0]), parts[1], parts[2], column, parts[4])
        return tables.edit_table(changes=[change], **self._draft)

    def step(self, *, is_back: bool) -> object:
        """Back or forth."""
        return tables.step_draft(is_back=is_back, **self._draft)

    def note(self) -> object:
        """What the draft changes and why."""
        return tables.note_draft(note=self._given.get("note", ""), **self._draft)

    def save_case(self) -> object:
        """One case; without an outcome it expects what the rules say now."""
        expect: dict[str, Any] = {"outcome": self._given.get("outcome", "")}
        if grade := self._given.get("grade", "").strip():
            expect["grade"] = grade
        if reasons := self._given.get("reasons", "").split():
            expect["reasons"] = reasons
        return tables.save_case(
            index=read_number(self._given.get("index", "")),
            name=self._given.get("name", ""),
            fires=self._given.get("fires", ""),
            change=tables.read_values(self._given.get("change", "")),
            expect=expect if expect["outcome"] else None,
            **self._draft,
        )

    def add_case(self) -> object:
        """A case that makes a row fire."""
        return tables.add_case_of_row(place=self._given.get("place", ""), **self._draft)

    def remove_case(self) -> object:
        """One case less."""
        index = read_number(self._given.get("index", ""))
        if index is None:
            raise tables.CaseInvalid
        return tables.remove_case(index=index, **self._draft)

    def submit(self) -> object:
        """To a second person."""
        return configuration.submit_rule(
            model=DecisionTable, rule_id=self._table.pk, reason=self._given.get("reason", ""), **self._who
        )

    def decide(self, *, is_approved: bool) -> object:
        """The second person's word."""
        pending = get_pending_approval(configuration.PUBLISH, self._table)
        if pending is None:
            raise configuration.AlreadyDecided
        return configuration.decide_rule(
            approval_id=pending.pk, is_approved=is_approved, note=self._given.get("note", ""), **self._who
        )

    def discard(self) -> object:
        """Away with it."""
        return tables.discard_draft(**self._draft)


def _carry_out(request: HttpRequest, back: str, run: Callable[[], object], said: str) -> HttpResponse:
    if said:
        return carry_out(request, back, run, said)
    try:
        run()
    except (Refused, NotFound):
        raise
    except BusinessError as error:
        messages.error(request, f"{error.sentence()} {error.advice()}".strip())
    return redirect(back)
