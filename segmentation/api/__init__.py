"""Segments by the interface, for staff tokens."""
