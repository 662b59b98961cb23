"""Planted phones, numbers, cards, addresses and incomes: searched for in every answer, row, log line and message."""

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import current_app
from celery.signals import before_task_publish
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse
from rest_framework.test import APIClient

from core import clock, outbox
from core.api.counters import counters
from core.api.tokens import issue_token
from core.logging import RedactSensitive, redact
from core.models import AuditEntry
from customers.models import (
    BankCard,
    Customer,
    DuplicatePair,
    IdentityCheck,
    ImportJob,
    Lead,
    Merge,
    QuarantinedRow,
    ReversibleAct,
    VerificationCode,
)
from customers.operations import intake
from customers.operations.cards import record_card_result
from customers.operations.identity import record_identity_result
from customers.rules.identity import citizen_check_digit
from staff import rights
from tests.api.people import card_number
from tests.scope.addresses import list_pages, vary
from tests.scope.people import NOW, World
from tests.scope.test_interface import make_client
from tests.scope.walking import Words, list_secrets, log_in, read, without

pytestmark = pytest.mark.slow


def identity_number(serial: int) -> str:
    """A valid number of nobody."""
    first = f"11010519900517{serial:03d}"
    return first + citizen_check_digit(first)


# What people type in the course of the story below; none of it may be found anywhere afterwards.
PHONES = {name: f"1380571{number:04d}" for number, name in enumerate(
    ("registers", "asks", "lead", "imported", "broken", "bulk", "bulk-broken", "edited", "conflict", "merged", "view"), 9100
)}  # fmt: skip
IDENTITIES = {name: identity_number(810 + n) for n, name in enumerate(("registers", "imported", "bulk", "merged"))}
BAD_IDENTITY = "110105199013179999"
CARD = card_number(987654)
EMAILS = ("zheng.mima@example.com", "shu.ru@example.com")
ADDRESSES = ("杭州市西湖区文三路477号", "成都市武侯区天府大道1199号")
INCOMES = ("38417.26", "57193.84")
TYPED = [
    *PHONES.values(), *IDENTITIES.values(), BAD_IDENTITY, CARD, *EMAILS, *ADDRESSES, *INCOMES,
    *(f"{int(float(one)):,}{one[-3:]}" for one in INCOMES),
]  # fmt: skip


class Story:
    """What is done in the house, with every answer read for what it should have hidden."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: list[str] = []
        self.secrets = Words([*TYPED, *list_secrets(world)])
        self.staff = {name: log_in(member.user) for name, member in world.staff.items()}

    def look(self, where: str, answer: Any, *said: str) -> str:
        """Read an answer; what the asker wrote in this very request may come back to him."""
        text = read(answer)
        found = self.secrets.search(without(text, *said))
        if found:
            self.faults.append(f"{where} ({answer.status_code}) shows {found.group()}")
        return text

    def post(self, who: str, path: str, data: dict[str, Any], status: int | None = None) -> Any:
        """Send a form as a member of staff."""
        answer = self.staff[who].post(path, data)
        said = [value for value in data.values() if isinstance(value, str)]
        self.look(f"post {path}", answer, *said)
        assert status is None or answer.status_code == status, (path, answer.status_code, answer.content[:400])
        return answer

    def call(self, client: APIClient, method: str, path: str, body: Any, *statuses: int, key: str = "") -> Any:
        """Send a request to the interface; its answers repeat nothing."""
        answer = getattr(client, method)(f"/api/v1/{path}", body, HTTP_IDEMPOTENCY_KEY=key or path)
        self.look(f"{method} {path}", answer)
        assert answer.status_code in statuses, (path, answer.status_code, answer.content[:400])
        return answer


@contextmanager
def kept_log() -> Iterator[io.StringIO]:
    """What the product's own handler writes, the finest lines too."""
    kept = io.StringIO()
    root = logging.getLogger()
    handler = next(one for one in root.handlers if any(isinstance(part, RedactSensitive) for part in one.filters))
    assert isinstance(handler, logging.StreamHandler)
    stream, level = handler.setStream(kept), root.level
    root.setLevel(logging.DEBUG)
    try:
        yield kept
    finally:
        root.setLevel(level)
        handler.setStream(stream or io.StringIO())


