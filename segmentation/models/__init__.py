"""Rows of segmentation."""

from segmentation.models.labels import LabelRule, LabelRun
from segmentation.models.segments import Membership, Segment, SegmentDay, SegmentVersion
from segmentation.models.standing import Standing, StandingRun

__all__ = [
    "LabelRule",
    "LabelRun",
    "Membership",
    "Segment",
    "SegmentDay",
    "SegmentVersion",
    "Standing",
    "StandingRun",
]
