import io
import random
from collections.abc import Callable, Iterator

import pytest
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter

from lending.documents.contract import ContractData
from lending.documents.rendering import render_contract
from lending.documents.revisions import SignatureAppender, add_signature_fields
from lending.documents.signature_page import PLATFORM_FIELD, signature_fields
from lending.documents.signing import sign_pdf
from lending.documents.verification import verify_pdf
from tests.fixtures.contracts import SIGNED_AT, Authority, make_authority, make_contract_data

Make = Callable[..., ContractData]


@pytest.fixture(scope="module")
def signed(authority: Authority) -> bytes:
    data = make_contract_data(lender_count=2)
    signers, platform = authority.parties(data)
    return sign_pdf(
        render_contract(data), fields=signature_fields(data), signers=signers, platform=platform, signed_at=SIGNED_AT
    )


def test_a_signed_contract_is_good_and_names_its_signers(signed: bytes, authority: Authority) -> None:
    report = verify_pdf(signed, trust_anchors=[authority.root_pem])
    assert report.is_valid and report.is_closed and report.problem == "" and report.unsigned_fields == ()
    assert [(check.field_name, check.signer_name, check.signer_reference) for check in report.signatures] == [
        ("borrower", "张三丰", "CU-2026-83941"),
        ("lender_001", "王伟", "IN-2026-10001"),
        ("lender_002", "李娜", "IN-2026-10002"),
        ("platform", "信桥网络借贷信息中介有限公司", "91310000MA1FL5U84K"),
    ]
    for check in report.signatures:
        assert check.is_good and check.is_intact and check.is_valid and check.is_trusted and check.covers_document
        assert not check.is_modified_since
        assert check.signed_at == SIGNED_AT
        assert check.issuer_name == "Test Issuing"
    assert report.timestamped_at is None


def test_an_unknown_authority_is_not_trusted(signed: bytes) -> None:
    report = verify_pdf(signed, trust_anchors=[make_authority("Other").root_pem])
    assert not report.is_valid
    assert all(check.is_intact and check.is_valid and not check.is_trusted for check in report.signatures)


def _places(signed: bytes) -> Iterator[int]:
    """Some bytes of each kind of place, the same in every run."""
    closing = PdfFileReader(io.BytesIO(signed)).embedded_regular_signatures[-1]
    start, end = int(closing.byte_range[1]), int(closing.byte_range[2])
    rng = random.Random(20261122)
    yield from range(0, 20, 4)
    yield from rng.sample(range(20, start), 25)
    # No signature covers this place; what stands there must be spelt in the one canonical way.
    yield from rng.sample(range(start, end), 40)
    yield from (start, start + 1, end - 2, end - 1)
    yield from rng.sample(range(end, len(signed)), 10)


def test_any_flipped_bit_is_found(signed: bytes, authority: Authority) -> None:
    rng = random.Random(7)
    survived = []
    for place in _places(signed):
        changed = bytearray(signed)
        changed[place] ^= 1 << rng.randrange(8)
        if verify_pdf(bytes(changed), trust_anchors=[authority.root_pem]).is_valid:
            survived.append(place)
    assert survived == []


def test_the_case_of_a_letter_in_the_last_signature_counts(signed: bytes, authority: Authority) -> None:
    closing = PdfFileReader(io.BytesIO(signed)).embedded_regular_signatures[-1]
    start, end = int(closing.byte_range[1]), int(closing.byte_range[2])
    lower = signed[:start] + signed[start:end].lower() + signed[end:]
    assert not verify_pdf(lower, trust_anchors=[authority.root_pem]).is_valid


def test_something_after_the_end_is_found(signed: bytes, authority: Authority) -> None:
    report = verify_pdf(signed + b"\n% nothing\n", trust_anchors=[authority.root_pem])
    assert not report.is_valid and not report.is_closed


def test_a_change_appended_later_is_found(signed: bytes, authority: Authority) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    writer.root[pdf_name("/Lang")] = pdf_string("en")
    writer.update_root()
    output = io.BytesIO()
    writer.write(output)
    report = verify_pdf(output.getvalue(), trust_anchors=[authority.root_pem])
    assert not report.is_valid and not report.is_closed
    assert all(check.is_intact and check.is_modified_since for check in report.signatures)


def test_an_earlier_revision_is_not_the_whole_contract(signed: bytes, authority: Authority) -> None:
    without_platform = signed[: signed.rindex(b"startxref", 0, signed.rindex(b"startxref"))]
    last = without_platform + signed[len(without_platform) :].split(b"%%EOF\n")[0] + b"%%EOF\n"
    report = verify_pdf(last, trust_anchors=[authority.root_pem])
    assert not report.is_valid and not report.is_closed
    assert report.unsigned_fields == (PLATFORM_FIELD,)
    assert [check.field_name for check in report.signatures] == ["borrower", "lender_001", "lender_002"]
    assert all(check.is_good for check in report.signatures)


def test_a_document_that_nobody_signed_is_not_signed(make_contract: Make, authority: Authority) -> None:
    data = make_contract()
    plain = render_contract(data)
    for pdf in (plain, add_signature_fields(plain, signature_fields(data))):
        report = verify_pdf(pdf, trust_anchors=[authority.root_pem])
        assert not report.is_valid
        assert report.problem == "no_signatures"


@pytest.mark.parametrize("pdf", [b"", b"%PDF-2.0\n", b"\x00" * 1000])
def test_rubbish_is_unreadable_and_never_an_error(pdf: bytes, authority: Authority) -> None:
    report = verify_pdf(pdf, trust_anchors=[authority.root_pem])
    assert not report.is_valid
    assert report.problem.startswith("unreadable")


def test_only_files_with_cross_reference_tables_are_appended_to() -> None:
    writer = PdfFileWriter(stream_xrefs=True)
    output = io.BytesIO()
    writer.write(output)
    with pytest.raises(ValueError, match="cross-reference tables"):
        SignatureAppender(output.getvalue())
