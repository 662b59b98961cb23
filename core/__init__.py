"""The kernel: money, calendar, clock, events and outbox, audit, errors, parameters, encrypted fields, the close engine.

Owns what every app needs and nothing that only one app needs. Knows no customer, no loan, no page of another app.
"""
