"""Labels and lifecycle stages of customers by rule.

Owns what a customer is called; writes it into the customer's record.
"""
