"""Small papers that look like something: a certificate as PDF, a photo as PNG."""

from datetime import UTC, datetime
from functools import cache

import typst
from pylopdf_fonts_zh_cn import serif_path

_PAPER = """
#set document(title: sys.inputs.title, date: none)
#set page(width: 105mm, height: 148mm, margin: 12mm)
#set text(font: ("Noto Serif SC", "Noto Sans SC"), size: 9pt)
#align(center, text(size: 14pt, sys.inputs.title))
#v(6mm)
#sys.inputs.text
#v(1fr)
#align(right, sys.inputs.foot)
"""
_PICTURE = """
#set page(width: 120mm, height: 80mm, margin: 0mm, fill: gradient.linear(rgb("#b8d4ea"), rgb("#f2e6d0"), angle: 90deg))
#set text(font: ("Noto Serif SC", "Noto Sans SC"), size: 11pt)
#place(bottom, rect(width: 100%, height: 22mm, fill: rgb("#8d8478")))
#place(bottom + center, dy: -14mm, rect(width: 74mm, height: 40mm, fill: rgb("#c9553d"), stroke: none))
#place(bottom + center, dy: -14mm, rect(width: 18mm, height: 24mm, fill: rgb("#4a3b32"), stroke: none))
#place(bottom + center, dy: -46mm, rect(width: 60mm, fill: rgb("#fdf6e3"), align(center, sys.inputs.title)))
#place(bottom + right, dx: -3mm, dy: -2mm, text(size: 8pt, fill: white, sys.inputs.foot))
"""
_DATED = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(serif_path().parent)])
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)


def print_paper(title: str, text: str, foot: str) -> bytes:
    """Return a one-page PDF."""
    inputs = {"title": title, "text": text, "foot": foot}
    return bytes(_compiler().compile(_PAPER.encode(), format="pdf", sys_inputs=inputs, timestamp=_DATED))  # type: ignore[arg-type]


def draw_picture(title: str, foot: str) -> bytes:
    """Return a small PNG of a shop with a sign."""
    inputs = {"title": title, "foot": foot}
    return bytes(_compiler().compile(_PICTURE.encode(), format="png", ppi=110, sys_inputs=inputs))  # type: ignore[arg-type]
