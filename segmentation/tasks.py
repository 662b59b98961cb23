"""Celery doors of segmentation."""

from core import clock
from core.jobs import job
from segmentation.operations import clusters, lookalike_leads, needs, recommend, recommend_learning


@job
def run_learnings() -> int:
    """Carry out the learnings that wait; beat sweeps."""
    waiting = recommend_learning.list_asked()
    if not waiting:
        return 0
    # Only a worker with a learning before it ever loads the libraries.
    from segmentation.training.clusters import make_clusters

    return sum(
        recommend_learning.run_learning(
            learning_id=pk, make=make_clusters, business_date=clock.business_date(), now=clock.now()
        )
        for pk in waiting
    )


@job
def learn_weekly() -> int:
    """Ask for what is learned anew each week and see how accepted clusters have drifted; beat calls this once a week."""
    asked = recommend_learning.ask_weekly(now=clock.now(), business_date=clock.business_date())
    return len(asked) + clusters.watch_clusters(business_date=clock.business_date())


@job
def tell_needs() -> int:
    """Tell for everybody what comes next by the tables in use; beat calls this once a night, after the close."""
    return needs.tell_needs(learning=None, business_date=clock.business_date())


@job
def count_suggestions() -> int:
    """Count what was recommended and taken; beat calls this once an hour."""
    return recommend.count_suggestions(now=clock.now())


@job
def rank_leads() -> int:
    """Rank the open leads by what members of segments had when they came; beat calls this once an hour."""
    return lookalike_leads.rank_leads()
