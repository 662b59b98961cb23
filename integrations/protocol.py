"""The signed JSON protocol spoken with the bank, the custodian, the bureau, the CA and the SMS operator.

Both sides use it, so it knows neither Django nor the sandbox. `docs/integrations.md` is its specification.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT_HEADER = "Signed-Client"
TIMESTAMP_HEADER = "Signed-Timestamp"
NONCE_HEADER = "Signed-Nonce"
SIGNATURE_HEADER = "Signed-Signature"
SIGNED_HEADERS = (CLIENT_HEADER, TIMESTAMP_HEADER, NONCE_HEADER, SIGNATURE_HEADER)

_PADDING = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)


@dataclass(frozen=True)
class Signature:
    """The four signed headers, read or to be written."""

    client: str
    timestamp: str
    nonce: str
    value: str

    def as_headers(self) -> dict[str, str]:
        """Return the headers under their wire names."""
        return dict(zip(SIGNED_HEADERS, (self.client, self.timestamp, self.nonce, self.value), strict=True))


def read_signature(headers: Mapping[str, str]) -> Signature | None:
    """Read the signed headers, whatever the case of their names; None when one is missing."""
    lowered = {name.lower(): value for name, value in headers.items()}
    values = [lowered.get(name.lower(), "") for name in SIGNED_HEADERS]
    return Signature(*values) if all(values) else None


def message_to_sign(*, first: str, second: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return the bytes under a signature: five lines, the last one the SHA-256 of the body in hex.

    A request and a callback put method and path first; an answer puts "RESPONSE" and the status code, and the
    nonce of the request that it answers.
    """
    return f"{first}\n{second}\n{timestamp}\n{nonce}\n{hashlib.sha256(body).hexdigest()}\n".encode()


class Signer(Protocol):
    """Signs our messages and checks those of the other side."""

    def sign(self, message: bytes) -> str:
        """Return the base64 signature."""
        ...

    def is_valid(self, message: bytes, signature: str) -> bool:
        """Tell whether the base64 signature over the message is the other side's."""
        ...


class KeyPairSigner:
    """RSA-PSS with SHA-256: our private key, their public key."""

    def __init__(self, private_key: rsa.RSAPrivateKey, partner_key: rsa.RSAPublicKey) -> None:
        self._private_key = private_key
        self._partner_key = partner_key

    def sign(self, message: bytes) -> str:
        """Return the base64 signature."""
        return base64.b64encode(self._private_key.sign(message, _PADDING, hashes.SHA256())).decode()

    def is_valid(self, message: bytes, signature: str) -> bool:
        """Tell whether the base64 signature over the message is the other side's."""
        try:
            decoded = base64.b64decode(signature, validate=True)
            self._partner_key.verify(decoded, message, _PADDING, hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


class SecretSigner:
    """HMAC-SHA256 with a shared secret, as the SMS operator wants it."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, message: bytes) -> str:
        """Return the base64 signature."""
        return base64.b64encode(hmac.new(self._secret, message, hashlib.sha256).digest()).decode()

    def is_valid(self, message: bytes, signature: str) -> bool:
        """Tell, in constant time, whether the base64 signature over the message is right."""
        return hmac.compare_digest(self.sign(message).encode(), signature.encode())


def make_nonce() -> str:
    """Return a fresh nonce of 24 characters."""
    return secrets.token_urlsafe(18)


def load_private_key(path: Path) -> rsa.RSAPrivateKey:
    """Read an unencrypted RSA key (PEM); ValueError for any other kind."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path.name} is not an RSA private key")
    return key


def load_public_key(path: Path) -> rsa.RSAPublicKey:
    """Read an RSA public key (PEM); ValueError for any other kind."""
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError(f"{path.name} is not an RSA public key")
    return key
