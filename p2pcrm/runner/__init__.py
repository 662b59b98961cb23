"""Starts, watches and stops the processes of one copy of the product, its embedded servers included.

Owns the machine side: packages, ports, secrets, data directory, children. Owns nothing of the business.
Standard library only, because it runs before any package is installed.
"""
