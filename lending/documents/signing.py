"""Electronic signatures on the contract: PAdES (ETSI EN 319 142), one revision a party, the platform's last and closing.

Each party signs with a key that is made for this one contract and lives in memory only: `new_signing_key`, a request
to the certificate authority, `sign_pdf`, and the key is gone (电子签名法 13: data of the signer's own, under his
control when he signs; later changes visible).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext_lazy as _
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from core.errors import BusinessError
from lending.documents.loops import run_apart
from lending.documents.revisions import SignatureAppender, add_signature_fields
from lending.documents.signature_page import PLATFORM_FIELD, SignatureField

# What a CMS signature takes beside its certificates (about 700 bytes), and what a time stamp adds at most.
_ROOM_BESIDE_CERTIFICATES = 1_536
_ROOM_FOR_TIMESTAMP = 10_240
_COUNTRY = "CN"


class SignersIncomplete(BusinessError):
    """The signers at hand are not exactly the parties of the contract."""

    code = "contract_signers_incomplete"
    message = _("The contract is not signed: the signers are not its parties (%(signers)s).")
    next_step = _("Sign again when every party has consented.")


class CertificateUnfit(BusinessError):
    """A certificate does not belong to the signer's key, or is not valid at the moment of signing."""

    code = "contract_certificate_unfit"
    message = _("The contract is not signed: the certificate of %(name)s does not fit.")
    next_step = _("Ask the certificate authority for a new certificate and sign again.")


class TimestampUnavailable(RuntimeError):
    """The time-stamping authority gave no usable answer; nothing is signed and the caller may try again."""


@dataclass(frozen=True, slots=True)
class SignerIdentity:
    """One signer: the field he signs, his one-time key and the certificate that names him.

    `chain_pem` holds the issuing authorities up to, without, the root.
    """

    field_name: str
    name: str
    key_pem: str = field(repr=False)
    certificate_pem: str
    chain_pem: tuple[str, ...]
    reason: str


def new_signing_key() -> str:
    """Make a one-time EC P-256 key as PEM. It is never stored: whoever drops the string destroys the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def build_csr(key_pem: str, *, common_name: str, reference: str) -> str:
    """Build the request for a certificate (PEM): the name and the readable business number, no identity number."""
    key = _load_key(key_pem)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, _COUNTRY),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, reference[:64]),
        ]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def sign_pdf(
    pdf: bytes,
    *,
    fields: tuple[SignatureField, ...],
    signers: Sequence[SignerIdentity],
    platform: SignerIdentity,
    signed_at: datetime,
    timestamp_url: str | None = None,
) -> bytes:
    """Return the PDF with each party's signature in its own revision; the platform signs last and locks the document.

    `fields` are `signature_fields(data)`. With `timestamp_url` the closing signature carries an RFC 3161 time stamp
    (PAdES B-T): it covers every signature before it, so one stamp proves the time of all. Runs an event loop of its
    own, so it is not for async code.
    Raises SignersIncomplete, CertificateUnfit or TimestampUnavailable; then nothing is signed.
    """
    ordered = (*signers, platform)
    _check_signers(fields, ordered, platform, signed_at)
    appender = SignatureAppender(add_signature_fields(pdf, fields))
    try:
        run_apart(_append_all(appender, ordered, signed_at, timestamp_url))
    except TimestampRequestError as error:
        raise TimestampUnavailable(str(error)) from error
    return appender.signed_file()


async def _append_all(
    appender: SignatureAppender, signers: Sequence[SignerIdentity], signed_at: datetime, timestamp_url: str | None
) -> None:
    attributes = PdfCMSSignedAttributes(signing_time=signed_at)
    for signer in signers:
        closes = signer.field_name == PLATFORM_FIELD
        timestamper = RequestsHTTPTimeStamper(timestamp_url) if closes and timestamp_url else None
        certificates = [_load_certificate(pem) for pem in (signer.certificate_pem, *signer.chain_pem)]
        room = sum(len(certificate.dump()) for certificate in certificates) + _ROOM_BESIDE_CERTIFICATES
        digest = appender.open_signature(
            signer.field_name,
            signed_at=signed_at,
            name=signer.name,
            reason=signer.reason,
            room=room + (_ROOM_FOR_TIMESTAMP if timestamper else 0),
        )
        cms = await _cms_signer(signer, certificates).async_sign(
            digest, "sha256", use_pades=True, timestamper=timestamper, signed_attr_settings=attributes
        )
        appender.close_signature(cms.dump())


def _cms_signer(signer: SignerIdentity, certificates: list[asn1_x509.Certificate]) -> SimpleSigner:
    key_der = _load_key(signer.key_pem).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SimpleSigner(
        signing_cert=certificates[0],
        signing_key=asn1_keys.PrivateKeyInfo.load(key_der),
        cert_registry=SimpleCertificateStore.from_certs(certificates[1:]),
    )


def _check_signers(
    fields: tuple[SignatureField, ...],
    signers: Sequence[SignerIdentity],
    platform: SignerIdentity,
    signed_at: datetime,
) -> None:
    wanted = sorted(field.name for field in fields)
    given = sorted(signer.field_name for signer in signers)
    if wanted != given or platform.field_name != PLATFORM_FIELD:
        odd = sorted(set(wanted) ^ set(given)) or [PLATFORM_FIELD]
        raise SignersIncomplete(signers=", ".join(odd))
    for signer in signers:
        certificate = x509.load_pem_x509_certificate(signer.certificate_pem.encode())
        is_his = certificate.public_key() == _load_key(signer.key_pem).public_key()
        if not is_his or not certificate.not_valid_before_utc <= signed_at <= certificate.not_valid_after_utc:
            raise CertificateUnfit(name=signer.name)


def _load_key(key_pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(key_pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("contracts are signed with EC keys only")
    return key


def _load_certificate(pem: str) -> asn1_x509.Certificate:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
