"""What staff do at their desks in the demo world: leads, contacts, papers, pools, cases, day by day.

Everything happens by the operations that the pages call; nothing is written behind them.
"""
