"""Every page in a real browser: no barrier of weight, nothing wider than the screen, no script that fails, no broken policy.

Each page is walked twice: Chinese, light and wide; English, dark and as narrow as a phone.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import get_resolver, reverse
from playwright.sync_api import Browser, Page, expect

from core import clock
from core.models import User
from core.registries import customer_panels
from customers.models import Customer, DuplicatePair, Handover, Pool, ProcessStep, QuarantinedRow, StepRun
from customers.operations import diary, funnel, intake, leads, notices, opportunities, process, retention
from customers.operations.duplicates import find_duplicates
from customers.operations.leads import LeadIntake
from customers.tasks import run_imports
from risk.models import DecisionTable
from risk.operations import tables, trials
from segmentation.models import Cluster, Learning
from segmentation.operations.evaluation import evaluate_segments
from segmentation.operations.recommend_learning import ask_learning
from segmentation.operations.segments import create_segment
from service.operations.department_cases import open_department_case
from staff.operations import create_department
from tests.fixtures.models import make_models
from tests.lending.operations import markets
from tests.marketing import offers as coupons
from tests.web.conftest import NOW, TODAY, Book, as_user, log_in, make_customer, make_person
from tests.web.test_access import LISTS, RECORDS
from tests.web.test_monitoring import write_monitoring

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = Path(settings.BASE_DIR) / "frontend/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FRAME = [".rail", ".bar", ".tabbar"]
# Rules whose findings are never grave: not measured, because each costs time on each page.
MILD = [
    "aria-allowed-role", "empty-heading", "empty-table-header", "heading-order", "image-redundant-alt",
    "landmark-banner-is-top-level", "landmark-contentinfo-is-top-level", "landmark-main-is-top-level",
    "landmark-no-duplicate-banner", "landmark-no-duplicate-contentinfo", "landmark-no-duplicate-main", "landmark-one-main",
    "landmark-unique", "page-has-heading-one", "presentation-role-conflict", "region", "scope-attr-valid", "skip-link",
    "table-duplicate-name",
]  # fmt: skip
GRAVE = """([tags, exclude, mild]) => axe.run({exclude}, {runOnly: tags, resultTypes: ['violations'],
  rules: Object.fromEntries(mild.map(name => [name, {enabled: false}]))}).then(found => found.violations
  .filter(rule => ['serious', 'critical'].includes(rule.impact))
  .map(rule => [rule.id, rule.nodes.slice(0, 3).map(node => node.html.slice(0, 200) + ' ' + (node.any[0]?.message ?? ''))]))"""
# Everything that a button would open lies open at once; contrast is measured where nothing covers anything. Says whether
# the page itself had anything to open.
UNFOLD = """frame => { let own = false;
  for (const part of document.querySelectorAll('[popover]:not(:popover-open), details:not([open])')) {
    own ||= !part.closest(frame);
    if (part.tagName === 'DETAILS') part.open = true; else { part.popover = 'manual'; part.showPopover(); } }
  return own; }"""
NAMES_AND_ROLES = ["wcag2a", "cat.forms", "cat.name-role-value", "cat.aria"]
SETTLED = """() => !document.querySelector('.skeleton, [hx-trigger="load"]:empty')
  && [...document.querySelectorAll('[data-chart]')].every(place => place.childElementCount)"""

# Parts of pages: where each is seen. The tabs of a customer's page are added from their registry.
PARTS = {
    "customers:timeline": "customers:page", "customers:fact": "customers:page", "customers:similar": "customers:take-in-lead",
    "customers:condition": "customers:list", "customers:view-counts": "customers:list", "customers:cell": "customers:list",
    "customers:owner-cell": "customers:list", "customers:check-entry": "customers:enter",
    "analytics:palette": "analytics:today", "analytics:today-charts": "analytics:today", "lending:instalment": "lending:loan", "risk:loan": "lending:loan",
    "service:loan": "lending:loan", "risk:replay": "risk:application",
    "customers:colleagues": "customers:page", "segmentation:overlap": "segmentation:segment",
}  # fmt: skip
# Files, and an act that sends who comes by hand back to its page.
OTHERS = {
    "risk:propose",
    "risk:train",
    "risk:stress-act",
    "risk:learning-table",
    "lending:contract-file",
    "risk:suspicion-file",
    "customers:import-errors",
    "customers:document",
    "customers:visit-photo",
}


@dataclass(frozen=True)
class Way:
    """How somebody looks at the pages."""

    language: str
    scheme: str
    width: int


WAYS = {"wide": Way("zh-hans", "light", 1440), "phone": Way("en", "dark", 390)}


@dataclass
class Walk:
    """An open page and what was wrong on it, by address."""

    page: Page
    server: str
    way: Way
    has_seen_frame: bool = False
    complaints: list[str] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)

    def look(self, address: str, *, status: int = 200, unfolds: bool = True) -> None:
        """Open an address, let it load its parts and note every barrier."""
        answer = self.page.goto(f"{self.server}{address}", wait_until="domcontentloaded")
        assert answer is not None and answer.status == status, (address, answer and answer.status)
        self.page.wait_for_function(SETTLED)
        self.check(address)
        # Names and roles are the same at every width.
        if unfolds and self.way is WAYS["wide"] and self.page.evaluate(UNFOLD, ", ".join(FRAME)):
            self.note(f"{address} unfolded", self.page.evaluate(GRAVE, [NAMES_AND_ROLES, FRAME, MILD]))

    def check(self, place: str) -> None:
        """Note the barriers of what is shown now, how far it is too wide, and what the console says."""
        # Rail, bar and tabs are the same on every page of somebody: looked at once.
        self.note(place, self.page.evaluate(GRAVE, [RULES, FRAME if self.has_seen_frame else [], MILD]))
        self.has_seen_frame = True
        width = self.page.evaluate("document.documentElement.scrollWidth")
        self.note(f"{place} is too wide", width - self.way.width)
        self.note(f"{place} complains", self.complaints[:])
        self.complaints.clear()

    def note(self, place: str, what: Any) -> None:
        if what:
            self.found[place] = what


@contextmanager
def walk(browser: Browser, server: str, way: Way, username: str = "") -> Iterator[Walk]:
    """Open a browser's window for somebody who has logged in."""
    context = browser.new_context(
        viewport={"width": way.width, "height": 900},
        color_scheme=way.scheme,  # type: ignore[arg-type]
        locale="zh-CN" if way.language == "zh-hans" else "en",
        reduced_motion="reduce",
    )
    # Run by the browser itself, like a user's extension: the pages' policy stays as it is.
    context.add_init_script(path=AXE)
    page = context.new_page()
    page.set_default_timeout(20_000)
    here = Walk(page, server, way)
    page.on("console", lambda message: here.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: here.complaints.append(str(error)))
    try:
        if username:
            # The form has tests of its own: here its cookies are enough.
            client = as_user(User.objects.get(username=username))
            kept = {
                settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
                settings.LANGUAGE_COOKIE_NAME: way.language,
            }
            context.add_cookies([{"name": name, "value": value, "url": server} for name, value in kept.items()])
        yield here
    finally:
        context.close()


