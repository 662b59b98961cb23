"""Asking as somebody, and telling what he should not have been told."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

from django.db import transaction
from django.test import Client
from django.utils.html import escape

from core.masking import mask_name
from core.models import User
from staff import rights
from tests.scope.people import Territory, World

# Where a record of a public pool is shown on purpose: what happened with it, but neither name nor number.
POOLS = re.compile(r"^/pools/")
# Where somebody of another book is named by his surname and stars, because a contract, a relation or a search is about both.
MASKED = re.compile(
    r"/relations/|tab=relations|^/quality/similar/|^/conflicts/|^/loans/|^/listings/|^/api/v1/staff/customers/[^/]+/relations/"
)


def log_in(user: User) -> Client:
    """A browser in which somebody is logged in."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en", raise_request_exception=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def read(answer: Any) -> str:
    """Return head and body of an answer as one text."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    cookies = answer.cookies.output(header="")
    return f"{head}\n{cookies}\n{content.decode('utf-8', 'replace')}"


def without(text: str, *said: str) -> str:
    """Leave out what the asker wrote himself: a page may say what it searched for."""
    for one in said:
        for form in {one, escape(one), quote(one), quote_plus(one), quote(one, safe="")} - {""}:
            text = text.replace(form, "")
    return text


class Words:
    """Strings looked for in many long texts: one by one, which is far quicker than one pattern of them all."""

    def __init__(self, words: Iterable[str], *patterns: str) -> None:
        self._words = sorted(set(words) - {""})
        self._patterns = [re.compile(pattern) for pattern in patterns]

    def search(self, text: str) -> re.Match[str] | None:
        """Return one place where one of them stands."""
        for word in self._words:
            if word in text:
                return re.search(re.escape(word), text)
        return next(filter(None, (pattern.search(text) for pattern in self._patterns)), None)

    def findall(self, text: str) -> list[str]:
        """Return those that stand in a text."""
        found = [word for word in self._words if word in text]
        return found + [one for pattern in self._patterns for one in pattern.findall(text)]


class Walker:
    """Somebody who goes through the house and finds what is not his."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.member = world.staff[name]
        self.client = log_in(self.member.user)
        self.closed = {one.key: one for one in world.territories.values() if not world.sees(name, one)}
        self.secrets = Words(list_secrets(world))
        self.traces = {key: traces(one) for key, one in self.closed.items()}
        self.names = {key: own_names(one) for key, one in self.closed.items()}
        self.faults: list[str] = []
        self.seen = ""
        self.count = 0

    def ask(self, method: str, path: str, data: Any = None, *, said: tuple[str, ...] = (), **headers: str) -> Any:
        """Send one request whose effects are thrown away; note what it tells of closed territories."""
        self.count += 1
        with transaction.atomic():
            answer = getattr(self.client, method)(path, data or {}, **headers)
            text = read(answer)
            transaction.set_rollback(True)
        self.look(f"{method} {path}", path, without(text, *said))
        answer.whole = text
        return answer

    def look(self, where: str, path: str, text: str) -> None:
        """Note every trace of a closed territory, and whatever nobody may see unmasked."""
        if found := self.secrets.search(text):
            self.faults.append(f"{self.name}: {where} shows unmasked: {_around(text, found)}")
        for one in self.closed.values():
            if MASKED.search(path):
                text = without(text, mask_name(one.borrower.name), mask_name(one.investor.name))
            if path.startswith("/cases/") and self.takes_part(one):
                text = without(text, one.borrower.number)
            wanted = self.names if self.may_see_pool(one, path) else self.traces
            if found := wanted[one.key].search(text):
                self.faults.append(f"{self.name}: {where} tells of {one.key}: {_around(text, found)}")

    def may_see_pool(self, one: Territory, path: str) -> bool:
        """Tell whether a page shows a public pool of the member's own department."""
        pool = one.borrower.pool
        return pool is not None and bool(POOLS.match(path)) and self.member.department_id == pool.department_id

    def takes_part(self, one: Territory) -> bool:
        """Tell whether a case about somebody is with the member's department: it knows his number, and no more."""
        asking = one.owner.department_id if one.owner else None
        return self.member.department_id in {asking, self.world.departments["data"].pk}

    def refused(self, path: str, answer: Any, right: str) -> None:
        """Note an answer about a closed record that is neither 'there is none' nor, without the right, 'not for you'."""
        # The desks of suspicion are for the whole house: to whoever sees less they are closed, whoever it is about.
        has_right = right not in {rights.WORK_AML, rights.DECIDE_AML} and (
            not right or self.world.holds(self.name, right)
        )
        if answer.status_code not in ({404} if has_right else {403, 404}):
            self.faults.append(f"{self.name}: {path} answers {answer.status_code}, not {404 if has_right else 403}")


def list_secrets(world: World) -> list[str]:
    """Return every phone, identity number, card, address, e-mail address and income that stands in the world."""
    found = []
    for one in world.territories.values():
        income = one.amount(1)
        found += [income, f"{income[:3]},{income[3:]}", one.records["_lead_phone"], one.records["_card"]]
        for who in (one.borrower, one.investor):
            found += [who.phone, who.identity_number, who.address, who.email]
    return found


def own_names(one: Territory) -> Words:
    """What says who somebody of a territory is."""
    return Words(text for who in (one.borrower, one.investor) for text in (who.name, who.phone))


def traces(one: Territory) -> Words:
    """What tells of a territory: its mark, names even of one character, amounts, numbers and addresses of records."""
    people = [one.borrower, one.investor]
    # A case belongs to the departments that work on it, an address of a file to whoever reviews it: told apart below.
    # A segment is a rule of the whole house: who is in it is shown by the reader's own book. So is a draft on trial.
    common = {"case", "segment", "trial", "coupon_offer"}
    ids = [str(value) for kind, value in one.records.items() if kind[0] != "_" and kind not in common]
    words = [one.mark, one.surname, *(text for who in people for text in (who.public_id, who.number, who.phone)), *ids]
    amount = f"{one.digits[:3]},?{one.digits[3:]}" + r"\d{2}\.25"
    return Words(words, amount)


def _around(text: str, found: re.Match[str]) -> str:
    return repr(" ".join(text[max(found.start() - 90, 0) : found.end() + 40].split()))
