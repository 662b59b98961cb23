"""What the tags' modules share."""

import secrets
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

DASH = "–"
EMPTY = ("", None)


def fresh_id(prefix: str) -> str:
    """Return an element id that no other fragment on the page can have."""
    return f"{prefix}-{secrets.token_hex(4)}"


def part(name: str, /, **values: Any) -> SafeString:
    """Render `templates/ui/<name>.html`."""
    return render_to_string(f"ui/{name}.html", values)
