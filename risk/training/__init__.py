"""Making models out of past outcomes: the only place where training libraries are imported, and only by workers.

What leaves it are exported models (`risk.rules.scoring`) and figures; nothing here is ever called in a request.
"""
