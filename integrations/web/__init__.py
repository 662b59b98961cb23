"""Doors for partners: signed webhooks, answered in each partner's own words."""