@contextmanager
def kept_tasks() -> Iterator[list[str]]:
    """Every message that goes to the broker."""
    found: list[str] = []

    def keep(sender: Any = None, body: Any = None, headers: Any = None, **_more: Any) -> None:
        found.append(json.dumps([sender, body, headers], default=str, ensure_ascii=False))

    before_task_publish.connect(keep)
    conf = current_app.conf
    before = conf.broker_url, conf.broker_transport
    conf.broker_url, conf.broker_transport = "memory://", "memory"
    try:
        yield found
    finally:
        conf.broker_url, conf.broker_transport = before
        before_task_publish.disconnect(keep)


def test_nothing_sensitive_is_found_anywhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(world)
    with kept_log() as log, kept_tasks() as tasks:
        _register(story)
        _take_leads_in(story)
        _import(story)
        _take_many_in(story)
        _edit(story)
        _merge(story)
        _unmask(story)
        _fail(story, monkeypatch)
        outbox.drain(limit=400)
        current_app.send_task("core.tasks.deliver_events", retry=False, expires=60)
        _look_around(story)
    assert "Traceback" in log.getvalue() and tasks
    for name, text in [("log", log.getvalue()), ("tasks", "\n".join(tasks)), *_read_database()]:
        for found in sorted(set(story.secrets.findall(text))):
            story.faults.append(f"{name} holds {found}")
    assert not story.faults, "\n".join(story.faults)


def _register(story: Story) -> None:
    """Somebody registers, tells who he is and what he earns, and binds a card."""
    counters.clear()
    stranger = APIClient(raise_request_exception=False)
    phone = PHONES["registers"]
    story.call(stranger, "post", "auth/codes/", {"phone": phone, "purpose": "REGISTER"}, 202)
    code = VerificationCode.objects.latest("id").code
    body = {"phone": phone, "code": "000000", "notice_version": "2026-1", "source": "test"}
    story.call(stranger, "post", "auth/register/", body, 422, 409)
    answer = stranger.post("/api/v1/auth/register/", {**body, "code": code})
    assert answer.status_code == 201, answer.content
    user = Customer.objects.latest("id").user
    assert user is not None
    person = make_client(user)
    for purpose in ("CREDIT_QUERY", "CUSTODY", "BANK_CARD"):
        story.call(
            person, "post", "me/consents/", {"purpose": purpose, "notice_version": "2026-1"}, 200, 201, key=purpose
        )
    given = {"name": "郑秘密", "identity_number": IDENTITIES["registers"]}
    story.call(person, "post", "me/identity/", {**given, "identity_number": BAD_IDENTITY}, 422)
    story.call(person, "post", "me/identity/", given, 200, 202)
    # The register answers by an event that nobody delivers here.
    record_identity_result(check_id=IdentityCheck.objects.latest("id").pk, outcome="PASSED", now=NOW)
    card = {"number": CARD, "reserved_phone": phone, "bank_name": "示范银行"}
    story.call(person, "post", "me/cards/", {**card, "number": CARD[:-1] + "x"}, 422)
    story.call(person, "post", "me/cards/", card, 202)
    record_card_result(card_id=BankCard.objects.latest("id").pk, is_confirmed=True, now=NOW)
    etag = person.get("/api/v1/me/")["ETag"]
    profile = {"address": ADDRESSES[0], "monthly_income": INCOMES[0], "occupation": "工程师"}
    answer = person.patch("/api/v1/me/profile/", profile, HTTP_IF_MATCH=etag)
    assert answer.status_code == 200, answer.content
    person.patch("/api/v1/me/profile/", profile, HTTP_IF_MATCH=etag)