@pytest.fixture
def pages(live_book: Book) -> dict[str, tuple[str, str]]:
    """Name of each page -> who looks at it and the address; records that the book lacks are written."""
    b = live_book
    with clock.use_clock(NOW):
        more = write_more(b)
    found = {name: (role, target(b)) for name, (target, role, _powerless) in RECORDS.items()}
    found |= {name: (role, address) for name, (address, role, _powerless) in LISTS.items()}
    panels = dict(customer_panels.items())
    for customer, tabs in ((b.borrower, list(panels)), (b.investor, ["investments", "money"])):
        here = reverse("customers:page", args=[customer.public_id])
        found |= {f"customers:page {customer.number} {tab}": ("rm", f"{here}?tab={tab}") for tab in tabs}
    parts = {*PARTS, *(panel.url_name for panel in panels.values())}
    return {name: place for name, place in (found | more).items() if name not in parts}


def write_more(b: Book) -> dict[str, tuple[str, str]]:
    """Write a record for each page that the access matrix leaves apart; fill calendar, board and notices."""
    rm = b.rm.staff_member
    given: dict[str, Any] = {"actor": b.rm, "now": NOW}
    asked = LeadIntake(
        method="CONSULTATION", role="BORROWER", name="赵子龙", phone="13700000001", origin={"enquiry": "利率"}
    )
    lead = leads.take_in_lead(intake=asked, owner_id=rm.pk, **given)
    opportunities.open_opportunity(
        customer_id=b.borrower.pk, role="BORROWER", title="装修贷", amount=Decimal("50000.00"), **given
    )
    for customer in (b.borrower, b.investor):
        later = {"customer_id": customer.pk, **given}
        diary.plan_contact(channel="CALL", purpose="还款提醒", planned_at=NOW + timedelta(hours=3), **later)
        diary.make_promise(text="寄送合同", due_at=NOW + timedelta(days=1), **later)
        diary.add_note(text="喜欢上午接电话", is_pinned=True, **later)
    notices.notify(
        member_ids=[rm.pk],
        kind="customers.mention",
        text_code="customers.registered",
        params={},
        key="n1",
        now=NOW,
        customer_id=b.borrower.pk,
    )
    pooled = make_customer(50, "赵钱孙", b.rm, is_borrower=True)
    pool = Pool.objects.create(name="华北公海", department=rm.department)
    Customer.objects.filter(pk=pooled.pk).update(rm=None, pool=pool, pooled_at=NOW)
    service = create_department(name="服务部", kind="SERVICE")
    case = open_department_case(
        title="收入证明存疑",
        text="请核对",
        department_id=service.pk,
        customer_id=b.borrower.pk,
        is_urgent=True,
        **given,
    )
    funnel.note_step(customer_ids=[b.borrower.pk, b.investor.pk], step="REGISTERED", now=NOW)
    StepRun.objects.filter(code="first-call").update(due_date=TODAY - timedelta(days=3))
    action = process.open_action(
        wrong="首次致电常常迟到", remedy="晨会核对名单", kpi="ON_TIME", owner_id=rm.pk, due_date=TODAY, step_code="first-call",
        actor=b.lead, now=NOW,
    )  # fmt: skip
    changed = process.apply_process_step(
        target_id=str(ProcessStep.objects.get(code="first-call").pk), values={"due_workdays": 2}, actor=b.lead, now=NOW
    )
    handover = Handover.objects.create(giver=rm, actor=b.lead, started_at=NOW)
    drawn = markets.draw(markets.fill(markets.make_listing(), ("4000.00", "6000.00")))
    Customer.objects.filter(pk=drawn.loan.borrower_id).update(rm=rm)
    return {
        "customers:lead": ("rm", reverse("customers:lead", args=[lead.public_id])),
        "customers:pooled": ("other_rm", reverse("customers:pooled", args=[pooled.public_id])),
        "customers:corrective-action": ("lead", reverse("customers:corrective-action", args=[action.public_id])),
        "customers:process-change": ("lead", reverse("customers:process-change", args=[changed.public_id])),
        "customers:handover": ("lead", reverse("customers:handover", args=[handover.public_id])),
        "service:department-case": ("rm", reverse("service:department-case", args=[case.public_id])),
        "lending:contract": ("rm", reverse("lending:contract", args=[drawn.loan.public_id])),
        **write_data(b),
        **write_models(b),
        **write_segments(b),
        **write_coupons(b),
        **write_monitoring(b),
    }


