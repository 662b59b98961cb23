"""Rows of segmentation."""

from segmentation.models.labels import LabelRule, LabelRun
from segmentation.models.standing import Standing, StandingRun

__all__ = ["LabelRule", "LabelRun", "Standing", "StandingRun"]