def _take_leads_in(story: Story) -> None:
    """Leads come by the public form and by staff; one of them is a customer already."""
    stranger = APIClient(raise_request_exception=False)
    body = {"name": "郑问", "phone": PHONES["asks"], "role": "BORROWER", "consent": True, "utm_source": "x"}
    story.call(stranger, "post", "leads/", body, 202)
    story.call(stranger, "post", "leads/", {**body, "role": "x"}, 422)
    form = {"name": "郑线索", "phone": PHONES["lead"], "role": "BORROWER", "enquiry": "x", "amount": "1000.00"}
    story.post("rm-north", "/leads/new/?method=CONSULTATION", form, 302)
    story.post("rm-north", "/leads/new/?method=CONSULTATION", form, 422)
    story.post("rm-south", "/leads/new/?method=CONSULTATION", {**form, "phone": PHONES["registers"]}, 422)
    lead = Lead.objects.latest("id")
    story.post("rm-north", f"/leads/{lead.public_id}/convert/", {})


def _import(story: Story) -> None:
    """A file with a good row and bad ones, on trial and for good, with its quarantine and file of errors."""
    rows = [
        "姓名,手机,身份证号,邮箱,地址,月收入",
        f"郑导入,{PHONES['imported']},{IDENTITIES['imported']},{EMAILS[0]},{ADDRESSES[0]},{INCOMES[0]}",
        f"郑坏,{PHONES['broken']},{BAD_IDENTITY},{EMAILS[1]},{ADDRESSES[1]},{INCOMES[1]}x",
    ]
    file = SimpleUploadedFile("people.csv", "\n".join(rows).encode())
    story.post("data", "/quality/imports/", {"source": "fair", "file": file}, 302)
    job = ImportJob.objects.latest("id")
    path = f"/quality/imports/{job.public_id}/"
    story.look(path, story.staff["data"].get(path))
    columns = dict(zip(("name", "phone", "identity_number", "email", "address"), range(5), strict=True))
    chosen = {f"column_{place}": name for name, place in columns.items()}
    for act in ("try", "run"):
        story.post("data", path, {**chosen, "act": act}, 302)
        intake.run_import(job_id=job.pk, read_now=clock.now)
        story.look(path, story.staff["data"].get(path))
    row = QuarantinedRow.objects.latest("id")
    for page in (f"{path}errors/", "/quality/quarantine/", "/quality/imports/"):
        story.look(page, story.staff["data"].get(page))
    story.post("data", f"/quality/quarantine/{row.public_id}/", {"act": "mend", "phone": PHONES["broken"]})
    story.post("data", f"{path}undo/", {})


def _take_many_in(story: Story) -> None:
    """Rows by the interface, one of them faulty; sent twice under one key."""
    client = make_client(story.world.staff["data"].user)
    rows = [
        {"name": "郑批", "phone": PHONES["bulk"], "identity_number": IDENTITIES["bulk"], "email": EMAILS[0]},
        {"name": "郑批坏", "phone": PHONES["bulk-broken"], "identity_number": BAD_IDENTITY, "address": ADDRESSES[1]},
    ]
    for _again in range(2):
        story.call(client, "post", "intake/customers/", {"channel": "WEB", "rows": rows}, 200, key="bulk")
    story.call(client, "post", "intake/customers/", {"channel": "WEB", "rows": rows[:1]}, 422, key="bulk")
    story.call(client, "post", "intake/customers/", {"channel": PHONES["bulk"], "rows": rows}, 422)


