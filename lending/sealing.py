"""Make the signatures of a contract: one-time keys, certificates from the authority, PAdES seals.

Talks to the certificate authority and computes; writes nothing. A run that dies half-way leaves only unused
certificates behind, and the next run starts with new keys.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from core.fields import blind_index
from integrations import connect
from integrations.ports import CertificateSubject
from lending.documents.signature_page import BORROWER_FIELD, PLATFORM_FIELD, lender_field, signature_fields
from lending.documents.signing import SignerIdentity, build_csr, new_signing_key, sign_pdf
from lending.models import Contract
from lending.queries.contract_data import build_contract_data


@dataclass(frozen=True)
class SealedContract:
    """The signed file and the certificate's serial number of each customer; None is the platform."""

    pdf: bytes
    serials: dict[int | None, str]


def seal_contract(contract: Contract, *, now: datetime) -> SealedContract:
    """Sign a contract for every party. Raises TemporaryFailure, FinalRefusal, TimestampUnavailable."""
    data = build_contract_data(contract.loan, contract_number=contract.number)
    assert data.borrower is not None and data.platform is not None, "a drawn contract names its parties"
    customers = {
        row.customer.number: row.customer for row in contract.signatures.select_related("customer") if row.customer
    }
    serials: dict[int | None, str] = {}
    signers = []
    parties = [(BORROWER_FIELD, data.borrower)]
    parties += [(lender_field(index), lender.party) for index, lender in enumerate(data.lenders)]
    for field_name, party in parties:
        customer = customers[party.reference]
        subject = CertificateSubject(party.name, blind_index(party.identity_number, "certificate"))
        signer, serial = _identity(contract, field_name, party.reference, subject, reason="签署借款合同")
        signers.append(signer)
        serials[customer.pk] = serial
    platform_subject = CertificateSubject(
        data.platform.name, blind_index(data.platform.credit_code, "certificate"), is_organisation=True
    )
    platform, serials[None] = _identity(
        contract, PLATFORM_FIELD, data.platform.credit_code, platform_subject, reason="作为信息中介签署"
    )
    pdf = sign_pdf(
        bytes(contract.pdf),
        fields=signature_fields(data),
        signers=signers,
        platform=platform,
        signed_at=now,
        timestamp_url=connect.certificate_authority().get_timestamp_url(),
    )
    return SealedContract(pdf, serials)


def _identity(
    contract: Contract, field_name: str, reference: str, subject: CertificateSubject, *, reason: str
) -> tuple[SignerIdentity, str]:
    key = new_signing_key()
    request = build_csr(key, common_name=subject.common_name, reference=reference)
    # The key is new in each run, so the request's own hash belongs to the idempotency key.
    digest = hashlib.sha256(request.encode()).hexdigest()[:16]
    issued = connect.certificate_authority().issue(
        csr_pem=request, subject=subject, idempotency_key=f"{contract.public_id}-{field_name}-{digest}"
    )
    signer = SignerIdentity(
        field_name=field_name,
        name=subject.common_name,
        key_pem=key,
        certificate_pem=issued.certificate_pem,
        chain_pem=issued.chain_pem,
        reason=reason,
    )
    return signer, issued.serial_number
