"""Metric snapshots and dashboards.

Reads everything, calls nobody's operations.
"""
