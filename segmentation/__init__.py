"""Attributes of customers side by side, labels and stages by rule, segments of them.

Owns what is known of a customer for choosing, and what he is called; writes labels into the customer's record. Does not
own the facts themselves: the apps below register how they are told.
"""