def _edit(story: Story) -> None:
    """Fields change, two people disagree, sources disagree, a relation is found by phone, a list is saved and taken."""
    one = story.world.territories["north"]
    path = f"/customers/{one.borrower.public_id}"
    values = {"phone": PHONES["edited"], "email": EMAILS[1], "address": ADDRESSES[1], "monthly_income": INCOMES[1]}
    for field, value in values.items():
        story.look(f"edit {field}", story.staff["rm-north"].get(f"{path}/profile/{field}/"))
        story.post("rm-north", f"{path}/profile/{field}/", {"value": value, "seen": ""})
        # Another page of his still has the old value: the conflict shows both, masked.
        story.post("rm-north", f"{path}/profile/{field}/", {"value": f"{value}1", "seen": "old"})
    client = make_client(story.world.staff["rm-north"].user)
    facts = {"facts": {"phone": PHONES["conflict"], "email": EMAILS[0]}}
    etag = client.get(f"/api/v1/staff{path}/").get("ETag", "")
    for tag in (etag, '"0"'):
        answer = client.patch(f"/api/v1/staff{path}/", facts, HTTP_IF_MATCH=tag, HTTP_IDEMPOTENCY_KEY=f"e{tag}")
        story.look(f"patch {path}", answer)
    story.post("rm-north", f"{path}/relations/", {"kind": "FRIEND", "other": one.investor.phone, "note": ""})
    story.post("rm-north", "/conflicts/", {"name": "", "phone": PHONES["imported"], "identity_number": ""})
    story.post(
        "data", "/quality/similar/", {"name": "郑", "phone": PHONES["bulk"], "identity_number": IDENTITIES["bulk"]}
    )
    search = f"q={PHONES['view']}&sort=name"
    story.post("rm-north", "/customers/views/save/", {"name": "one", "query": search, "audience": "ME"})
    story.look("search", story.staff["rm-north"].get(f"/customers/?{search}"), PHONES["view"])
    story.post("rm-north", f"/customers/export/?q={PHONES['edited']}", {})
    for page in ("profile", "changes", "documents", "relations"):
        story.look(page, story.staff["rm-north"].get(f"{path}/{page}/"))


def _merge(story: Story) -> None:
    """Two records become one and two again."""
    kept, merged = Customer.objects.filter(name__in=["郑批", "郑线索"]).order_by("id")
    pair = DuplicatePair.objects.create(first=kept, second=merged, score=90, reasons=["name"], found_at=NOW)
    path = f"/quality/pairs/{pair.public_id}/"
    story.look(path, story.staff["data"].get(path))
    versions = {f"version_{who.public_id}": str(who.version) for who in (kept, merged)}
    story.post("data", path, {"keep": kept.public_id, "phone": "merged", **versions}, 302)
    merge = Merge.objects.latest("id")
    assert merge.kept_id == kept.pk and ReversibleAct.objects.latest("id").payload
    kept_page = f"/customers/{kept.public_id}/"
    story.look(kept_page, story.staff["manager"].get(kept_page))
    story.post("data", f"/quality/merges/{merge.public_id}/undo/", {}, 302)
    assert Merge.objects.latest("id").undone_at


def _unmask(story: Story) -> None:
    """Who says why sees one value, once; the trace says that he did, not what he saw."""
    one = story.world.territories["near"]
    path = f"/customers/{one.borrower.public_id}/reveal"
    for field in ("phone", "identity_number", "address", "email", "monthly_income", "card"):
        story.post("rm-near", f"{path}/{field}/", {"reason": ""}, 422)
        answer = story.staff["rm-near"].post(f"{path}/{field}/", {"reason": "he asked for a call"})
        assert story.secrets.search(read(answer)), field
        assert "no-store" in answer["Cache-Control"]
        refused = story.staff["rm-south"].post(f"{path}/{field}/", {"reason": "curious"})
        story.look(path, refused)
        assert refused.status_code == 404
    assert AuditEntry.objects.filter(action__startswith="customers.unmasked", is_sensitive_read=True).count() == 6


