"""What happens to segments."""

from dataclasses import dataclass
from datetime import datetime

from core.events import event_type


@event_type("segmentation.segment_defined")
@dataclass(frozen=True)
class SegmentDefined:
    """A segment has a new rule, or is in use again; its members are to be told."""

    segment_id: int


@event_type("segmentation.members_changed")
@dataclass(frozen=True)
class MembersChanged:
    """Customers entered or left a segment; their memberships have `entered_at` or `left_at` equal to `at`."""

    segment_id: int
    at: datetime
    entered: int
    left: int


@event_type("segmentation.cluster_accepted")
@dataclass(frozen=True)
class ClusterAccepted:
    """A cluster is a segment now; who is nearest to its middle is to be put into it."""

    cluster_id: int
