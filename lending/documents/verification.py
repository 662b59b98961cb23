"""Whether a signed contract is what its parties signed: each signature, who made it, and that nothing came after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from asn1crypto.parser import peek
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import NonexistentAttributeError, find_unique_cms_attribute
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from lending.documents.loops import run_apart
from lending.documents.signature_page import PLATFORM_FIELD

_CONTENT_COMMITMENT = KeyUsageConstraints(key_usage={"non_repudiation"})
_SHA256 = algos.DigestAlgorithm({"algorithm": "sha256"})


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """What is known of one signature.

    `is_intact`: the signed bytes are unchanged. `is_valid`: the signature over them was made by the certificate's key.
    `is_trusted`: the certificate leads to a trust anchor and was valid when it signed. `covers_document`: all that the
    file held at that moment is signed. `is_modified_since`: something other than further signatures was added later.
    """

    field_name: str
    signer_name: str
    signer_reference: str
    issuer_name: str
    certificate_serial: str
    signed_at: datetime | None
    is_intact: bool
    is_valid: bool
    is_trusted: bool
    covers_document: bool
    is_modified_since: bool

    @property
    def is_good(self) -> bool:
        """Tell whether nothing speaks against this signature."""
        return (
            self.is_intact and self.is_valid and self.is_trusted and self.covers_document and not self.is_modified_since
        )


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """The check of a whole file. `problem` names what keeps the file from being read; then there are no signatures.

    `is_closed`: the platform signed last and its signature covers the file to its last byte.
    """

    signatures: tuple[SignatureCheck, ...]
    unsigned_fields: tuple[str, ...] = ()
    timestamped_at: datetime | None = None
    is_closed: bool = False
    problem: str = ""

    @property
    def is_valid(self) -> bool:
        """Tell whether every party signed, every signature is good, and the document is closed."""
        return (
            bool(self.signatures)
            and self.is_closed
            and not self.problem
            and not self.unsigned_fields
            and all(signature.is_good for signature in self.signatures)
        )


def verify_pdf(pdf: bytes, *, trust_anchors: Sequence[str]) -> VerificationReport:
    """Check every signature of a contract against these root certificates (PEM); never raises for a damaged file.

    Certificates are judged at the moment of the closing time stamp, or else at the signing time that the closing
    signature states: one-time certificates live for hours, contracts for years. Runs an event loop of its own, so it
    is not for async code.
    """
    try:
        return run_apart(_verify(pdf, [_load_anchor(pem) for pem in trust_anchors]))
    except Exception as error:
        # A damaged file may break the parser anywhere; whatever it raised, this is no valid contract.
        return VerificationReport(signatures=(), problem=f"unreadable: {type(error).__name__}")


async def _verify(pdf: bytes, anchors: list[asn1_x509.Certificate]) -> VerificationReport:
    reader = PdfFileReader(BytesIO(pdf))
    embedded = sorted(reader.embedded_regular_signatures, key=lambda signature: signature.signed_revision)
    if not embedded:
        return VerificationReport(signatures=(), problem="no_signatures")
    closing = embedded[-1]
    timestamped_at = _timestamp_of(closing)
    context = ValidationContext(
        trust_roots=anchors,
        moment=timestamped_at or closing.self_reported_timestamp,
        allow_fetching=False,
    )
    first_bad = _first_foreign_revision(reader, embedded)
    checks: list[SignatureCheck] = []
    stamp_is_good = True
    for signature in embedded:
        status = await async_validate_pdf_signature(
            signature, context, key_usage_settings=_CONTENT_COMMITMENT, skip_diff=True
        )
        if status.timestamp_validity is not None:
            stamp = status.timestamp_validity
            stamp_is_good = stamp_is_good and stamp.valid and stamp.intact and stamp.trusted
        is_modified = first_bad is not None and first_bad > signature.signed_revision
        checks.append(_check(signature, status, is_modified))
    covers_file = closing.coverage == SignatureCoverageLevel.ENTIRE_FILE and _holds_nothing_else(closing, status, pdf)
    return VerificationReport(
        signatures=tuple(checks),
        unsigned_fields=_unsigned_fields(reader),
        timestamped_at=timestamped_at if stamp_is_good else None,
        is_closed=covers_file and closing.field_name == PLATFORM_FIELD,
        problem="" if stamp_is_good else "timestamp_not_trusted",
    )


def _check(signature: EmbeddedPdfSignature, status: PdfSignatureStatus, is_modified_since: bool) -> SignatureCheck:
    certificate = signature.signer_cert
    return SignatureCheck(
        field_name=signature.field_name,
        signer_name=_last_value(certificate.subject.native.get("common_name")),
        signer_reference=_last_value(certificate.subject.native.get("serial_number")),
        issuer_name=_last_value(certificate.issuer.native.get("common_name")),
        certificate_serial=f"{certificate.serial_number:X}",
        signed_at=signature.self_reported_timestamp,
        is_intact=status.intact,
        is_valid=status.valid,
        is_trusted=status.trusted,
        covers_document=status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION,
        is_modified_since=is_modified_since,
    )


def _holds_nothing_else(signature: EmbeddedPdfSignature, status: PdfSignatureStatus, pdf: bytes) -> bool:
    """Tell whether the place of the closing signature holds nothing but that signature in its one spelling.

    Every other signature is covered by those after it; the last one's own place is covered by none. There, bytes could
    hide behind the signature, letters change their case, or certificates stand that nobody checked.
    """
    start, first_length, second_start, _ = (int(number) for number in signature.byte_range)
    contents = signature.pkcs7_content
    length = peek(contents)
    if start != 0 or pdf[first_length:second_start] != b"<" + contents.hex().upper().encode() + b">":
        return False
    if any(contents[length:]) or status.validation_path is None:
        return False
    checked = {certificate.dump() for certificate in status.validation_path.iter_certs(include_root=False)}
    # This parser takes strict DER only, where the other one is patient.
    carried = pkcs7.load_der_pkcs7_certificates(contents[:length])
    signed = signature.signed_data
    return (
        checked == {certificate.public_bytes(serialization.Encoding.DER) for certificate in carried}
        and len(checked) == len(carried)
        and signed["version"].native == signature.signer_info["version"].native == "v1"
        and signed["digest_algorithms"].dump() == cms.DigestAlgorithms([_SHA256]).dump()
        and signature.signer_info["digest_algorithm"].dump() == _SHA256.dump()
    )


def _first_foreign_revision(reader: PdfFileReader, embedded: Sequence[EmbeddedPdfSignature]) -> int | None:
    """Return the first revision after the fields were made that does anything but sign one of them.

    Stricter and faster than a general comparison of revisions: it need not understand PDF, only that each revision
    writes one field, which gains its value and nothing else, and one new signature.
    """
    by_revision = {signature.signed_revision: signature for signature in embedded}
    first = embedded[0].signed_revision
    before = reader.get_historical_resolver(first - 1)
    fields_before = {str(ref.get_object()["/T"]): ref for ref in before.root["/AcroForm"]["/Fields"]}
    root = reader.trailer.raw_get("/Root", revision=first - 1)
    for revision in range(first, reader.xrefs.total_revisions):
        signature = by_revision.get(revision)
        if signature is None or signature.field_name not in fields_before:
            return revision
        field_ref = fields_before[signature.field_name].reference
        value_ref = signature.sig_field.raw_get("/V").reference
        written = reader.xrefs.explicit_refs_in_revision(revision)
        if written != {field_ref, value_ref} or reader.xrefs.refs_freed_in_revision(revision):
            return revision
        if reader.xrefs.get_introducing_revision(value_ref) != revision:
            return revision
        old_field = dict(before.get_object(field_ref))
        new_field = {key: value for key, value in signature.sig_field.items() if key != "/V"}
        if "/V" in old_field or old_field != new_field:
            return revision
        if reader.trailer.raw_get("/Root", revision=revision) != root:
            return revision
    return None


def _unsigned_fields(reader: PdfFileReader) -> tuple[str, ...]:
    fields = reader.root["/AcroForm"]["/Fields"]
    return tuple(str(ref.get_object()["/T"]) for ref in fields if "/V" not in ref.get_object())


def _timestamp_of(signature: EmbeddedPdfSignature) -> datetime | None:
    try:
        token = find_unique_cms_attribute(signature.signer_info["unsigned_attrs"], "signature_time_stamp_token")
    except NonexistentAttributeError:
        return None
    moment: datetime = token["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    return moment


def _last_value(value: str | list[str] | None) -> str:
    return value[-1] if isinstance(value, list) else value or ""


def _load_anchor(pem: str) -> asn1_x509.Certificate:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
