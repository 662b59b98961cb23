"""Pages of segments, and segmentation's part of the customer page."""