def write_models(b: Book) -> dict[str, tuple[str, str]]:
    """Write a champion and a challenger with their cards, and a draft of a table that is tried beside the one in force."""
    card, challenger = make_models(actor=b.officer, now=NOW)
    draft = tables.start_draft(source_id=DecisionTable.objects.get(version=1).pk, actor=b.officer, now=NOW)
    trial = trials.start_trial(
        rule=draft, kind="SHADOW", from_date=TODAY, to_date=None, actor=b.officer, now=NOW, business_date=TODAY
    )
    return {
        "risk:trial": ("officer", reverse("risk:trial", args=[trial.public_id])),
        "risk:table-compare": ("officer", reverse("risk:table-compare", args=["standard", draft.version])),
        "risk:model": ("officer", reverse("risk:model", args=["standard", card.version])),
        "risk:challenger": ("officer", reverse("risk:challenger", args=["standard", challenger.version])),
    }


def write_segments(b: Book) -> dict[str, tuple[str, str]]:
    """Write a segment with a member; pages about no record of their own are found in the URL conf."""
    segment = create_segment(
        name="借款人", description="", kind="DYNAMIC", rule={"all": [{"fact": "borrower", "is": "is", "values": ["yes"]}]},
        actor=b.manager, now=NOW,
    )  # fmt: skip
    evaluate_segments(segment_ids=[segment.pk], business_date=TODAY, now=NOW)
    lists = {name: ("manager", reverse(name)) for name in list_plain("segmentation") & list_answering()}
    records = {
        f"segmentation:{name}": ("manager", reverse(f"segmentation:{name}", args=[segment.public_id]))
        for name in ("segment", "edit", "lookalikes", "lookalike-leads")
    }
    learning = ask_learning(kind=Learning.Kind.CLUSTERS, actor=b.manager, now=NOW, business_date=TODAY)
    cluster = Cluster.objects.create(learning=learning, place=1, size=2, share=0.5)
    explained = reverse("segmentation:explain", args=[segment.public_id, b.borrower.public_id])
    return {
        **lists,
        **records,
        # The customers behind a number: of one value of one label.
        "segmentation:people": ("manager", f"{reverse('segmentation:people')}?label=risk_tier&value=LOW"),
        "segmentation:cluster": ("manager", reverse("segmentation:cluster", args=[cluster.public_id])),
        "segmentation:explain": ("manager", explained),
        "segmentation:safety": ("manager", reverse("segmentation:safety", args=[b.borrower.public_id])),
    }


