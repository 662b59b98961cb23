"""Figures over the whole book."""
