"""Bureau reports, scoring, decision tables, indicators and alerts.

Owns judgement; writes its outcome into the record below.
"""
