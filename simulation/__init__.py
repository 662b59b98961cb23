"""The demo world and the replay of a real book: people who act through the real operations, day by day.

Owns nobody's rows and no rule; it plays customers, staff and the passing of time.
"""
