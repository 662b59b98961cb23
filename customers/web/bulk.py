"""What can be done with many customers at once: registered here by whoever owns the operation."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.http.response import HttpResponseBase

from core.errors import Text
from core.registries import Registry
from customers.models import ReversibleAct
from staff.queries import Access

# So many at once stay within one request; more is a job of its own.
MOST = 20_000

Run = Callable[..., tuple[int, ReversibleAct | None]]
Answer = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class BulkAct:
    """An act on many customers.

    `form(access)` returns the form class of what it asks; `run(access=, customer_ids=, given=, actor=, now=)` does it in
    one transaction and returns how many it changed, with the way back if there is one. The ids are those that `right`
    reaches.
    """

    label: Text
    right: str
    form: Callable[[Access], type[forms.Form]]
    run: Run | None
    icon: str = "edit"
    order: int = 100
    # The key that begins it while rows are picked.
    letter: str = ""
    # Instead of doing something it answers a file: `answer(access=, rows=, query=, given=, actor=, now=)`; the query
    # is the address of the list, or says that rows were picked.
    answer: Answer | None = None

    @property
    def is_file(self) -> bool:
        """Tell whether it answers a file; a template would call the function itself."""
        return self.answer is not None


bulk_acts: Registry[BulkAct] = Registry("bulk_acts")


def list_acts(access: Access) -> list[tuple[str, BulkAct]]:
    """Return what a member may do with many customers, in order."""
    found = [(key, act) for key, act in bulk_acts.items() if access.has(act.right)]
    return sorted(found, key=lambda pair: pair[1].order)
