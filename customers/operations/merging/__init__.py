"""Two records of one person become one, and two again."""

from customers.operations.merging.errors import (
    MergeCovered,
    MergeImpossible,
    MergeOutdated,
    MergeRepeated,
    TwoIdentities,
)
from customers.operations.merging.merge import (
    dismiss_pair,
    merge_customers,
    reverse_dismissal,
    reverse_merge,
    undo_merge,
)

__all__ = [
    "MergeCovered",
    "MergeImpossible",
    "MergeOutdated",
    "MergeRepeated",
    "TwoIdentities",
    "dismiss_pair",
    "merge_customers",
    "reverse_dismissal",
    "reverse_merge",
    "undo_merge",
]
