"""Rows of segmentation."""

from segmentation.models.labels import LabelChoice, LabelRule, Labels, LabelStay
from segmentation.models.lifecycle import Decline, Playbook, ServicePackage
from segmentation.models.segments import Membership, Segment, SegmentDay, SegmentVersion
from segmentation.models.standing import Standing, StandingRun

__all__ = [
    "Decline",
    "LabelChoice",
    "LabelRule",
    "LabelStay",
    "Labels",
    "Membership",
    "Playbook",
    "Segment",
    "SegmentDay",
    "SegmentVersion",
    "ServicePackage",
    "Standing",
    "StandingRun",
]
