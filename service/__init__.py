"""Collections now; tickets, chat and knowledge later.

Owns the work on a case after something went wrong.
"""
