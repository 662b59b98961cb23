import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import pem, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lending.documents.contract import ContractData
from lending.documents.loops import run_apart
from lending.documents.rendering import render_contract
from lending.documents.signature_page import PLATFORM_FIELD, signature_fields
from lending.documents.signing import (
    CertificateUnfit,
    SignersIncomplete,
    TimestampUnavailable,
    build_csr,
    new_signing_key,
    sign_pdf,
)
from lending.documents.verification import verify_pdf
from tests.fixtures.contracts import SIGNED_AT, Authority

Make = Callable[..., ContractData]


@pytest.fixture
def data(make_contract: Make) -> ContractData:
    return make_contract()


def test_keys_are_new_each_time_and_requests_name_their_owner() -> None:
    first, second = new_signing_key(), new_signing_key()
    assert first != second
    request = x509.load_pem_x509_csr(build_csr(first, common_name="张三丰", reference="CU-2026-83941").encode())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "2.5.4.5=CU-2026-83941,CN=张三丰,C=CN"
    key = serialization.load_pem_private_key(first.encode(), password=None)
    assert request.public_key() == key.public_key()


def test_a_signer_never_shows_his_key(authority: Authority) -> None:
    assert "PRIVATE KEY" not in repr(authority.identity("borrower", "张三丰", "CU-1"))


def test_another_reader_of_signatures_agrees(data: ContractData, authority: Authority) -> None:
    """PyHanko's own rules for later changes know nothing of our way of appending."""
    signers, platform = authority.parties(data)
    pdf = render_contract(data)
    signed = sign_pdf(pdf, fields=signature_fields(data), signers=signers, platform=platform, signed_at=SIGNED_AT)
    assert signed.startswith(pdf)
    reader = PdfFileReader(io.BytesIO(signed))
    embedded = reader.embedded_regular_signatures
    context = ValidationContext(trust_roots=[_asn1(authority.root_pem)], moment=SIGNED_AT)
    statuses = {
        signature.field_name: run_apart(async_validate_pdf_signature(signature, context)) for signature in embedded
    }
    assert set(statuses) == {"borrower", "lender_001", "lender_002", "lender_003", "platform"}
    assert all(status.bottom_line and status.docmdp_ok for status in statuses.values())
    assert {status.modification_level for status in statuses.values()} == {
        ModificationLevel.FORM_FILLING,
        ModificationLevel.NONE,
    }
    closing = next(signature for signature in embedded if signature.field_name == PLATFORM_FIELD)
    assert closing.docmdp_level == MDPPerm.NO_CHANGES
    assert closing.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert closing.self_reported_timestamp == SIGNED_AT


def test_each_signature_adds_the_same_to_the_file(make_contract: Make, authority: Authority) -> None:
    data = make_contract(lender_count=60)
    signers, platform = authority.parties(data)
    signed = sign_pdf(
        render_contract(data), fields=signature_fields(data), signers=signers, platform=platform, signed_at=SIGNED_AT
    )
    reader = PdfFileReader(io.BytesIO(signed))
    ends = [reader.xrefs.get_startxref_for_revision(index) for index in range(reader.xrefs.total_revisions)]
    # Apart from the first two revisions (the text, the fields) each adds the same; names differ by a few bytes.
    steps = [later - earlier for earlier, later in pairwise(ends[2:-1])]
    assert len(steps) == 60
    assert max(steps) - min(steps) < 100
    assert verify_pdf(signed, trust_anchors=[authority.root_pem]).is_valid


@pytest.mark.parametrize("absent", [0, 2])
def test_no_party_may_be_missing(data: ContractData, authority: Authority, absent: int) -> None:
    signers, platform = authority.parties(data)
    missing = signers.pop(absent)
    with pytest.raises(SignersIncomplete) as refusal:
        sign_pdf(b"", fields=signature_fields(data), signers=signers, platform=platform, signed_at=SIGNED_AT)
    assert refusal.value.params["signers"] == missing.field_name


def test_nobody_signs_twice_and_no_stranger_signs(data: ContractData, authority: Authority) -> None:
    signers, platform = authority.parties(data)
    stranger = replace(signers[1], field_name="lender_004")
    fields = signature_fields(data)
    for wrong in ([*signers, signers[1]], [*signers, stranger]):
        with pytest.raises(SignersIncomplete):
            sign_pdf(b"", fields=fields, signers=wrong, platform=platform, signed_at=SIGNED_AT)
    with pytest.raises(SignersIncomplete):
        sign_pdf(b"", fields=fields, signers=[*signers[1:], platform], platform=signers[0], signed_at=SIGNED_AT)


def test_a_certificate_of_another_key_is_refused(data: ContractData, authority: Authority) -> None:
    signers, platform = authority.parties(data)
    signers[1] = replace(signers[1], certificate_pem=signers[2].certificate_pem)
    with pytest.raises(CertificateUnfit) as refusal:
        sign_pdf(b"", fields=signature_fields(data), signers=signers, platform=platform, signed_at=SIGNED_AT)
    assert refusal.value.params["name"] == signers[1].name


def test_a_certificate_that_is_over_is_refused(data: ContractData, authority: Authority) -> None:
    signers, platform = authority.parties(data)
    later = SIGNED_AT + timedelta(hours=3)
    with pytest.raises(CertificateUnfit):
        sign_pdf(b"", fields=signature_fields(data), signers=signers, platform=platform, signed_at=later)


@pytest.fixture
def stamp_url(authority: Authority) -> Iterator[str]:
    """A time-stamping authority on this machine; its clock stands one minute after the signing."""
    stamper = DummyTimeStamper(
        tsa_cert=_asn1(authority.stamp_pem),
        tsa_key=asn1_keys.PrivateKeyInfo.load(
            authority.stamp_key.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        ),
        certs_to_embed=SimpleCertificateStore.from_certs([_asn1(authority.issuing_pem)]),
        fixed_dt=SIGNED_AT + timedelta(minutes=1),
    )

    class Stamp(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            answer = stamper.request_tsa_response(query).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stamp)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_one_time_stamp_closes_the_document(data: ContractData, authority: Authority, stamp_url: str) -> None:
    signers, platform = authority.parties(data)
    signed = sign_pdf(
        render_contract(data),
        fields=signature_fields(data),
        signers=signers,
        platform=platform,
        signed_at=SIGNED_AT,
        timestamp_url=stamp_url,
    )
    report = verify_pdf(signed, trust_anchors=[authority.root_pem])
    assert report.is_valid
    assert report.timestamped_at == SIGNED_AT + timedelta(minutes=1)


def test_without_a_stamp_nothing_is_signed(data: ContractData, authority: Authority) -> None:
    signers, platform = authority.parties(data)
    with pytest.raises(TimestampUnavailable):
        sign_pdf(
            render_contract(data),
            fields=signature_fields(data),
            signers=signers,
            platform=platform,
            signed_at=SIGNED_AT,
            timestamp_url="http://127.0.0.1:9/",
        )


def _asn1(certificate_pem: str) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(pem.unarmor(certificate_pem.encode())[2])
