"""Templates, channels, the consent gate and deliveries.

Owns what is said to whom and proof of it; decides no business case.
"""
