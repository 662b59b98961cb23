"""What a file really is, whatever it is called."""

from typing import Final

LARGEST_BYTES: Final = 8 * 1024 * 1024
_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
EXTENSIONS: Final = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
}


def sniff(content: bytes) -> str | None:
    """Return the type that the first bytes prove; None for everything that is not taken.

    Nothing that a browser could run: no HTML, no SVG, no office file with macros.
    """
    for start, content_type in _SIGNATURES:
        if content.startswith(start):
            return content_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None
