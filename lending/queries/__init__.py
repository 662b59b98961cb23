"""Reads of the lending business."""
