"""Where each party signs: one arithmetic for the printed block and for the signature field above it."""

from dataclasses import dataclass

from lending.documents.contract import ContractData

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595.28, 841.89, 68.0
HEAD_HEIGHT, BLOCK_HEIGHT, GAP = 96.0, 66.0, 8.0
COLUMNS, ROWS = 3, 8
BLOCK_WIDTH = (PAGE_WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS
BLOCKS_PER_PAGE = COLUMNS * ROWS

BORROWER_FIELD = "borrower"
PLATFORM_FIELD = "platform"


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """One party's place: page counted within the signature pages, offsets in points from the top left of the text area."""

    field_name: str
    role: str
    name: str
    reference: str
    page: int
    left: float
    top: float


@dataclass(frozen=True, slots=True)
class SignatureField:
    """The same place in a PDF reader's terms: `page` counts from the end (-1 is the last), `box` is left, bottom, right, top."""

    name: str
    page: int
    box: tuple[int, int, int, int]


def lender_field(index: int) -> str:
    """Name the signature field of the lender at this position of the contract: 0 is `lender_001`."""
    return f"lender_{index + 1:03d}"


def signature_blocks(data: ContractData) -> tuple[SignatureBlock, ...]:
    """Lay out the parties' blocks: the borrower, the platform, then the lenders in the contract's order."""
    signatories: list[tuple[str, str, str, str]] = []
    if data.borrower:
        signatories.append((BORROWER_FIELD, "甲方（借款人）", data.borrower.name, data.borrower.reference))
    if data.platform:
        signatories.append((PLATFORM_FIELD, "丙方（信息中介机构）", data.platform.name, "仅作为信息中介签署"))
    signatories += [
        (lender_field(index), f"乙方（出借人 {index + 1}）", lender.party.name, lender.party.reference)
        for index, lender in enumerate(data.lenders)
    ]
    blocks = []
    for position, (field_name, role, name, reference) in enumerate(signatories):
        page, place = divmod(position, BLOCKS_PER_PAGE)
        row, column = divmod(place, COLUMNS)
        left = column * (BLOCK_WIDTH + GAP)
        top = HEAD_HEIGHT + row * (BLOCK_HEIGHT + GAP)
        blocks.append(SignatureBlock(field_name, role, name, reference, page, round(left, 2), round(top, 2)))
    return tuple(blocks)


def signature_fields(data: ContractData) -> tuple[SignatureField, ...]:
    """Return a signature field for each party, exactly over the block that the PDF prints for him."""
    blocks = signature_blocks(data)
    pages = blocks[-1].page + 1 if blocks else 0
    return tuple(
        SignatureField(
            name=block.field_name,
            page=block.page - pages,
            box=(
                round(MARGIN + block.left),
                round(PAGE_HEIGHT - MARGIN - block.top - BLOCK_HEIGHT),
                round(MARGIN + block.left + BLOCK_WIDTH),
                round(PAGE_HEIGHT - MARGIN - block.top),
            ),
        )
        for block in blocks
    )
