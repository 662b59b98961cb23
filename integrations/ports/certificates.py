"""The certificate authority behind electronic signatures (电子签名法 13, 16): certificates, revocation, time stamps."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class CertificateStatus(StrEnum):
    """What the authority says about a serial number."""

    GOOD = "GOOD"
    REVOKED = "REVOKED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class CertificateSubject:
    """Whom the certificate names. `identity_digest` is a keyed digest, never the identity number itself."""

    common_name: str
    identity_digest: str
    is_organisation: bool = False


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate for document signing. `chain_pem` holds the issuing authorities up to, without, the root."""

    serial_number: str
    certificate_pem: str
    chain_pem: tuple[str, ...]
    not_before: datetime
    not_after: datetime


class CertificateAuthority(Protocol):
    """Issues certificates fit for document signing and stamps times."""

    def issue(self, *, csr_pem: str, subject: CertificateSubject, idempotency_key: str) -> IssuedCertificate:
        """Issue a certificate for the key in the request; the same key answers the same certificate."""
        ...

    def get_status(self, *, serial_number: str) -> CertificateStatus:
        """Return whether the certificate is good now."""
        ...

    def revoke(self, *, serial_number: str, idempotency_key: str) -> None:
        """Revoke a certificate; one that is revoked already stays so."""
        ...

    def fetch_revocation_list(self) -> bytes:
        """Return the current revocation list (DER) of the issuing authority."""
        ...

    def fetch_trust_anchor(self) -> str:
        """Return the root certificate (PEM)."""
        ...

    def get_timestamp_url(self) -> str:
        """Return the address that answers RFC 3161 requests."""
        ...
