"""Asking while a form is typed who already works on somebody: the same answer on every page that asks."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import BusinessError
from customers.operations.conflicts import ask_conflict
from customers.queries.conflicts import is_askable
from customers.web.forms_ownership import ConflictForm
from staff.queries import Access

STANDINGS = {
    "CUSTOMER": _("customer of"),
    "POOL": _("in the public pool"),
    "WAITING": _("customer without an RM"),
    "LEAD": _("lead of"),
}


def ask(request: HttpRequest, form: ConflictForm, access: Access) -> dict[str, Any]:
    """Return what the answer shows: `found` is None while too little is typed, `refusal` says why nothing is told."""
    form.is_valid()
    given = {name: form.cleaned_data.get(name, "") for name in form.fields}
    found, refusal = None, ""
    if is_askable(**given):
        try:
            found = ask_conflict(**given, actor=request.user, now=clock.now())  # type: ignore[arg-type]
        except BusinessError as error:
            refusal = error.sentence()
    rows = [(row, STANDINGS[row.standing], row.rm_id == access.member_id) for row in found or []]
    return {"found": found, "rows": rows, "refusal": refusal}
