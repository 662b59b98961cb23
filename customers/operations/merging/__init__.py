"""Two records of one person become one, and two again."""

from customers.operations.merging.errors import (
    MergeCovered,
    MergeImpossible,
    MergeOutdated,
    MergeRepeated,
    TwoIdentities,
)
from customers.operations.merging.merge import (
    DISMISSED,
    MERGED,
    dismiss_pair,
    merge_customers,
    merge_reversibly,
    reverse_dismissal,
    reverse_merge,
    undo_merge,
)

__all__ = [
    "DISMISSED",
    "MERGED",
    "MergeCovered",
    "MergeImpossible",
    "MergeOutdated",
    "MergeRepeated",
    "TwoIdentities",
    "dismiss_pair",
    "merge_customers",
    "merge_reversibly",
    "reverse_dismissal",
    "reverse_merge",
    "undo_merge",
]
