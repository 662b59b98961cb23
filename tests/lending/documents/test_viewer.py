import io
import re
from collections.abc import Callable

import pypdf

from lending.documents.contract import ContractData
from lending.documents.rendering import render_viewer_copy, render_viewer_pages
from lending.documents.viewer import mask_for_viewer

Make = Callable[..., ContractData]
HASH = "ab12" * 16


def _copy_text(data: ContractData, viewer: str | None) -> str:
    pdf = render_viewer_copy(data, viewer_reference=viewer, original_sha256=HASH)
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def _secrets(data: ContractData) -> dict[str, set[str]]:
    """What only its owner may read, by the owner's number."""
    assert data.borrower
    people = [data.borrower, *(lender.party for lender in data.lenders)]
    return {
        person.reference: {person.name, person.identity_number, person.phone, person.address, person.reference}
        for person in people
    }


def test_a_lender_reads_himself_and_nobody_else(make_contract: Make) -> None:
    data = make_contract(lender_count=4)
    viewer = data.lenders[2]
    text = _copy_text(data, viewer.party.reference)
    own = {viewer.party.name, viewer.party.identity_number, viewer.party.phone, viewer.party.reference}
    assert {secret for secret in own if secret not in text} == set()
    for owner, secrets in _secrets(data).items():
        if owner != viewer.party.reference:
            assert {secret for secret in secrets if secret in text} == set()
    assert "6222021234567890123" not in text and "622202*********0123" in text
    # The masked rows still carry the amounts, and his own plan is added.
    assert all(f"{lender.amount:,.2f}" in text for lender in data.lenders)
    assert "附件四本人预计回款明细" in text
    assert all(f"{receipt.interest:,.2f}" in text for receipt in viewer.receipts)


def test_the_borrower_reads_himself_and_no_lender(make_contract: Make) -> None:
    data = make_contract()
    assert data.borrower
    text = _copy_text(data, data.borrower.reference)
    secrets = _secrets(data)
    assert {secret for secret in secrets.pop(data.borrower.reference) if secret not in text} == set()
    assert {secret for group in secrets.values() for secret in group if secret in text} == set()
    assert "6222021234567890123" in text
    assert "附件四" not in text


def test_a_colleague_reads_terms_only(make_contract: Make) -> None:
    data = make_contract()
    text = _copy_text(data, None)
    assert {secret for group in _secrets(data).values() for secret in group if secret in text} == set()
    assert "10.80%" in text and data.number in text


def test_a_copy_says_that_it_is_one(make_contract: Make) -> None:
    text = _copy_text(make_contract(), None)
    assert "查阅副本" in text and "不作为合同原件使用" in text and HASH in text


def test_the_platform_is_never_masked(make_contract: Make) -> None:
    data = make_contract()
    assert mask_for_viewer(data, None).platform == data.platform


def test_pages_for_a_screen(make_contract: Make) -> None:
    data = make_contract()
    pages = render_viewer_pages(data, viewer_reference=None, original_sha256=HASH, ppi=30)
    pdf = render_viewer_copy(data, viewer_reference=None, original_sha256=HASH)
    assert len(pages) == len(pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert all(page.startswith(b"\x89PNG") for page in pages)
