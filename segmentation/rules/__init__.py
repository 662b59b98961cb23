"""Pure rules of segmentation."""
