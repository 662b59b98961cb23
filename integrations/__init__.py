"""Every outside system behind one port each: payments, custody, credit bureau, messages, certificates.

Owns: the port types, the adapters that speak each partner's protocol, the verification and storage of inbound
callbacks, the log of outbound calls, and the sandbox process that plays all partners.
Owns not: what a call means to the business. Higher apps call a port with a stored id as the idempotency key and
register the operation that an inbound callback triggers.
"""
