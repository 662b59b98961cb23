"""The certificate authority: certificates that pyHanko accepts for signing, revocation, time stamps."""

import hashlib
from datetime import date, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko_certvalidator import CertificateValidator, ValidationContext

from core import clock
from integrations import connect
from integrations.ports import CertificateStatus, CertificateSubject, FinalRefusal, IssuedCertificate
from integrations.sandbox.certificates import _load_certificate
from integrations.sandbox.client import SandboxControl
from lending.documents.loops import run_apart
from tests.integrations.conftest import fresh

pytestmark = pytest.mark.django_db
SUBJECT = CertificateSubject(common_name="张三", identity_digest="d" * 40)


def make_request() -> tuple[ec.EllipticCurvePrivateKey, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ignored")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return key, request.public_bytes(serialization.Encoding.PEM).decode()


def issue() -> IssuedCertificate:
    return connect.certificate_authority().issue(
        csr_pem=make_request()[1], subject=SUBJECT, idempotency_key=fresh("CE")
    )


def test_certificate_is_fit_for_signing_documents(sandbox: SandboxControl) -> None:
    key, csr = make_request()
    authority = connect.certificate_authority()
    issued = authority.issue(csr_pem=csr, subject=SUBJECT, idempotency_key=fresh("CE"))
    certificate = x509.load_pem_x509_certificate(issued.certificate_pem.encode())
    assert certificate.public_key().public_numbers() == key.public_key().public_numbers()  # type: ignore[union-attr]
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "张三"
    assert f"{certificate.serial_number:040X}" == issued.serial_number
    context = ValidationContext(
        trust_roots=[_load_certificate(authority.fetch_trust_anchor().encode())],
        other_certs=[_load_certificate(pem.encode()) for pem in issued.chain_pem],
    )
    validator = CertificateValidator(_load_certificate(issued.certificate_pem.encode()), validation_context=context)
    run_apart(validator.async_validate_usage({"digital_signature", "non_repudiation"}))


def test_same_key_answers_the_same_certificate(sandbox: SandboxControl) -> None:
    authority, csr, key = connect.certificate_authority(), make_request()[1], fresh("CE")
    first = authority.issue(csr_pem=csr, subject=SUBJECT, idempotency_key=key)
    assert authority.issue(csr_pem=csr, subject=SUBJECT, idempotency_key=key) == first
    with pytest.raises(FinalRefusal):
        authority.issue(csr_pem=make_request()[1], subject=SUBJECT, idempotency_key=key)


def test_unproved_key_is_refused(sandbox: SandboxControl) -> None:
    csr = make_request()[1]
    broken = csr.replace(csr[200:204], "AAAA")
    with pytest.raises(FinalRefusal) as caught:
        connect.certificate_authority().issue(csr_pem=broken, subject=SUBJECT, idempotency_key=fresh("CE"))
    assert caught.value.code == "BAD_CERTIFICATE_REQUEST"


def test_revocation_shows_in_status_and_list(sandbox: SandboxControl) -> None:
    authority, issued = connect.certificate_authority(), issue()
    assert authority.get_status(serial_number=issued.serial_number) is CertificateStatus.GOOD
    for _ in range(2):
        authority.revoke(serial_number=issued.serial_number, idempotency_key=fresh("RE"))
    assert authority.get_status(serial_number=issued.serial_number) is CertificateStatus.REVOKED
    assert authority.get_status(serial_number="00") is CertificateStatus.UNKNOWN
    crl = x509.load_der_x509_crl(authority.fetch_revocation_list())
    assert crl.get_revoked_certificate_by_serial_number(int(issued.serial_number, 16)) is not None
    issuer = x509.load_pem_x509_certificate(issued.chain_pem[0].encode())
    assert crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]


def test_certificate_is_valid_on_a_simulated_day(sandbox: SandboxControl) -> None:
    instant = clock.at(date(2025, 3, 4), 9)
    sandbox.set_clock(instant)
    issued = issue()
    assert issued.not_before < instant < issued.not_after
    assert instant - issued.not_before < timedelta(hours=1)


def test_time_stamp_is_rfc_3161(sandbox: SandboxControl) -> None:
    stamper = HTTPTimeStamper(connect.certificate_authority().get_timestamp_url())
    digest = hashlib.sha256(b"contract").digest()
    token = run_apart(stamper.async_timestamp(digest, "sha256"))
    info = token["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == digest
    assert abs(info["gen_time"].native - clock.now()) < timedelta(minutes=1)
