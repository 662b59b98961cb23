"""The contract's PDF: the facts as JSON, the text in a typst template, the fonts from a package."""

import json
from datetime import UTC, datetime
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Final

import typst

from lending.documents.contract import ContractData, check_contract
from lending.documents.facts import Facts, printed_facts, receipt_facts
from lending.documents.viewer import find_lender, mask_for_viewer

TEMPLATE_VERSION = "LC-2026.2"
_TEMPLATE = Path(__file__).parent / "templates" / "loan_contract.typ"
_FONT_FAMILIES = ("Noto Serif SC", "Noto Sans SC")
# PDF/A-4 is the archive profile of PDF 2.0: all fonts inside, and a character that no font has is an error, not a box.
_PDF_STANDARD: Final = "a-4"

_PROBE: Final = b"""#set document(title: "probe", date: datetime(year: 2026, month: 1, day: 1))
#set text(font: ("Noto Serif SC", "Noto Sans SC"))
#sys.inputs.text"""
_PROBED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)

# The compiler keeps one world of sources and inputs, so two threads must not share a run.
_one_at_a_time = Lock()


class ContractFontMissing(RuntimeError):
    """The Chinese fonts are not installed; a contract is never printed in whatever the machine happens to have."""


class UnprintableContract(RuntimeError):
    """Typst refused the contract: a character that neither font has, or a mistake in the template."""


def render_contract(data: ContractData) -> bytes:
    """Print the contract as PDF/A-4; the same facts give the same bytes, so the hash names the text.

    Raises ContractIncomplete, ContractContradictory, ContractFontMissing or UnprintableContract.
    """
    check_contract(data)
    return _print_pdf(printed_facts(data, TEMPLATE_VERSION), data)


@lru_cache(maxsize=4096)
def is_printable(text: str) -> bool:
    """Tell whether the contract's fonts have every character of a text. Raises ContractFontMissing."""
    try:
        # The fonts hold all of the national standard's characters; a test prints them.
        text.encode("gb2312")
    except UnicodeEncodeError:
        pass
    else:
        # Python does not count the full-width space among what can be printed.
        return text.replace("\N{IDEOGRAPHIC SPACE}", " ").isprintable()
    with _one_at_a_time:
        try:
            _compiler().compile(
                _PROBE, format="pdf", sys_inputs={"text": text}, pdf_standards=[_PDF_STANDARD], timestamp=_PROBED_AT
            )
        except typst.TypstError:
            return False
    return True


def render_viewer_copy(data: ContractData, *, viewer_reference: str | None, original_sha256: str) -> bytes:
    """Print the copy that one party, or a colleague (None), may read: everybody else is masked.

    A lender's copy adds his own receipts instalment by instalment. `original_sha256` names the signed document.
    Raises what render_contract raises.
    """
    check_contract(data)
    return _print_pdf(_viewer_facts(data, viewer_reference, original_sha256), data)


def render_viewer_pages(
    data: ContractData, *, viewer_reference: str | None, original_sha256: str, ppi: float = 96
) -> list[bytes]:
    """Print the viewer's copy as one PNG a page, for a screen. Raises what render_contract raises."""
    check_contract(data)
    inputs = _inputs(_viewer_facts(data, viewer_reference, original_sha256))
    with _one_at_a_time:
        pages = _compiler().compile(_template(), format="png", ppi=ppi, sys_inputs=inputs)
    return pages if isinstance(pages, list) else [pages or b""]


@cache
def template_sha256() -> str:
    """Return the hash of the contract's text; a test holds it and TEMPLATE_VERSION together."""
    return sha256(_template()).hexdigest()


@cache
def _template() -> bytes:
    return _TEMPLATE.read_bytes()


def _viewer_facts(data: ContractData, viewer_reference: str | None, original_sha256: str) -> Facts:
    facts = printed_facts(mask_for_viewer(data, viewer_reference), TEMPLATE_VERSION)
    lender = find_lender(data, viewer_reference)
    facts["viewer"] = {"original_sha256": original_sha256, "receipts": receipt_facts(lender) if lender else None}
    return facts


def _inputs(facts: Facts) -> dict[str, str]:
    return {"facts": json.dumps(facts, ensure_ascii=False)}


def _print_pdf(facts: Facts, data: ContractData) -> bytes:
    # The document's own date, not the clock, or the same contract would hash differently on each print.
    printed_at = datetime(data.signed_on.year, data.signed_on.month, data.signed_on.day, tzinfo=UTC)
    with _one_at_a_time:
        try:
            pdf = _compiler().compile(
                _template(),
                format="pdf",
                sys_inputs=_inputs(facts),
                pdf_standards=[_PDF_STANDARD],
                timestamp=printed_at,
            )
        except typst.TypstError as error:
            raise UnprintableContract(str(error)) from error
    if not isinstance(pdf, bytes):
        raise UnprintableContract("typst returned no document")
    return pdf


@cache
def _compiler() -> typst.Compiler:
    try:
        from pylopdf_fonts_zh_cn import serif_path
    except ImportError as error:
        raise ContractFontMissing("the package pylopdf-fonts-zh-cn of requirements.txt is not installed") from error
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(serif_path().parent)])
    if absent := [family for family in _FONT_FAMILIES if family not in fonts.families()]:
        raise ContractFontMissing(f"the font package holds no {' and no '.join(absent)}")
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)
