"""Who the customers are, who looks after them, what happened, what to do next.

Owns identity, consent, cards, timeline and work items; knows no loan and no ledger.
"""
