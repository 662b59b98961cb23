"""Every address there is, read from the URL conf and the OpenAPI document, with a territory's records filled in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import product
from typing import Any
from urllib.parse import urlencode

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from tests.scope.people import Territory

# What belongs to the whole house: its rules, models, rates, registers.
HOUSE = "house"
# What `public_id` names below a part of the address; the longest part that fits decides.
KINDS = {
    "": "",
    "customers/": "borrower",
    "customers/views/": "view",
    "process/actions/": "_action",
    "process/changes/": "_change",
    "steps/": "step",
    "pools/customers/": "borrower",
    "quality/pairs/": "pair",
    "quality/merges/": "merge",
    "quality/imports/": "import",
    "quality/quarantine/": "quarantine",
    "leads/": "lead",
    "opportunities/": "opportunity",
    "needs/": "need",
    "notes/": "note",
    "promises/": "promise",
    "plans/": "plan",
    "handovers/": "handover",
    "loans/": "loan",
    "listings/": "listing",
    "applications/": "application",
    "reviews/": "review",
    "risk/alerts/": "alert",
    "risk/indicators/": HOUSE,
    "risk/market/": HOUSE,
    "risk/stress/": HOUSE,
    "risk/register/": HOUSE,
    "risk/incidents/": HOUSE,
    "risk/reviews/": HOUSE,
    "risk/suspicion/": HOUSE,
    "risk/models/": HOUSE,
    "risk/tables/": HOUSE,
    "risk/try/": HOUSE,
    "risk/pricing/": HOUSE,
    "risk/trials/": "trial",
    "risk/human-reviews/": "human_review",
    "risk/challengers/": HOUSE,
    "collections/": "collection",
    "cases/": "case",
    "messages/": "message",
    "work/": "work",
    "undo/": "undo",
    "segments/": "segment",
    "segments/clusters/": HOUSE,
    "coupons/": "coupon_offer",
}
# Places of an address that name no record of their own, by name; those of the records are in `KINDS`.
PLACES = {
    "field": ["likes", "phone"],
    "name": ["likes"],
    "n": ["1"],
    "relation": ["relation"],
    "document": ["document"],
    "contact": ["contact"],
    "export": ["export"],
    "code": ["standard"],
    "version": ["1"],
    "kind": ["defaults"],
    "day": ["2026-03-02"],
    "customer_id": ["owner_customer"],
    "act": ["close"],
    "subject": ["table"],
    "outcome": ["kept"],
}
INVESTORS = {"lending:customer-shares", "lending:customer-money"}
# Addresses of the frame: log-in, language, health, figures for the machine room. They read nobody's records.
FRAME = re.compile(r"^(admin/|api/|health/|login/|logout/|account/|i18n/|preferences/|metrics|ui/)")
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>([^)]*)\)")


@dataclass(frozen=True)
class Page:
    """A page or act: its name, its pattern, its view."""

    name: str
    route: str
    view: Any

    @property
    def methods(self) -> list[str]:
        """What the view answers to."""
        allowed = self.view.http_method_names
        return [method for method in ("get", "post") if hasattr(self.view, method) and method in allowed]

    @property
    def right(self) -> str:
        """The right that the view asks for before it looks at anything."""
        return str(getattr(self.view, "right", ""))

    @property
    def kind(self) -> str:
        """What the address names a record of; empty for a list."""
        start = self.route.split("<")[0].split("(?P")[0]
        if not _PLACE.search(self.route):
            return ""
        return KINDS[max((part for part in KINDS if start.startswith(part)), key=len)]

    def fill(self, one: Territory) -> list[str]:
        """Return the addresses of a territory's record; none where it has no such record."""
        choices: list[list[str]] = []
        pattern = self.route.replace("\\Z", "").replace("^", "").replace("$", "")
        for found in _PLACE.finditer(pattern):
            name, alternatives = found.group(1) or found.group(2), found.group(3) or ""
            if name == "public_id":
                values = [record_id(one, self.kind, is_investor=self.name in INVESTORS)]
            elif "|" in alternatives:
                values = alternatives.split("|")
            else:
                values = [str(one.records.get(value, value)) for value in PLACES[name]]
            choices.append([value for value in values if value])
        found_all = []
        for values_of_one in product(*choices):
            left = list(values_of_one)
            found_all.append("/" + _PLACE.sub(lambda _match, left=left: left.pop(0), pattern))  # type: ignore[misc]
        return found_all


def record_id(one: Territory, kind: str, *, is_investor: bool = False) -> str:
    """Return what an address says of a record; empty where the territory has none."""
    if kind == HOUSE:
        return "0" * 22
    if kind == "borrower":
        return (one.investor if is_investor else one.borrower).public_id
    return str(one.records.get(kind, ""))


def list_pages() -> list[Page]:
    """Return every page of staff."""
    return [
        Page(name, route, callback.view_class)
        for name, route, callback in _walk(get_resolver().url_patterns, "", "")
        if not FRAME.match(route)
    ]


def _walk(patterns: list[Any], prefix: str, space: str) -> Iterator[tuple[str, str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route, pattern.namespace or space)
        elif isinstance(pattern, URLPattern):
            yield f"{space}:{pattern.name}", route, pattern.callback


@dataclass(frozen=True)
class Endpoint:
    """One address of the interface with the parameters its document names."""

    method: str
    path: str
    parameters: tuple[str, ...]
    body: Any


def list_endpoints() -> list[Endpoint]:
    """Return every endpoint of the OpenAPI document."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return [
        Endpoint(
            method,
            path,
            tuple(item["name"] for item in operation.get("parameters", []) if item["in"] == "query"),
            operation.get("requestBody"),
        )
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


class _Reader(HTMLParser):
    """Finds the addresses that a page leads to and the forms that ask for more of it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        # Choices that forms offer, and fields in which one types.
        self.forms: list[dict[str, list[str]]] = []
        self.texts: set[str] = set()
        self._form: dict[str, list[str]] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        for key in ("href", "hx-get", "data-hover", "src"):
            if given.get(key):
                self.links.add(given[key])
        if tag == "form":
            self._form = {} if given.get("method", "get").lower() == "get" else None
            if self._form is not None:
                self.forms.append(self._form)
        if self._form is None:
            return
        name = given.get("name", "")
        if tag == "select":
            self._select = name
            self._form.setdefault(name, [])
        elif tag == "option" and self._select:
            self._form[self._select].append(given.get("value", ""))
        elif tag == "input" and name and given.get("type", "text") in {"checkbox", "radio"}:
            self._form.setdefault(name, []).append(given.get("value", "on"))
        elif tag == "input" and name and given.get("type", "text") in {"text", "search"}:
            self.texts.add(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""


def read_page(html: str) -> _Reader:
    """Return the links and forms of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader


def vary(path: str, html: str) -> list[str]:
    """Return the other forms of a page: every link to itself, every choice of its filters."""
    page = read_page(html)
    found = {f"{path}{link}" if link.startswith("?") else link for link in page.links}
    kept = {link for link in found if link.split("?")[0] == path and "?" in link}
    for form in page.forms:
        kept |= {f"{path}?{urlencode({name: value})}" for name, choices in form.items() for value in choices}
    return sorted(kept)