def _fail(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page and an endpoint break with everything they were given in the error's own words."""
    said = f"电话{PHONES['edited']}, {EMAILS[1]} {ADDRESSES[1]} {IDENTITIES['merged']} card={CARD}."

    def breaks(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError(said)

    one = story.world.territories["north"]
    with monkeypatch.context() as patch:
        patch.setattr("customers.web.views.facts.set_facts", breaks)
        client = Client(raise_request_exception=False, HTTP_ACCEPT_LANGUAGE="en")
        client.force_login(story.world.staff["rm-north"].user, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.post(f"/customers/{one.borrower.public_id}/profile/email/", {"value": EMAILS[0]})
        story.look("broken page", answer)
        assert answer.status_code == 500
        patch.setattr("customers.api.views.intake.take_in_batch", breaks)
        caller = APIClient(raise_request_exception=False)
        token = issue_token(user=story.world.staff["data"].user, scopes=sorted(rights.ALL), now=NOW)["token"]
        caller.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        body = {"channel": "WEB", "rows": [{"name": "郑", "phone": PHONES["bulk"]}]}
        story.call(caller, "post", "intake/customers/", body, 500, key="broken")
        # A handler of an event breaks too: what is kept of its error stands in the database.
        handler = next(name for name in outbox._HANDLERS if not outbox._HANDLERS[name].outside)
        outbox._postpone([_some_delivery(handler)], 1, NOW, RuntimeError(said))


def _some_delivery(_handler: str) -> int:
    from core.models import EventDelivery

    found = EventDelivery.objects.filter(state="PENDING").earliest("id")
    return int(found.pk)


def _look_around(story: Story) -> None:
    """Everybody who sees all looks at every page of the people of the story, in the product and in the admin."""
    customers = Customer.objects.filter(name__startswith="郑") | Customer.objects.filter(
        pk=story.world.territories["north"].borrower.pk
    )
    client = story.staff["manager"]
    pages = [page for page in list_pages() if "get" in page.methods]
    for customer in customers:
        for page in pages:
            if page.kind == "borrower" and page.route.count("<") == 1:
                path = "/" + page.route.replace("<str:public_id>", customer.public_id)
                story.look(path, client.get(path))
    for page in pages:
        if not page.kind:
            path = f"/{page.route}"
            answer = client.get(path)
            story.look(path, answer)
            if answer.status_code == 200 and page.name == "customers:list":
                for link in vary(path, answer.content.decode()):
                    story.look(link, client.get(link))
    _look_into_admin(story)


def _look_into_admin(story: Story) -> None:
    user = story.world.staff["auditor"].user
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    client = log_in(user)
    names = [name for name in get_resolver().namespace_dict["admin"][1].reverse_dict if isinstance(name, str)]
    seen = 0
    for name in names:
        if not name.endswith("_changelist"):
            continue
        path = reverse(f"admin:{name}")
        answer = client.get(path)
        story.look(path, answer)
        for link in re.findall(rf'href="({path}[^"?]+/change/)', answer.content.decode())[:3]:
            story.look(link, client.get(link))
            seen += 1
    assert seen > 10


def _read_database() -> Iterator[tuple[str, str]]:
    """Yield every table as its rows stand in it: ciphertext where it is encrypted, bytes as text where they are bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows = [row for (row,) in cursor.fetchall()]
            raw = [
                bytes.fromhex(part).decode("utf-8", "replace")
                for row in rows
                for part in re.findall(r"\\x([0-9a-f]+)", row)
            ]
            yield f"table {table}", "\n".join([*rows, *raw])
    yield "sessions", "\n".join(json.dumps(row.get_decoded(), ensure_ascii=False) for row in Session.objects.all())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("phone=13812345678.", "phone=138****5678."),
        ("手机13812345678已停机", "手机138****5678已停机"),
        ("identity 11010519491231002X", "identity 110****002X"),
        ("to wang.li@example.com failed", "to w***@example.com failed"),
        ("住北京市朝阳区建国路1号院", "住北京市****"),
        ("LN-20260302-4711 took 1234567.25 in 0.12345678901", "LN-20260302-4711 took 1234567.25 in 0.12345678901"),
    ],
)
def test_what_looks_sensitive_is_masked_in_logs(text: str, shown: str) -> None:
    assert redact(text) == shown
