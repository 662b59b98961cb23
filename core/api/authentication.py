"""Bearer tokens."""

from knox.auth import TokenAuthentication as KnoxAuthentication


class TokenAuthentication(KnoxAuthentication):
    """`Authorization: Bearer <token>`; expired and revoked tokens are refused."""
