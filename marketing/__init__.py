"""Campaigns, journeys, loyalty, referral and win-back.

Owns why a customer hears from us; nothing is built here yet, the room and its floor are kept by the import contracts.
"""