def write_coupons(b: Book) -> dict[str, tuple[str, str]]:
    """Write an offer that runs, with a coupon of the borrower's."""
    marketer = make_person("operations", "marketer", b.rm.staff_member.department, None)
    offer = coupons.run_offer(actor=marketer)
    coupons.give(offer, b.borrower)
    lists = {
        "marketing:offers": ("marketer", reverse("marketing:offers")),
        "marketing:new": ("marketer", reverse("marketing:new")),
    }
    return {**lists, "marketing:offer": ("marketer", reverse("marketing:offer", args=[offer.public_id]))}


def write_data(b: Book) -> dict[str, tuple[str, str]]:
    """Write two records of one person, and a file of which one line waits in quarantine, for a data officer."""
    officer = make_person("data-officer", "data", b.rm.staff_member.department, None)
    for tail in ("1", "2"):
        fields = {"name": "赵敏", "phone": f"1390000000{tail}", "birth_date": "1990-05-17"}
        intake.create_customer(fields=fields, source="RM", actor=officer, now=NOW)
    find_duplicates(TODAY, 0, 0, NOW)
    raw = "姓名,手机号\r\n王晓明,13912345678\r\n李雷,123\r\n".encode("gbk")
    job = intake.upload_import(source="fair", file_name="x.csv", raw=raw, actor=officer, now=NOW)
    intake.start_import(job_id=job.pk, mapping=job.mapping, is_dry_run=False, actor=officer, now=NOW)
    run_imports()
    records = {"pair": DuplicatePair.objects.get(), "import": job, "quarantined": QuarantinedRow.objects.get()}
    found = {
        f"customers:{name}": ("data", reverse(f"customers:{name}", args=[row.public_id]))
        for name, row in records.items()
    }
    # One whose data is due for erasure, and one whose data is held.
    make_customer(20_000, "孙尚香", b.rm, is_borrower=True)
    retention.place_hold(customer_id=b.investor.pk, reason="法院调查", actor=officer, now=NOW)
    names = ("imports", "quarantine", "retention")
    lists = {f"customers:{name}": ("data", reverse(f"customers:{name}")) for name in names}
    return found | lists


def list_answering() -> set[str]:
    """Return the names of all addresses that answer a GET."""
    return {
        f"{namespace}:{pattern.name}"
        for namespace, (_prefix, resolver) in get_resolver().namespace_dict.items()
        if namespace
        in {"analytics", "customers", "lending", "marketing", "messaging", "risk", "segmentation", "service"}
        for pattern in resolver.url_patterns
        if hasattr(pattern.callback.view_class, "get") and "get" in pattern.callback.view_class.http_method_names
    }


def list_plain(namespace: str) -> set[str]:
    """Return the names of a namespace's addresses that name no record."""
    _prefix, resolver = get_resolver().namespace_dict[namespace]
    return {f"{namespace}:{pattern.name}" for pattern in resolver.url_patterns if "<" not in str(pattern.pattern)}


