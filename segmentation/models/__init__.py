"""Rows of segmentation."""

from segmentation.models.clusters import Cluster, ClusterDay
from segmentation.models.labels import LabelChoice, LabelRule, Labels, LabelStay
from segmentation.models.lifecycle import Decline, Playbook, ServicePackage
from segmentation.models.lookalikes import LookAlike, LookAlikeLead
from segmentation.models.needs import NextNeed
from segmentation.models.recommend import Learning, Suggestion, SuggestionCount
from segmentation.models.segments import Membership, Segment, SegmentDay, SegmentVersion
from segmentation.models.standing import Standing, StandingRun

__all__ = [
    "Cluster",
    "ClusterDay",
    "Decline",
    "LabelChoice",
    "LabelRule",
    "LabelStay",
    "Labels",
    "Learning",
    "LookAlike",
    "LookAlikeLead",
    "Membership",
    "NextNeed",
    "Playbook",
    "Segment",
    "SegmentDay",
    "SegmentVersion",
    "ServicePackage",
    "Standing",
    "StandingRun",
    "Suggestion",
    "SuggestionCount",
]
