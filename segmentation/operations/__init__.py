"""What segmentation does: keeps attributes, labels and segments."""

from segmentation.operations.labels import label_range, relabel_customers

__all__ = ["label_range", "relabel_customers"]
