import io
from collections.abc import Callable

import pypdf
import pytest

from lending.documents.contract import ContractData
from lending.documents.rendering import render_contract
from lending.documents.signature_page import (
    BLOCKS_PER_PAGE,
    BORROWER_FIELD,
    PLATFORM_FIELD,
    signature_blocks,
    signature_fields,
)

Make = Callable[..., ContractData]


@pytest.mark.parametrize("lenders", [1, 22, 23])
def test_each_party_has_a_field_over_his_printed_block(make_contract: Make, lenders: int) -> None:
    data = make_contract(lender_count=lenders)
    pages = pypdf.PdfReader(io.BytesIO(render_contract(data))).pages
    printed = {page: _placed_texts(pages[page]) for page in (-1, -2)}
    blocks = {block.field_name: block for block in signature_blocks(data)}
    fields = signature_fields(data)
    assert [field.name for field in fields[:3]] == [BORROWER_FIELD, PLATFORM_FIELD, "lender_001"]
    assert len(fields) == lenders + 2
    for field in fields:
        inside = _text_inside(printed[field.page], field.box)
        assert blocks[field.name].name in inside
        assert field.name in inside


def _placed_texts(page: pypdf.PageObject) -> list[tuple[float, float, str]]:
    """Return each piece of text with its place on the page."""
    found: list[tuple[float, float, str]] = []

    def collect(text: str, outer: list[float], inner: list[float], *_font: object) -> None:
        left = inner[4] * outer[0] + inner[5] * outer[2] + outer[4]
        bottom = inner[4] * outer[1] + inner[5] * outer[3] + outer[5]
        found.append((left, bottom, text))

    page.extract_text(visitor_text=collect)
    return found


def _text_inside(texts: list[tuple[float, float, str]], box: tuple[int, int, int, int]) -> str:
    inside = [text for left, bottom, text in texts if box[0] <= left <= box[2] and box[1] <= bottom <= box[3]]
    return "".join(inside).replace("\n", "")


def test_fields_never_overlap(make_contract: Make) -> None:
    fields = signature_fields(make_contract(lender_count=3 * BLOCKS_PER_PAGE))
    for page in {field.page for field in fields}:
        boxes = [field.box for field in fields if field.page == page]
        for index, one in enumerate(boxes):
            for other in boxes[index + 1 :]:
                beside = one[2] <= other[0] or other[2] <= one[0]
                above = one[3] <= other[1] or other[3] <= one[1]
                assert beside or above
