"""What the command palette can do beside finding: acts on the open record or on somebody named, appearance, language."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.errors import NotFound, Text
from customers.models import Customer
from customers.queries.facts import list_fields
from customers.queries.staff import access_customer, find_customers
from customers.rules.names import build_name_keys
from staff import rights
from staff.queries import Access

_RECORD = re.compile(r"/customers/([\w-]{8,})/")
_NAMED = 3


@dataclass(frozen=True)
class Act:
    """Something to do with a customer: its sentence, where its form opens, its icon."""

    label: str
    opens: str
    icon: str


def _acts() -> list[Act]:
    return [
        Act(_("Log a contact with %(name)s"), "#do=contact", "phone"),
        Act(_("Remind me of %(name)s tomorrow"), "#do=reminder&in=1", "bell"),
        Act(_("Remind me of %(name)s in 3 days"), "#do=reminder&in=3", "bell"),
        Act(_("Remind me of %(name)s in a week"), "#do=reminder&in=7", "bell"),
        Act(_("Plan a visit to %(name)s"), "?tab=diary", "calendar"),
        Act(_("Write a note about %(name)s"), "#do=note", "message"),
        Act(_("Promise %(name)s something"), "#do=promise", "flag"),
    ]


def open_record(access: Access, path: str) -> Customer | None:
    """Return the customer whose page the reader has open, if he may act on him."""
    found = _RECORD.match(path)
    if found is None or not access.has(rights.EDIT_CUSTOMERS):
        return None
    try:
        return access_customer(access, found[1], rights.EDIT_CUSTOMERS)
    except NotFound:
        return None


def list_record_acts(access: Access, text: str, path: str) -> list[dict[str, Any]]:
    """Return what can be done with the open record, or with those whom the words after the verb name."""
    if not access.has(rights.EDIT_CUSTOMERS):
        return []
    here = open_record(access, path)
    found = [_show(act, here) for act in _acts() if here is not None and meets(act.label, text)]
    if here is not None and len(text) > 1:
        found += [_show(act, here) for act in _corrections(text)]
    verb, _space, named = text.partition(" ")
    if named.strip():
        acts = [act for act in _acts() if meets(act.label, verb)]
        people = find_customers(access, named, _NAMED) if acts else []
        found += [_show(act, customer) for customer in people for act in acts if customer != here]
    return found


def list_new(access: Access, text: str) -> list[dict[str, Any]]:
    """Return what the text means to bring in: a new customer, a new lead."""
    doors = [
        (_("New customer"), "customers:enter", rights.EDIT_CUSTOMERS, "user-plus"),
        (_("New lead"), "customers:take-in-lead", rights.WORK_LEADS, "plus"),
    ]
    return [
        {"label": label, "url": reverse(name), "icon": icon}
        for label, name, right, icon in doors
        if text and access.has(right) and meets(label, text)
    ]


def _corrections(text: str) -> list[Act]:
    """Return the fields of the profile that the text means; what an identity check confirmed is not corrected here."""
    meant = [field for field in list_fields().values() if not field.is_identity and meets(str(field.label), text)]
    sentence = _("Correct %(field)s of %(name)s")
    return [
        Act(sentence % {"field": _plain(field.label), "name": "%(name)s"}, f"?tab=profile#edit={field.name}", "pencil")
        for field in meant[:_NAMED]
    ]


def _plain(label: Text) -> str:
    """Return a label for a sentence that is filled in once more; administrators write what they like into theirs."""
    return str(label).replace("%", "%%")


def list_choices(text: str) -> list[dict[str, Any]]:
    """Return the choices of appearance and language that the text means."""
    themes = [
        {"label": _("Appearance: dark"), "theme": "dark", "icon": "moon"},
        {"label": _("Appearance: light"), "theme": "light", "icon": "sun"},
        {"label": _("Appearance: as the system"), "theme": "", "icon": "device-desktop"},
    ]
    languages = [
        {"label": _("Language: %(name)s") % {"name": name}, "language": code, "icon": "language"}
        for code, name in settings.LANGUAGES
        if code != get_language()
    ]
    keys = {"label": _("Show the keys of this page"), "keys": True, "icon": "keyboard"}
    choices: list[dict[str, Any]] = [*themes, *languages, keys]
    return [choice for choice in choices if text and meets(str(choice["label"]), text)]


def meets(label: str, text: str) -> bool:
    """Tell whether a text means a label: a part of it, or the beginning of its pinyin or initials from any word on."""
    typed = text.strip().casefold()
    words = label.replace("%(name)s", " ")
    return not typed or typed in words.casefold() or typed.replace(" ", "") in _grams(words)


@lru_cache(maxsize=200)
def _grams(label: str) -> frozenset[str]:
    return frozenset(gram for word in label.split() for gram in build_name_keys(word[:12], is_person=False).grams)


def _show(act: Act, customer: Customer) -> dict[str, Any]:
    return {
        "label": act.label % {"name": customer},
        "url": f"{reverse('customers:page', args=[customer.public_id])}{act.opens}",
        "icon": act.icon,
    }
