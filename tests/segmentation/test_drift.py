"""Drift of accepted clusters as the nightly close keeps and judges it."""

from datetime import date, timedelta

from core import clock
from core.registries import indicators
from customers.models import WorkItem
from customers.texts import render_text
from risk.models import Alert, IndicatorValue
from risk.operations.indicators import judge_indicators
from risk.operations.seed_models import seed_model_watch
from segmentation.models import Cluster, ClusterDay, Learning, Segment
from segmentation.operations.clusters import accept_cluster
from tests.web.conftest import NOW, TODAY, Book, _kept_book, book

__all__ = ["_kept_book", "book"]


def make_group(book: Book, place: int, name: str) -> Cluster:
    learning, _made = Learning.objects.get_or_create(
        kind="CLUSTERS", state="DONE", business_date=TODAY,
        defaults={"asked_at": NOW, "content": {"features": [], "centres": [[], []], "shares": [0.6, 0.4], "spreads": [{}, {}]}},
    )  # fmt: skip
    cluster = Cluster.objects.create(learning=learning, place=place, size=150, share=0.5)
    accept_cluster(cluster_id=cluster.pk, name=name, actor=book.lead, now=NOW)
    return cluster


def close_on(day: date) -> list[str]:
    """Keep and judge that night's drift as the close does; return the open alerts' sentences."""
    rows = [
        IndicatorValue(business_date=day, code="cluster_drift", dimension=d, value=v, numerator=n, denominator=base)
        for d, v, n, base in indicators.get("cluster_drift").compute(day)
    ]
    IndicatorValue.objects.bulk_create(rows)
    judge_indicators(values=rows, business_date=day, now=clock.at(day, 1))
    opened = Alert.objects.filter(rule__indicator="cluster_drift").exclude(state="CLOSED")
    return [render_text(alert.reason_code, alert.params) for alert in opened]


def test_drift_raises_one_alert_and_ends_it_below_the_lower_limit(book: Book) -> None:
    """.26 raises, .2 keeps, .26 again raises no second one, .1 ends; a small group and an old look raise nothing."""
    seed_model_watch(TODAY, NOW)
    group, small = make_group(book, 0, "漂移的群"), make_group(book, 1, "小群")
    seen = []
    for night, drift in enumerate((0.24, 0.26, 0.2, 0.26, 0.1, 0.2)):
        day = TODAY + timedelta(days=night)
        ClusterDay.objects.create(cluster=group, on_date=day, size=150, share_drift=0.01, spread_drift=drift)
        ClusterDay.objects.create(cluster=small, on_date=day, size=99, share_drift=0.9, spread_drift=0)
        seen.append(len(close_on(day)))
    assert seen == [0, 1, 1, 1, 0, 0]
    alert = Alert.objects.get(rule__indicator="cluster_drift")
    assert (alert.dimension, alert.closure, alert.params["dimension"]) == (group.public_id, "RECOVERED", "漂移的群")
    assert WorkItem.objects.filter(kind="risk.alert", url=f"/risk/alerts/{alert.public_id}/").count() == 1
    later = TODAY + timedelta(days=6)
    ClusterDay.objects.filter(cluster=group).update(share_drift=0.5)
    (sentence,) = close_on(later)
    assert "漂移的群" in sentence and "0.5" in sentence and "0.25" in sentence
    # An archived segment drifts by nothing, and a look of two weeks ago says nothing.
    Segment.objects.filter(name="漂移的群").update(state="ARCHIVED")
    assert close_on(later + timedelta(days=1)) == []
    assert indicators.get("cluster_drift").compute(later + timedelta(days=14)) == []
