"""What segmentation reads."""
