"""What segmentation does: keeps attributes, labels and segments."""

from segmentation.operations.labels import label_customers, relabel_customers, seed_rules, sum_up_deals

__all__ = ["label_customers", "relabel_customers", "seed_rules", "sum_up_deals"]
