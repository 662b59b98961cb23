"""Reasons that operations staff keep as parameters."""

from datetime import date

from django.utils.translation import get_language

from core import parameters


def list_lost_reasons(*, on: date) -> list[tuple[str, str]]:
    """Return code and label, in the active language, of why leads and opportunities are lost."""
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    return [(row["code"], row[language]) for row in parameters.get_value("leads.lost_reasons", on=on)]
