"""Which open leads are like the members of a segment as they once came: shown with what they share, sent as a file."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock, masking
from core.errors import NotFound, Refused
from core.sentences import join_parts
from core.web.listing import take_page
from core.web.spreadsheets import answer_csv
from customers.models import Lead
from customers.operations.exports import start_export
from customers.queries.leads import latest_needs
from customers.rules.watermarks import mark_row
from customers.web.forms_work import LeadFilter
from segmentation.models import Learning, LookAlikeLead
from segmentation.queries import lookalike_leads as reads
from segmentation.queries.lookalikes import KEPT, get_latest
from segmentation.queries.segments import get_segment
from segmentation.rules.lookalikes import Trait, list_named, read_trait
from segmentation.texts_leads import name_lead_fact, name_shared, say_lead_band
from segmentation.texts_recommend import say_lack
from segmentation.web.lookalikes import show_learning, show_trait
from staff import rights
from staff.pages import StaffPage
from staff.queries import Access, list_members_in_reach, scope_condition

_SORTS: Final = {"likeness": "score", "score": "lead__score", "created": "lead__created_at"}
_COLUMNS: Final = {
    "number": gettext_lazy("Number"),
    "name": gettext_lazy("Name"),
    "role": gettext_lazy("Wants to"),
    "method": gettext_lazy("Acquisition method"),
    "likeness": gettext_lazy("Likeness"),
    "shared": gettext_lazy("Shares with the members"),
    "rm": gettext_lazy("RM"),
}
# What somebody searched by may be a phone: the log keeps that he searched, not for whom.
_DIGITS: Final = re.compile(r"\d{4,}")


class LookAlikeLeadsPage(StaffPage):
    """The likest open leads in the reader's scope, with what they share; and what members had when they came."""

    right = rights.WORK_LEADS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show one page of them."""
        _demand(self.access, rights.VIEW_SEGMENTS)
        segment = get_segment(public_id)
        learning = get_latest(segment)
        context = show_learning(self.access, segment, learning, "segmentation:lookalike-leads")
        if learning is not None and learning.state == Learning.State.DONE:
            context |= self.read(request, learning)
        return render(request, "segmentation/lookalike_leads.html", context)

    def read(self, request: HttpRequest, learning: Learning) -> dict[str, Any]:
        """Return traits and one page of leads."""
        form = LeadFilter(request.GET, owners=list_members_in_reach(self.access, self.right))
        form.is_valid()
        kept = learning.content.get("leads", {})
        traits = [read_trait(row) for row in kept.get("traits", [])]
        rows = reads.list_lookalike_leads(self.access, learning, form.cleaned_data)
        page = take_page(rows.select_related("lead__owner__user"), request.GET, sorts=_SORTS, default="-score")
        partners = reads.name_partners()
        shared = _read_shared(page.rows, learning, traits, partners)
        needs = latest_needs([row.lead_id for row in page.rows])
        return {
            "form": form,
            "lead_lack": say_lack(kept["lack"]) if kept.get("lack") else "",
            "scores": learning.scores.get("leads", {}),
            "traits": [
                show_trait(trait, name_lead_fact, partial(say_lead_band, partners=partners))
                for trait in traits
                if list_named(trait)
            ],
            "page": page,
            "rows": [
                {
                    "row": row,
                    "lead": row.lead,
                    "url": reverse("customers:lead", args=[row.lead.public_id]),
                    "shared": shared[row.lead_id],
                    "need": needs.get(row.lead_id),
                }
                for row in page.rows
            ],
            "can_export": self.access.has(rights.EXPORT_CUSTOMERS),
        }


def _demand(access: Access, right: str) -> None:
    if not access.has(right):
        raise Refused


def _read_shared(
    rows: list[LookAlikeLead], learning: Learning, traits: list[Trait], partners: dict[str, str]
) -> dict[int, list[str]]:
    assert learning.segment_id is not None
    ids = [row.lead_id for row in rows]
    bands = reads.read_lead_bands(ids, learning.segment_id, traits)
    return {pk: name_shared(traits, bands.get(pk, {}), partners) for pk in ids}


class LookAlikeLeadsExport(LookAlikeLeadsPage):
    """The same leads as a file: masked, within scope and the day's limit, marked on every row."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Send the rows of the filter in the address, the likest first."""
        _demand(self.access, rights.VIEW_SEGMENTS)
        _demand(self.access, rights.EXPORT_CUSTOMERS)
        learning = get_latest(get_segment(public_id))
        if learning is None or learning.state != Learning.State.DONE:
            raise NotFound
        form = LeadFilter(request.GET, owners=list_members_in_reach(self.access, self.right))
        form.is_valid()
        rows = reads.list_lookalike_leads(self.access, learning, form.cleaned_data)
        rows = rows.filter(scope_condition(self.access, rights.EXPORT_CUSTOMERS, "lead__owner"))
        found = list(rows.select_related("lead__owner__user")[:KEPT])
        export = start_export(
            actor=request.user,  # type: ignore[arg-type]
            columns=list(_COLUMNS),
            filters={name: [_DIGITS.sub("****", text) for text in texts] for name, texts in request.GET.lists()},
            count=len(found),
            now=clock.now(),
        )
        return answer_csv(_list_lines(found, learning, export.watermark), f"leads-{export.watermark}")


def _list_lines(rows: list[LookAlikeLead], learning: Learning, watermark: str) -> Iterator[list[str]]:
    traits = [read_trait(row) for row in learning.content.get("leads", {}).get("traits", [])]
    shared = _read_shared(rows, learning, traits, reads.name_partners())
    yield [_("Confidential"), watermark]
    yield [*(str(label) for label in _COLUMNS.values()), _("Mark")]
    for line, row in enumerate(rows, start=1):
        lead: Lead = row.lead
        yield [
            lead.number,
            masking.mask_name(lead.name),
            str(lead.get_role_display()),
            str(lead.get_method_display()),
            f"{row.score:.2f}",
            join_parts(shared[row.lead_id]),
            str(lead.owner or ""),
            mark_row(watermark, line),
        ]
