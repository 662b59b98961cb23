"""Segments: the list, one segment, the builder with its live count, and why a customer is in or out."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import BusinessError
from core.rules.charts import Chart
from core.web.listing import take_page
from core.web.reading import read_number
from customers.queries.staff import access_customer, in_scope
from segmentation.models import Segment
from segmentation.operations import segments as operations
from segmentation.queries import segments as reads
from segmentation.queries.rules import get_vocabulary
from segmentation.rules.segments import RuleInvalid, Vocabulary, parse
from segmentation.texts import say_fault, say_leaf, say_rule, say_value
from segmentation.web import builder
from segmentation.web.charts import draw_members
from segmentation.web.labels import list_tabs
from staff import rights
from staff.models import Scope
from staff.pages import StaffPage, carry_out

_MOVES = 50
_NUMBERS_MOST = 2_000


def _name_segments() -> dict[str, str]:
    return dict(reads.list_segments().values_list("public_id", "name"))


class SegmentListPage(StaffPage):
    """All segments with the reader's own counts."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list; archived ones when asked for."""
        is_archived = request.GET.get("state") == "archived"
        found = list(reads.list_segments(is_archived=is_archived).select_related("created_by"))
        counts = reads.count_by_segment(self.access, found)
        words, names = get_vocabulary(with_people=False), _name_segments()
        context = {
            "rows": [
                {
                    "segment": segment,
                    "count": counts[segment.pk],
                    "url": reverse("segmentation:segment", args=[segment.public_id]),
                    "sentence": _say(segment, words, names),
                }
                for segment in found
            ],
            "is_archived": is_archived,
            "tabs": list_tabs("segmentation:list"),
            "can_edit": self.access.has(rights.EDIT_SEGMENTS),
        }
        return render(request, "segmentation/list.html", context)


class SegmentPage(StaffPage):
    """One segment: its rule, members, trend, what rests on it and its history."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        segment = reads.get_segment(public_id)
        members = reads.list_members(self.access, segment).select_related("rm__user").defer("search_grams", "labels")
        count = reads.count_by_segment(self.access, [segment])[segment.pk]
        page = take_page(members, request.GET, sorts={}, count=lambda: count)
        words, names = get_vocabulary(with_people=False), _name_segments()
        context = {
            "segment": segment,
            "count": count,
            "page": page,
            "rows": [
                {"customer": customer, "why": reverse("segmentation:explain", args=[public_id, customer.public_id])}
                for customer in page.rows
            ],
            "sentence": _say(segment, words, names),
            "chart": self.draw(segment),
            "users": reads.list_users(segment),
            "moves": list(reads.list_moves(self.access, segment)[:_MOVES]),
            "versions": [
                {"row": row, "sentence": _say_json(row.rule, words, names)}
                for row in segment.versions.select_related("made_by")[:_MOVES]
            ],
            "can_edit": self.access.has(rights.EDIT_SEGMENTS),
            "is_list": segment.kind == Segment.Kind.STATIC,
            "is_archived": segment.state == Segment.State.ARCHIVED,
        }
        return render(request, "segmentation/segment.html", context)

    def draw(self, segment: Segment) -> Chart | None:
        """Return the course of the members for who sees all of them; of a part there are no daily figures."""
        if self.access.scope_of(rights.VIEW_CUSTOMERS) != Scope.ALL:
            return None
        return draw_members(segment, reads.list_days(segment, clock.business_date()))


class EditPage(StaffPage):
    """The builder, for a new segment or a present one."""

    right = rights.EDIT_SEGMENTS

    def get(self, request: HttpRequest, public_id: str = "") -> HttpResponse:
        """Show it."""
        segment = reads.get_segment(public_id) if public_id else None
        return self.show(request, segment, segment.rule if segment else builder.NEW_RULE, {})

    def post(self, request: HttpRequest, public_id: str = "") -> HttpResponse:
        """Change the form as its buttons ask, or keep the segment."""
        segment = reads.get_segment(public_id) if public_id else None
        rule = builder.read_rule(request.POST)
        if request.POST.get("do") != "save":
            return self.show(request, segment, rule, {})
        given: dict[str, Any] = {
            "name": request.POST.get("name", ""),
            "description": request.POST.get("description", ""),
            "rule": rule,
            "actor": request.user,
            "now": clock.now(),
        }
        try:
            if segment is None:
                kind = "STATIC" if request.POST.get("kind") == "STATIC" else "DYNAMIC"
                segment = operations.create_segment(kind=kind, **given)
            else:
                segment = operations.change_segment(
                    segment_id=segment.pk,
                    version=read_number(request.POST.get("version", "")) or 0,
                    note=request.POST.get("note", ""),
                    **given,
                )
        except operations.SegmentInvalid as error:
            return self.show(request, segment, rule, error.fields, status=422)
        except BusinessError as error:
            return self.show(request, segment, rule, {"": [error.sentence(), error.advice()]}, status=error.status)
        messages.success(request, _("Kept. The members are there in a moment."))
        return redirect("segmentation:segment", segment.public_id)

    def show(
        self, request: HttpRequest, segment: Segment | None, rule: dict[str, Any], faults: Any, status: int = 200
    ) -> HttpResponse:
        """Show the form with what it holds and what is wrong with it."""
        words, names = get_vocabulary(), _name_segments()
        if segment is not None:
            names.pop(segment.public_id, None)
        sentences = {key: " ".join(str(one) for one in found if one) for key, found in faults.items()}
        by_path = {
            key.removeprefix("rule").removeprefix("."): s for key, s in sentences.items() if key.startswith("rule")
        }
        given = request.POST if request.method == "POST" else {}
        context = {
            "segment": segment,
            "additions": [
                ("fact", _("Condition")),
                ("did", _("Behaviour")),
                ("segment", _("Segment")),
                ("share", _("Random share")),
                ("group", _("Group")),
            ],
            "root": builder.show(rule or builder.NEW_RULE, words, names, by_path),
            "name": given.get("name", segment.name if segment else ""),
            "description": given.get("description", segment.description if segment else ""),
            "note": given.get("note", ""),
            "version": given.get("version", segment.version if segment else 1),
            "kind": given.get("kind", segment.kind if segment else "DYNAMIC"),
            "name_fault": sentences.get("name", ""),
            "fault": sentences.get("", ""),
            "back": reverse("segmentation:segment", args=[segment.public_id])
            if segment
            else reverse("segmentation:list"),
        }
        return render(request, "segmentation/edit.html", context, status=status)


class Preview(StaffPage):
    """How many a rule chooses while it is written, and a few of them."""

    right = rights.EDIT_SEGMENTS

    def post(self, request: HttpRequest) -> HttpResponse:
        """Count and draw a sample within the reader's scope; nothing is kept."""
        # Who exactly may be named is checked when the rule is kept; here every moment counts.
        words = get_vocabulary(with_people=False)
        context: dict[str, Any]
        try:
            rule = parse(builder.read_rule(request.POST), words)
        except RuleInvalid as error:
            context = {"fault": say_fault(error)}
        else:
            today = clock.business_date()
            context = {
                "count": reads.count_rule(self.access, rule, words, today),
                "sample": reads.sample_rule(self.access, rule, words, today),
                "sentence": say_rule(rule, words.facts, _name_segments()),
            }
        return render(request, "segmentation/preview.html", context)


