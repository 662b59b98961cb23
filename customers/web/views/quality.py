"""The workbench of the data department: duplicates, merges, what is to be cleaned."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.errors import BusinessError, NotFound, Refused
from core.web.listing import take_page
from core.web.reading import read_number
from customers import fields as specs
from customers.models import Customer, DuplicatePair
from customers.operations import merging
from customers.queries.duplicates import access_merge, access_pair, list_merges, open_pairs
from customers.queries.facts import list_fields
from customers.queries.imports import CONFLICT_CONDITION, LOW_CONDITION, count_quality
from customers.queries.relations import name_household
from customers.rules.merging import CHOICES
from customers.texts import name_code
from customers.web.undo import tell
from customers.web.views.facts import name_origin
from staff import rights
from staff.pages import StaffPage, carry_out
from staff.queries import Access

_LABELS = {
    "rm": gettext_lazy("RM"),
    "household": gettext_lazy("household"),
    "source": gettext_lazy("source"),
}


def _name_reasons(pair: DuplicatePair) -> list[str]:
    return [str(name_code("likeness", reason)) for reason in pair.reasons]


class QualityPage(StaffPage):
    """Tiles, the pairs to be judged, the merges that can be taken back."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        if not (self.access.has(rights.MERGE_CUSTOMERS) or self.access.has(rights.IMPORT_CUSTOMERS)):
            raise Refused
        rows = open_pairs(self.access).select_related("first__rm__user", "second__rm__user")
        rows = rows.defer("first__search_grams", "second__search_grams", "first__labels", "second__labels")
        counts = count_quality(self.access)
        page = take_page(rows, request.GET, sorts={"score": "score"}, default="-score", total=counts["pairs"])
        context = {
            "page": page,
            "rows": [(pair, _name_reasons(pair)) for pair in page.rows],
            "counts": counts,
            "merges": list_merges(self.access)[:10],
            "can_import": self.access.has(rights.IMPORT_CUSTOMERS),
            "conflict_url": f"{reverse('customers:list')}?where={CONFLICT_CONDITION}",
            "low_url": f"{reverse('customers:list')}?where={LOW_CONDITION}&sort=completeness",
        }
        return render(request, "customers/quality/page.html", context)


class PairPage(StaffPage):
    """Two records side by side: which value counts, field by field."""

    right = rights.MERGE_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the comparison, or say what has become of the pair."""
        pair = access_pair(self.access, public_id)
        first, second = pair.first, pair.second
        if request.GET.get("keep") == "second":
            first, second = second, first
        rows = list(_compare(self.access, first, second))
        context = {"pair": pair, "kept": first, "merged": second, "rows": rows, "reasons": _name_reasons(pair)}
        return render(request, "customers/quality/pair.html", context)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Merge as chosen."""
        pair = access_pair(self.access, public_id)
        kept, merged = pair.first, pair.second
        if request.POST.get("keep") == merged.public_id:
            kept, merged = merged, kept
        try:
            act = merging.merge_reversibly(
                kept_id=kept.pk,
                merged_id=merged.pk,
                choices={key: request.POST[key] for key in CHOICES if request.POST.get(key) in {"kept", "merged"}},
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                versions=_read_versions(request, kept, merged),
            )
        except (NotFound, Refused):
            raise
        except BusinessError as error:
            messages.error(request, f"{error.sentence()} {error.advice()}")
            return redirect("customers:pair", public_id)
        return tell(request, _("Merged. The record has the history of both."), act, reverse("customers:quality"))


def _read_versions(request: HttpRequest, *customers: Customer) -> dict[int, int]:
    """Return the versions that the editor compared; what is missing counts as outdated."""
    found = {}
    for customer in customers:
        version = read_number(request.POST.get(f"version_{customer.public_id}", ""))
        found[customer.pk] = -1 if version is None else version
    return found


def _compare(access: Access, kept: Customer, merged: Customer) -> Any:
    """Yield a line for each choice: what it is, both values masked, which one is proposed."""
    known = list_fields()
    for key in CHOICES:
        left, right = (_show(access, key, customer, known) for customer in (kept, merged))
        if left or right:
            label = known[key].label if key in known else _LABELS[key]
            is_same = left == right and getattr(kept, CHOICES[key][0]) == getattr(merged, CHOICES[key][0])
            yield {
                "key": key,
                "label": label,
                "kept": left,
                "merged": right,
                "is_same": is_same,
                "choice": "kept" if left else "merged",
            }


def _show(access: Access, key: str, customer: Customer, known: dict[str, specs.Field]) -> str:
    if key in known:
        return specs.show(known[key], specs.as_text(known[key], getattr(customer, key)))
    if key == "household" and customer.household is not None:
        return name_household(access, customer.household)
    if key == "source":
        return name_origin(customer.source)
    return str(getattr(customer, key) or "")


class DismissPair(StaffPage):
    """Two people."""

    right = rights.MERGE_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Note it; the search leaves the pair alone from then on."""
        pair = access_pair(self.access, public_id)
        act = merging.dismiss_pair(pair_id=pair.pk, actor=request.user, now=clock.now())  # type: ignore[arg-type]
        return tell(request, _("Noted: two people."), act, reverse("customers:quality"))


class UndoMerge(StaffPage):
    """Take a merge apart, at any time."""

    right = rights.MERGE_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it and go back to the workbench."""
        merge = access_merge(self.access, public_id)
        return carry_out(
            request,
            reverse("customers:quality"),
            lambda: merging.undo_merge(merge_id=merge.pk, actor=request.user, now=clock.now()),  # type: ignore[arg-type]
            _("Taken apart; both records are as they were."),
        )
