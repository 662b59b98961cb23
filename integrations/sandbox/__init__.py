"""A separate process that plays every partner for development, tests and demonstrations.

Owns: the partners' side of each protocol, their books, and the control interface by which a test makes them slow,
forgetful or wrong. Owns not: anything the product needs in production; no code of the product imports it, except
that a simulation may drive it through `integrations.sandbox.client`.
"""
