"""Campaigns, journeys, loyalty, referral and win-back; so far: coupons.

Owns why a customer hears from us and what he is offered for it; not the loan, its contract or its price, which a coupon
leaves alone.
"""
