"""Suggested clusters: what sets each apart, accepting one as a segment, and how accepted ones drift."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core import clock
from core.errors import BusinessError, InvalidInput
from core.models import User
from core.rules.charts import Chart, Limit, Series, Tone, Unit
from segmentation.models import Cluster, Learning
from segmentation.operations import clusters as operations
from segmentation.queries import clusters as reads
from segmentation.queries.recommend import list_learnings
from segmentation.texts_recommend import say_cluster
from segmentation.web.labels import list_tabs
from segmentation.web.recommend import show_learnings
from staff import rights
from staff.pages import StaffPage

# The convention of population stability: from .1 on look, from .25 on other people.
WATCH, OTHERS = 0.1, 0.25
_TREND = timedelta(days=400)


class ClusterListPage(StaffPage):
    """The groups of the latest learning, and those that somebody accepted."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        learnings = list(list_learnings(Learning.Kind.CLUSTERS))
        used = next((row for row in learnings if row.state == Learning.State.DONE), None)
        context = {
            "tabs": list_tabs("segmentation:clusters"),
            "used": used,
            "rows": [show_cluster(cluster) for cluster in reads.list_clusters(used)] if used else [],
            "accepted": [show_cluster(cluster) for cluster in reads.list_accepted()],
            **show_learnings(self, learnings, Learning.Kind.CLUSTERS),
        }
        return render(request, "segmentation/clusters.html", context)


class ClusterPage(StaffPage):
    """One group: what sets it apart, its drift, and the form to accept it."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        return self.show(request, reads.get_cluster(public_id), {})

    def show(self, request: HttpRequest, cluster: Cluster, faults: dict[str, Any], status: int = 200) -> HttpResponse:
        """Answer the page with what was typed into its form."""
        context = {
            **show_cluster(cluster),
            "chart": _draw(cluster),
            "can_edit": self.access.has(rights.EDIT_SEGMENTS),
            "name": request.POST.get("name", ""),
            "faults": {key: " ".join(str(one) for one in found if one) for key, found in faults.items()},
        }
        return render(request, "segmentation/cluster.html", context, status=status)


class ClusterAct(ClusterPage):
    """Accept a group as a segment, or put its customers into the segment anew."""

    http_method_names = ["post"]
    right = rights.EDIT_SEGMENTS

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do one of them; a worker fills the segment."""
        cluster = reads.get_cluster(public_id)
        assert isinstance(request.user, User)
        common: dict[str, Any] = {"cluster_id": cluster.pk, "actor": request.user, "now": clock.now()}
        try:
            if act == "accept":
                segment = operations.accept_cluster(name=request.POST.get("name", ""), **common)
                return redirect("segmentation:segment", segment.public_id)
            if act == "assign":
                operations.assign_anew(**common)
                return redirect("segmentation:cluster", public_id)
        except InvalidInput as error:
            return self.show(request, cluster, error.fields, status=error.status)
        except BusinessError as error:
            return self.show(request, cluster, {"": [error.sentence(), error.advice()]}, status=error.status)
        return HttpResponse(status=404)


def show_cluster(cluster: Cluster) -> dict[str, Any]:
    """Return a group as pages show it."""
    day = next(iter(cluster.days.all()), None) if cluster.segment_id else None
    drift = max(day.share_drift, day.spread_drift) if day else None
    return {
        "cluster": cluster,
        "sentence": say_cluster(cluster.traits),
        "day": day,
        "drift": drift,
        "tone": "plain" if drift is None else "late" if drift >= OTHERS else "warn" if drift >= WATCH else "good",
        "word": _say_drift(drift),
    }


def _say_drift(drift: float | None) -> str:
    if drift is None:
        return _("not looked at yet")
    if drift >= OTHERS:
        return _("other people by now")
    return _("drifting") if drift >= WATCH else _("as it was")


def _draw(cluster: Cluster) -> Chart | None:
    days = list(reads.list_days(cluster, clock.business_date() - _TREND)) if cluster.segment_id else []
    if len(days) < 2:
        return None
    return Chart(
        _("Drift"),
        [day.on_date.isoformat() for day in days],
        [
            Series(_("Shares of the clusters"), [day.share_drift for day in days]),
            Series(_("Distances of its customers"), [day.spread_drift for day in days]),
        ],
        unit=Unit.POINTS,
        sentence=_say_drift(max(days[-1].share_drift, days[-1].spread_drift)),
        definition=_("Population stability index against the learning: .1 to watch, .25 other people."),
        limits=[Limit(OTHERS, _("other people by now")), Limit(WATCH, _("drifting"), Tone.WARN)],
    )
