"""Who is like the members of a segment: asked for from its page, shown with the traits shared, kept as a list."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import BusinessError, NotFound
from core.models import User
from core.sentences import say_value
from core.web.listing import take_page
from core.web.reading import read_number
from segmentation.models import Learning, Segment
from segmentation.operations import lookalikes, recommend_learning
from segmentation.queries import lookalikes as reads
from segmentation.queries.segments import get_segment
from segmentation.rules.comparable import Banded
from segmentation.rules.lookalikes import Trait, list_named, list_shared, read_trait
from segmentation.texts_recommend import name_fact, say_band, say_lack
from staff import rights
from staff.pages import StaffPage, carry_out
from staff.queries import Access


class LookAlikePage(StaffPage):
    """The likest customers of the reader's own, with what they share; and what sets the members apart."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the latest learning about the segment."""
        return self.show(request, get_segment(public_id), {})

    def show(self, request: HttpRequest, segment: Segment, faults: dict[str, Any], status: int = 200) -> HttpResponse:
        """Answer the page with what was typed into its form."""
        learning = reads.get_latest(segment)
        context: dict[str, Any] = {
            **show_learning(self.access, segment, learning, "segmentation:lookalikes"),
            "name": request.POST.get("name", ""),
            "most": request.POST.get("most", "200"),
            "faults": {key: " ".join(str(one) for one in found if one) for key, found in faults.items()},
        }
        if learning is not None and learning.state == Learning.State.DONE:
            context |= self.read(request, learning)
        return render(request, "segmentation/lookalikes.html", context, status=status)

    def read(self, request: HttpRequest, learning: Learning) -> dict[str, Any]:
        """Return traits and one page of look-alikes."""
        traits = [read_trait(kept) for kept in learning.content["traits"]]
        rows = reads.list_lookalikes(self.access, learning, clock.business_date()).select_related("customer__rm__user")
        page = take_page(
            rows.defer("customer__search_grams", "customer__labels"), request.GET, sorts={}, default="-score"
        )
        bands = reads.read_bands([row.customer_id for row in page.rows], traits, clock.business_date())
        return {
            "traits": [show_trait(trait, name_fact, say_band) for trait in traits if list_named(trait)],
            "without": [name_fact(key) for key in learning.content.get("without", [])],
            "page": page,
            "rows": [{"row": row, "shared": _name_shared(traits, bands.get(row.customer_id, {}))} for row in page.rows],
        }


def show_learning(access: Access, segment: Segment, learning: Learning | None, current: str) -> dict[str, Any]:
    """Return what both pages of look-alikes show: the latest learning, the form to ask for one, customers beside leads."""
    pages = [("segmentation:lookalikes", _("Customers"), rights.VIEW_SEGMENTS)]
    pages.append(("segmentation:lookalike-leads", _("Leads"), rights.WORK_LEADS))
    return {
        "segment": segment,
        "learning": learning,
        "lack": say_lack(learning.lack) if learning and learning.lack else "",
        "waits": learning is not None and learning.state == Learning.State.ASKED,
        "bases": [
            (reads.EVERYTHING, _("everything known")),
            (reads.BEFORE, _("what is known before a first deal")),
        ],
        "can_edit": access.has(rights.EDIT_SEGMENTS),
        "tabs": [
            {"label": label, "url": reverse(name, args=[segment.public_id]), "is_current": name == current}
            for name, label, right in pages
            if access.has(right)
        ],
    }


def show_trait(trait: Trait, name: Callable[[str], str], say: Callable[[Banded, str], str]) -> dict[str, Any]:
    """Return a trait as pages show it: the bands that members have clearly more often."""
    return {
        "name": name(trait.fact.key),
        "bands": [
            {
                "label": say(trait.fact, band),
                "inside": trait.inside.get(band, 0.0),
                "outside": trait.outside.get(band, 0.0),
            }
            for band in list_named(trait)
        ],
    }


def _name_shared(traits: list[Trait], bands: dict[str, str]) -> list[str]:
    return [
        say_value(name_fact(trait.fact.key), say_band(trait.fact, bands[trait.fact.key]))
        for trait in list_shared(traits, bands)
    ]


class AskLookAlikes(StaffPage):
    """Have look-alikes looked for."""

    right = rights.EDIT_SEGMENTS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Leave it to a worker."""
        segment = get_segment(public_id)
        assert isinstance(request.user, User)
        actor = request.user

        def ask() -> Learning:
            return recommend_learning.ask_learning(
                kind=Learning.Kind.LOOKALIKES, actor=actor, now=clock.now(), business_date=clock.business_date(),
                segment=segment, basis=request.POST.get("basis", ""),
            )  # fmt: skip

        back = reverse("segmentation:lookalikes", args=[public_id])
        return carry_out(request, back, ask, _("A worker looks for them; this takes a few moments."))


class KeepLookAlikes(LookAlikePage):
    """Keep the likest of one's own as a list."""

    http_method_names = ["post"]
    right = rights.EDIT_SEGMENTS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Keep them, or say what is wrong."""
        segment = get_segment(public_id)
        learning = reads.get_latest(segment)
        if learning is None or learning.state != Learning.State.DONE:
            raise NotFound
        most = request.POST.get("most", "")
        assert isinstance(request.user, User)
        try:
            kept = lookalikes.keep_lookalikes(
                learning=learning, access=self.access, most=read_number(most[:6]) or 0,
                name=request.POST.get("name", ""), actor=request.user, now=clock.now(),
                business_date=clock.business_date(),
            )  # fmt: skip
        except BusinessError as error:
            return self.show(
                request, segment, error.fields or {"": [error.sentence(), error.advice()]}, status=error.status
            )
        return redirect("segmentation:segment", kept.public_id)
