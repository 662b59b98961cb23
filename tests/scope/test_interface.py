"""Tokens of staff and customers against every endpoint of the OpenAPI document."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from rest_framework.test import APIClient

from core.api.counters import counters
from core.api.tokens import issue_token
from core.models import User
from staff import rights
from tests.scope.addresses import Endpoint, list_endpoints
from tests.scope.people import NOW, STAFF, Territory, World
from tests.scope.walking import Walker

pytestmark = pytest.mark.slow

ENDPOINTS = list_endpoints()
# What a place of an address names, by the part of the path before it.
KINDS = {
    "customers": "borrower", "documents": "document", "relations": "relation", "merges": "merge", "leads": "lead", "cards": "card",
    "deposits": "deposit", "withdrawals": "deposit", "applications": "application", "listings": "listing",
    "loans": "loan", "investments": "loan", "messages": "message", "consents": "CREDIT_QUERY",
    "segments": "segment", "coupon-offers": "coupon_offer", "alerts": "alert", **dict.fromkeys(("stress-runs", "risks", "suspicions"), "0" * 22),
}  # fmt: skip
# Those who differ from them in rights only ask each parameter one question.
THOROUGH = {"rm-north", "former", "lead-north"}
_PLACE = re.compile(r"([\w-]+)/\{(\w+)\}")


def fill(endpoint: Endpoint, one: Territory) -> str:
    """Return the address with a territory's records in it."""

    def name(found: re.Match[str]) -> str:
        part, place = found.groups()
        if place == "act":
            return f"{part}/QUALIFY"
        kind = KINDS[part]
        known = {"borrower": one.borrower.public_id, "card": one.borrower.cards.get().public_id}
        return f"{part}/{known.get(kind) or one.records.get(kind, kind)}"

    path = endpoint.path
    while _PLACE.search(path):
        path = _PLACE.sub(name, path).replace("{act}", "QUALIFY")
    return path.replace("{act}", "QUALIFY")


class TokenWalker(Walker):
    """Somebody with a token that carries all rights there are: what counts is the role behind it."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.client: Any = make_client(self.member.user)


def make_client(user: User) -> APIClient:
    """A caller of the interface."""
    counters.clear()
    scopes = sorted(rights.ALL) if user.kind == User.Kind.STAFF else []
    client = APIClient(raise_request_exception=True)
    token = issue_token(user=user, scopes=scopes, now=NOW)["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCEPT_LANGUAGE="en", HTTP_IDEMPOTENCY_KEY="k")
    return client


@pytest.mark.parametrize("name", STAFF)
def test_a_staff_token_reaches_as_far_as_its_role(world: World, name: str) -> None:
    walker = TokenWalker(world, name)
    for endpoint in ENDPOINTS:
        if "/staff/" not in endpoint.path:
            continue
        for one in world.territories.values():
            path = fill(endpoint, one)
            is_record = path != endpoint.path
            if not is_record and one.key != "north":
                continue
            answer = walker.ask(endpoint.method, path, {})
            # A segment is the house's, and so is an offer; whom it tells of is looked for in every answer.
            is_own = is_record and "/segments/" not in path and "/coupon-offers/" not in path
            if is_own and one.key in walker.closed and answer.status_code not in {400, 403, 404, 422, 428}:
                walker.faults.append(f"{name}: {endpoint.method} {path} answers {answer.status_code}")
        if endpoint.method == "get" and not is_record:
            closed = list(walker.closed.values())[-1:] or list(world.territories.values())[:1]
            for parameter in endpoint.parameters:
                probes = [closed[0].mark[:-1], closed[0].borrower.number, "true", "OPEN"]
                for probe in probes if name in THOROUGH else probes[:1]:
                    walker.ask("get", f"{path}?{urlencode({parameter: probe})}", said=(probe,))
    assert not walker.faults, "\n".join(walker.faults)


@pytest.mark.parametrize("who", ["borrower-north", "investor-north"])
def test_a_customer_sees_himself_only(world: World, who: str) -> None:
    client = make_client(world.customers[who])
    own = world.territories["north"]
    himself = own.borrower if who.startswith("borrower") else own.investor
    people = [(one, person) for one in world.territories.values() for person in (one.borrower, one.investor)]
    foreign = [person for _one, person in people if person.pk != himself.pk]
    marks = re.compile("|".join(one.mark for one in world.territories.values() if one.key != "north"))
    faults = []
    for endpoint in ENDPOINTS:
        for key in ("north", "south"):
            path = fill(endpoint, world.territories[key])
            if path == endpoint.path and key == "south":
                continue
            # Somebody asks about himself in the north, about a stranger in the south.
            answer = getattr(client, endpoint.method)(path, {} if endpoint.method != "get" else None)
            text = answer.content.decode("utf-8", "replace")
            # The market shows what every investor may bid on, and nobody's name.
            told = "" if re.match(r"^/api/v1/listings/", path) else text
            names = [person.name for person in foreign if person.name in text or person.phone in text]
            if marks.search(told) or names:
                faults.append(f"{who}: {endpoint.method} {path} tells of {names or marks.findall(told)}")
            is_common = "/listings/" in path or "/consents/" in path
            if key == "south" and path != endpoint.path and not is_common and answer.status_code < 400:
                faults.append(f"{who}: {endpoint.method} {path} answers {answer.status_code}")
    assert not faults, "\n".join(faults)


def test_strangers_and_customers_see_no_page_of_staff(world: World) -> None:
    from django.test import Client

    from tests.scope.addresses import list_pages
    from tests.scope.walking import log_in, read, traces

    callers = {"stranger": Client(), "borrower": log_in(world.customers["borrower-north"])}
    one = world.territories["north"]
    faults = []
    for who, client in callers.items():
        for page in list_pages():
            for path in page.fill(one) if page.kind else [f"/{page.route}"]:
                for method in page.methods:
                    answer = getattr(client, method)(path)
                    if answer.status_code not in {302, 401, 403} or traces(one).search(
                        read(answer).replace(path, "").replace(path.replace("/", "%2F"), "")
                    ):
                        faults.append(f"{who}: {method} {path} answers {answer.status_code}")
    assert not faults, "\n".join(faults)
