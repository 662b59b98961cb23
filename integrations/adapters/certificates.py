"""The certificate authority, signed JSON; time stamps are plain RFC 3161 at their own address."""

import base64
from datetime import datetime
from typing import Any

from integrations.adapters.calls import read_answer
from integrations.adapters.signed_http import SignedClient
from integrations.ports import CertificateStatus, CertificateSubject, IssuedCertificate

NAME = "ca"


class CertificateAuthorityAdapter:
    """Certificates for document signing."""

    def __init__(self, *, client: SignedClient, timestamp_url: str) -> None:
        self._client = client
        self._timestamp_url = timestamp_url

    def issue(self, *, csr_pem: str, subject: CertificateSubject, idempotency_key: str) -> IssuedCertificate:
        """Issue a certificate for the key in the request."""
        payload = {
            "request_id": idempotency_key,
            "csr_pem": csr_pem,
            "common_name": subject.common_name,
            "identity_digest": subject.identity_digest,
            "is_organisation": subject.is_organisation,
        }
        call, answer = self._client.call("issue", "certificates", key=idempotency_key, payload=payload)
        return read_answer(call, lambda: _read_certificate(answer))

    def get_status(self, *, serial_number: str) -> CertificateStatus:
        """Return whether the certificate is good now."""
        call, answer = self._client.call(
            "get_status", "certificates/status", key=serial_number, payload={"serial_number": serial_number}
        )
        return read_answer(call, lambda: CertificateStatus(answer["status"]))

    def revoke(self, *, serial_number: str, idempotency_key: str) -> None:
        """Revoke the certificate."""
        self._client.call(
            "revoke", "certificates/revoke", key=idempotency_key, payload={"serial_number": serial_number}
        )

    def fetch_revocation_list(self) -> bytes:
        """Return the current revocation list."""
        call, answer = self._client.call("fetch_revocation_list", "revocations", key="", payload={})
        return read_answer(call, lambda: base64.b64decode(answer["crl_der"], validate=True))

    def fetch_trust_anchor(self) -> str:
        """Return the root certificate."""
        call, answer = self._client.call("fetch_trust_anchor", "anchor", key="", payload={})
        return read_answer(call, lambda: str(answer["root_pem"]))

    def get_timestamp_url(self) -> str:
        """Return the address of the time stamp service."""
        return self._timestamp_url


def _read_certificate(answer: dict[str, Any]) -> IssuedCertificate:
    return IssuedCertificate(
        serial_number=str(answer["serial_number"]),
        certificate_pem=str(answer["certificate_pem"]),
        chain_pem=tuple(str(pem) for pem in answer["chain_pem"]),
        not_before=datetime.fromisoformat(answer["not_before"]),
        not_after=datetime.fromisoformat(answer["not_after"]),
    )