@pytest.mark.parametrize("way", WAYS)
def test_no_page_has_a_barrier(
    browser: Browser, live_server: object, live_book: Book, pages: dict[str, tuple[str, str]], way: str
) -> None:
    parts = {*PARTS, *(panel.url_name for _key, panel in customer_panels.items())}
    assert {name.split(" ")[0] for name in pages} == list_answering() - parts - OTHERS
    found: dict[str, Any] = {}
    for role in sorted({role for role, _address in pages.values()}):
        username = getattr(live_book, role).username if hasattr(live_book, role) else role
        with walk(browser, str(live_server), WAYS[way], username) as here:
            for _name, address in sorted(place for place in pages.items() if place[1][0] == role):
                here.look(address[1], unfolds=way == "wide")
            found |= here.found
    assert found == {}, json.dumps(found, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("way", WAYS)
def test_what_opens_over_a_page_has_no_barrier(
    browser: Browser, live_server: object, live_book: Book, way: str
) -> None:
    b = live_book
    with walk(browser, str(live_server), WAYS[way], b.rm.username) as here:
        page, server = here.page, here.server
        page.goto(f"{server}/")
        page.keyboard.press("Control+k")
        page.keyboard.type("wxm", delay=200)
        expect(page.locator("#palette-list [role=option]").first).to_contain_text("王小明")
        here.check("palette")
        page.keyboard.press("Escape")
        expect(page.locator("#palette")).to_be_hidden()
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        here.check("keys")
        page.goto(f"{server}/customers/")
        page.keyboard.press("f")
        page.locator("#condition-new select[name=field]").select_option("borrower")
        expect(page.locator("#condition-new input[value=yes]")).to_be_visible()
        here.check("condition")
        page.keyboard.press("Escape")
        page.locator(".view-name").click()
        here.check("views")
        page.keyboard.press("Escape")
        page.locator("tr[data-href] input[name=pick]").first.check()
        here.check("picked")
        page.locator(".bulk button[name=act]").first.click()
        expect(page.locator("main form[data-once]")).to_be_visible()
        here.check("act on many")
        page.goto(f"{server}/loans/#open=/loans/{b.loan.public_id}/")
        expect(page.locator("#side-panel-body .page-title")).to_be_visible()
        page.wait_for_function(SETTLED)
        here.check("panel")
        page.goto(f"{server}/customers/{b.borrower.public_id}/?tab=profile")
        page.wait_for_function(SETTLED)
        page.locator("[data-fact-edit]").first.click()
        expect(page.locator(".is-editing")).to_be_visible()
        here.check("field")
        page.locator(".strip button.define").first.click()
        here.check("reason")
    assert here.found == {}, json.dumps(here.found, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("way", WAYS)
def test_pages_without_a_frame_have_no_barrier(
    browser: Browser, live_server: object, live_book: Book, way: str
) -> None:
    with walk(browser, str(live_server), WAYS[way]) as here:
        here.look("/login/")
        log_in(here.page, here.server, live_book.rm.username, WAYS[way].language)
        for address, status in (("/quality/", 403), ("/loans/nobody/", 404)):
            here.look(address, status=status)
            # A browser writes every refused page into its console.
            here.found.pop(f"{address} complains")
        here.look(reverse("set-up-second-factor"))
    assert here.found == {}, json.dumps(here.found, indent=1, ensure_ascii=False)


def test_charts_are_drawn_for_those_who_want_no_motion(browser: Browser, live_server: object, live_book: Book) -> None:
    with walk(browser, str(live_server), WAYS["wide"], live_book.manager.username) as here:
        here.page.goto(f"{here.server}/analytics/")
        here.page.wait_for_selector("[data-chart] canvas")
        here.page.wait_for_timeout(300)
        # Something darker than the white page, not only something.
        painted = here.page.locator("[data-chart] canvas").evaluate_all(
            """all => all.map(one => { const seen = one.getContext('2d').getImageData(0, 0, one.width, one.height).data;
            for (let at = 0; at < seen.length; at += 4) if (seen[at + 3] > 100 && seen[at] < 160) return true; return false; })"""
        )
        assert painted and all(painted)