class Overlap(StaffPage):
    """Which other segments the members are in."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        segment = reads.get_segment(public_id)
        count = reads.count_by_segment(self.access, [segment])[segment.pk]
        rows = [
            {"segment": other, "shared": shared, "share": shared / count if count else 0}
            for other, shared in reads.count_overlap(self.access, segment)
        ]
        return render(request, "segmentation/overlap.html", {"rows": rows, "count": count})


class SegmentAct(StaffPage):
    """Archive, take into use again, put onto a list, take off it."""

    right = rights.EDIT_SEGMENTS

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do one of them."""
        segment = reads.get_segment(public_id)
        common: dict[str, Any] = {"segment_id": segment.pk, "actor": request.user, "now": clock.now()}
        numbers = request.POST.get("numbers", "").replace(",", " ").split()[:_NUMBERS_MOST]
        known = in_scope(self.access).filter(number__in=numbers) if numbers else in_scope(self.access).none()
        ids = list(known.values_list("pk", flat=True)) if act in {"add", "remove"} else []
        acts = {
            "archive": (lambda: operations.archive_segment(**common), _("Archived.")),
            "restore": (lambda: operations.restore_segment(**common), _("In use again.")),
            "add": (lambda: operations.add_members(customer_ids=ids, **common), _("Put onto the list: %(n)s found.")),
            "remove": (lambda: operations.remove_members(customer_ids=ids, **common), _("Taken off: %(n)s found.")),
        }
        if act not in acts:
            return HttpResponse(status=404)
        call, said = acts[act]
        back = reverse("segmentation:segment", args=[public_id])
        return carry_out(request, back, call, said % {"n": len(ids)} if "%" in said else said)


class ExplainPage(StaffPage):
    """Why a customer is in a segment or not, condition by condition."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest, public_id: str, customer_id: str) -> HttpResponse:
        """Show each condition with what the customer has."""
        segment = reads.get_segment(public_id)
        customer = access_customer(self.access, customer_id)
        words, names = get_vocabulary(with_people=False), _name_segments()
        context: dict[str, Any] = {"segment": segment, "customer": customer, "sentence": _say(segment, words, names)}
        context["is_in"] = segment.memberships.filter(customer=customer, left_at=None).exists()
        context["stays"] = list(segment.memberships.filter(customer=customer).order_by("-pk")[:_MOVES])
        if segment.kind == Segment.Kind.DYNAMIC:
            try:
                found = reads.explain(segment, customer.pk, clock.business_date())
            except RuleInvalid as error:
                context["fault"] = say_fault(error)
            else:
                context["found"] = found
                context["answers"] = [
                    {
                        "sentence": say_leaf(answer.leaf, words.facts, names),
                        "holds": answer.holds,
                        "value": say_value(answer.leaf, answer.value, words.facts),
                        "depth": answer.path.count("."),
                    }
                    for answer in found.answers
                ]
        return render(request, "segmentation/explain.html", context)


class CustomerSegments(StaffPage):
    """The segments of one customer, on his page."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        customer = access_customer(self.access, public_id)
        stays = reads.list_segments_of(customer.pk)
        context = {
            "customer": customer,
            "rows": [
                {
                    "stay": stay,
                    "why": reverse("segmentation:explain", args=[stay.segment.public_id, customer.public_id]),
                }
                for stay in stays
            ],
            "others": reads.list_segments().exclude(pk__in=[stay.segment_id for stay in stays if stay.left_at is None]),
        }
        return render(request, "segmentation/customer.html", context)


def _say(segment: Segment, words: Vocabulary, names: dict[str, str]) -> str:
    if segment.kind == Segment.Kind.STATIC:
        return _("a list that people fill")
    return _say_json(segment.rule, words, names)


def _say_json(rule: dict[str, Any], words: Vocabulary, names: dict[str, str]) -> str:
    if not rule:
        return ""
    try:
        return say_rule(parse(rule, words), words.facts, names)
    except RuleInvalid as error:
        return say_fault(error)
