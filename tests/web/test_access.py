"""Every page against everybody: strangers, customers, staff without the right, staff out of scope, staff in scope."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from core.models import AuditEntry
from tests.pictures import list_changes, take_picture
from tests.web.conftest import Book, as_user, make_person

Target = Callable[[Book], str]

# name of the page -> address, a role of the book that may see it, one that has no right (empty: everybody has).
RECORDS: dict[str, tuple[Target, str, str]] = {
    "customers:page": (lambda b: f"/customers/{b.borrower.public_id}/", "rm", ""),
    "customers:timeline": (lambda b: f"/customers/{b.borrower.public_id}/timeline/", "rm", ""),
    "customers:profile": (lambda b: f"/customers/{b.borrower.public_id}/profile/", "rm", ""),
    "customers:fact": (lambda b: f"/customers/{b.borrower.public_id}/profile/likes/", "rm", "officer"),
    "customers:relations": (lambda b: f"/customers/{b.borrower.public_id}/relations/", "rm", ""),
    "customers:documents": (lambda b: f"/customers/{b.borrower.public_id}/documents/", "rm", ""),
    "customers:changes": (lambda b: f"/customers/{b.borrower.public_id}/changes/", "rm", ""),
    "customers:needs": (lambda b: f"/customers/{b.borrower.public_id}/needs/", "rm", ""),
    "customers:diary": (lambda b: f"/customers/{b.borrower.public_id}/diary/", "rm", ""),
    "customers:colleagues": (lambda b: f"/customers/{b.borrower.public_id}/colleagues/", "rm", "officer"),
    "customers:value": (lambda b: f"/customers/{b.borrower.public_id}/value/", "rm", ""),
    "customers:journey": (lambda b: f"/customers/{b.borrower.public_id}/journey/", "rm", ""),
    "customers:team": (lambda b: f"/customers/{b.borrower.public_id}/team/", "rm", ""),
    "service:customer-cases": (lambda b: f"/customers/{b.borrower.public_id}/cases/", "rm", ""),
    "lending:customer-loans": (lambda b: f"/customers/{b.borrower.public_id}/loans/", "rm", ""),
    "lending:customer-shares": (lambda b: f"/customers/{b.investor.public_id}/investments/", "rm", ""),
    "lending:customer-money": (lambda b: f"/customers/{b.investor.public_id}/money/", "rm", ""),
    "messaging:customer": (lambda b: f"/customers/{b.borrower.public_id}/messages/", "rm", "officer"),
    "marketing:customer": (lambda b: f"/customers/{b.borrower.public_id}/coupons/", "rm", "officer"),
    "risk:customer": (lambda b: f"/customers/{b.borrower.public_id}/risk/", "rm", ""),
    "lending:listing": (lambda b: f"/listings/{b.listing.public_id}/", "rm", ""),
    "lending:loan": (lambda b: f"/loans/{b.loan.public_id}/", "rm", ""),
    "lending:instalment": (lambda b: f"/loans/{b.loan.public_id}/instalments/1/", "rm", ""),
    "risk:loan": (lambda b: f"/loans/{b.loan.public_id}/alerts/", "rm", ""),
    "service:loan": (lambda b: f"/loans/{b.loan.public_id}/collections/", "rm", ""),
    "risk:application": (lambda b: f"/applications/{b.referred.public_id}/", "rm", ""),
    "risk:alert": (lambda b: f"/risk/alerts/{b.alert.public_id}/", "lead", "rm"),
    "service:case": (lambda b: f"/collections/{b.case.public_id}/", "rm", "officer"),
    "messaging:message": (lambda b: f"/messages/{b.message.public_id}/", "rm", "officer"),
}
LISTS: dict[str, tuple[str, str, str]] = {
    "analytics:today": ("/", "rm", ""),
    "analytics:today-charts": ("/today/charts/", "rm", ""),
    "analytics:palette": ("/palette/?q=wang", "rm", ""),
    "analytics:dashboard": ("/analytics/", "rm", ""),
    "customers:list": ("/customers/", "rm", ""),
    "customers:enter": ("/customers/new/", "rm", "officer"),
    "customers:condition": ("/customers/condition/", "rm", ""),
    "customers:view-counts": ("/customers/views/", "rm", ""),
    "customers:notices": ("/notices/", "rm", ""),
    "customers:quality": ("/quality/", "lead", "rm"),
    "customers:calendar": ("/calendar/", "rm", ""),
    "customers:opportunities": ("/opportunities/", "rm", ""),
    "customers:leads": ("/leads/", "rm", "officer"),
    "customers:take-in-lead": ("/leads/new/", "rm", "officer"),
    "customers:take-in-list": ("/leads/list/?method=PHONE", "rm", "officer"),
    "customers:funnel": ("/leads/funnel/", "rm", "officer"),
    "customers:stopped": ("/leads/stopped/", "rm", ""),
    "customers:process": ("/process/", "lead", "rm"),
    "customers:process-steps": ("/process/steps/", "lead", "rm"),
    "customers:corrective-actions": ("/process/actions/", "rm", ""),
    "customers:corrective-new": ("/process/actions/new/", "lead", "rm"),
    "customers:research": ("/leads/research/", "rm", "officer"),
    "risk:applications": ("/applications/", "rm", ""),
    "lending:listings": ("/listings/", "rm", ""),
    "lending:loans": ("/loans/", "rm", ""),
    "risk:alerts": ("/risk/alerts/", "lead", "rm"),
    "risk:tables": ("/risk/tables/", "officer", "rm"),
    "risk:table": ("/risk/tables/standard/1/", "officer", "rm"),
    "risk:trials": ("/risk/trials/", "officer", "rm"),
    "risk:pricing": ("/risk/pricing/", "officer", "rm"),
    "risk:fairness": ("/risk/fairness/", "officer", "rm"),
    "risk:models": ("/risk/models/", "officer", "rm"),
    "risk:warnings": ("/risk/warnings/", "rm", ""),
    "risk:reassessments": ("/risk/assessments/", "rm", ""),
    "risk:indicators": ("/risk/indicators/", "officer", "lead"),
    "risk:indicator": ("/risk/indicators/par30/", "manager", "lead"),
    "risk:market": ("/risk/market/", "manager", "lead"),
    "risk:stress": ("/risk/stress/", "manager", "lead"),
    "risk:register": ("/risk/register/", "manager", "lead"),
    "risk:incidents": ("/risk/incidents/", "manager", "lead"),
    "risk:reviews": ("/risk/reviews/", "manager", "lead"),
    "risk:suspicion": ("/risk/suspicion/", "officer", "manager"),
    "risk:matches": ("/risk/suspicion/matches/", "checker", "manager"),
    "service:cases": ("/collections/", "rm", "officer"),
    "customers:pools": ("/pools/", "rm", "officer"),
    "customers:conflicts": ("/conflicts/", "rm", ""),
    "customers:handovers": ("/handovers/", "lead", "rm"),
    "customers:handover-plan": ("/handovers/new/", "lead", "rm"),
    "service:department-cases": ("/cases/", "rm", ""),
    "service:department-case-new": ("/cases/new/", "rm", ""),
    "messaging:list": ("/messages/", "rm", "officer"),
    "marketing:offers": ("/coupons/", "rm", "officer"),
}
# Pages that only take a POST, and those that need a signed contract: each has a test of its own.
APART = {
    # tests/marketing/test_pages.py
    "marketing:new", "marketing:own-money", "marketing:offer", "marketing:offer-act", "marketing:give",
    # tests/web/test_owners.py, tests/service/test_department_cases.py
    "customers:pooled", "customers:claim", "customers:handover", "customers:review-export", "customers:owner-act",
    "service:department-case", "service:department-case-act", "service:department-case-papers",
    # tests/customers/test_quality_pages.py
    "customers:pair", "customers:pair-dismiss", "customers:merge-undo", "customers:imports",
    # tests/customers/operations/test_retention.py
    "customers:retention",
    "customers:import", "customers:import-undo", "customers:import-errors", "customers:quarantine", "customers:quarantined",
    "customers:lead", "customers:lead-act", "customers:reveal-lead", "customers:move-stage", "customers:add-need",
    "customers:open-opportunity", "customers:add-cost", "customers:add-note", "customers:make-promise",
    "customers:plan-contact", "customers:visit-photo", "customers:meet-need", "customers:pin-note",
    "customers:close-promise", "customers:drop-plan",
    "customers:settle-fact", "customers:end-relation", "customers:household", "customers:document",
    "customers:remove-document",
    # tests/web/test_process_pages.py
    "customers:settle-step", "customers:corrective-action", "customers:close-corrective", "customers:process-change",
    # tests/web/test_entry.py
    "customers:check-entry",
    # tests/web/test_today.py
    "customers:arrange-today",
    # tests/web/test_desk.py
    "customers:columns", "customers:save-view", "customers:view", "customers:read-notices", "customers:tour",
    "customers:report", "customers:bulk", "customers:cell", "customers:owner-cell",
    "customers:export", "customers:contact", "customers:reminder", "customers:reveal", "customers:work-act", "customers:undo",
    # tests/web/test_monitoring.py
    "risk:rate", "risk:policy", "risk:policy-assess", "risk:stress-act", "risk:stress-run", "risk:entry", "risk:incident",
    "risk:legal-review", "risk:legal-review-act", "risk:match-act", "risk:list-import", "risk:suspicion-case",
    "risk:suspicion-file", "risk:suspicion-act", "risk:suspicion-note",
    # tests/risk/training/test_pages.py
    "risk:train", "risk:learning-table", "risk:model", "risk:model-act", "risk:challenger", "risk:challenger-act",
    # tests/risk/test_table_pages.py
    "risk:table-compare", "risk:table-edit", "risk:table-act", "risk:trial", "risk:trial-stop", "risk:try", "risk:replay",
    "risk:pricing-act", "risk:human-review",
    "risk:propose", "risk:confirm", "risk:send-back", "risk:alert-act", "service:contact", "service:promise",
    "lending:contract", "lending:contract-file",
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_page_opens_for_those_in_scope_only(book: Book, name: str) -> None:
    target, reader, powerless = RECORDS[name]
    url = target(book)
    assert Client().get(url).status_code == 302
    assert Client().get(url, HTTP_HX_REQUEST="true").status_code == 401
    assert as_user(book.customer_user).get(url).status_code == 403
    assert as_user(getattr(book, reader)).get(url).status_code == 200
    if reader == "rm":
        assert as_user(book.other_rm).get(url).status_code == 404
    if powerless:
        assert as_user(getattr(book, powerless)).get(url).status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_a_list_page_opens_for_staff_with_the_right_only(book: Book, name: str) -> None:
    url, reader, powerless = LISTS[name]
    assert Client().get(url).status_code == 302
    assert as_user(book.customer_user).get(url).status_code == 403
    assert as_user(getattr(book, reader)).get(url).status_code == 200
    if powerless:
        assert as_user(getattr(book, powerless)).get(url).status_code == 403


@pytest.mark.parametrize(
    "url", ["/customers/", "/applications/", "/listings/", "/loans/", "/collections/", "/messages/"]
)
def test_lists_and_searches_hold_nothing_out_of_scope(book: Book, url: str) -> None:
    inside = as_user(book.rm).get(url).content.decode()
    outside = as_user(book.other_rm).get(url).content.decode()
    assert "王小明" in inside
    assert "王小明" not in outside


def test_the_palette_finds_by_pinyin_within_scope(book: Book) -> None:
    assert "王小明" in as_user(book.rm).get("/palette/?q=wangx").content.decode()
    assert "王小明" not in as_user(book.other_rm).get("/palette/?q=wangx").content.decode()
    assert "LN-1" in as_user(book.rm).get("/palette/?q=ln-1").content.decode()
    assert "LN-1" not in as_user(book.other_rm).get("/palette/?q=ln-1").content.decode()


def test_every_page_is_in_the_matrix() -> None:
    names = {
        f"{namespace}:{name}"
        for namespace, (_prefix, resolver) in get_resolver().namespace_dict.items()
        if namespace in {"analytics", "customers", "lending", "marketing", "messaging", "risk", "service"}
        for name in resolver.reverse_dict
        if isinstance(name, str)
    }
    assert names - APART == {*RECORDS, *LISTS}


# Acts: address, who may do it at all (empty: every RM in scope), a colleague who holds the right elsewhere or none.
ACTS: dict[str, tuple[Target, str]] = {
    "customers:contact": (lambda b: f"/customers/{b.borrower.public_id}/contact/", "other_rm"),
    "customers:reminder": (lambda b: f"/customers/{b.borrower.public_id}/reminder/", "other_rm"),
    "customers:reveal": (lambda b: f"/customers/{b.borrower.public_id}/reveal/phone/", "other_rm"),
    "customers:work-act": (lambda b: f"/work/{b.work.public_id}/done/", "other_rm"),
    "service:contact": (lambda b: f"/collections/{b.case.public_id}/contact/", "other_rm"),
    "service:promise": (lambda b: f"/collections/{b.case.public_id}/promise/", "other_rm"),
    "risk:propose": (lambda b: f"/applications/{b.referred.public_id}/propose/", "rm"),
    "risk:confirm": (lambda b: "/reviews/none/confirm/", "officer"),
    "risk:send-back": (lambda b: "/reviews/none/send-back/", "officer"),
    "risk:alert-act": (lambda b: f"/risk/alerts/{b.alert.public_id}/close/", "rm"),
}
# Who may not even in principle is refused with 403; who may elsewhere does not learn that the record exists.
HIDDEN = {"other_rm": 404, "rm": 403, "officer": 403}


@pytest.mark.parametrize("name", ACTS)
def test_an_act_refuses_strangers_customers_and_those_out_of_scope(book: Book, name: str) -> None:
    target, outsider = ACTS[name]
    url = target(book)
    given = {"reason": "calling him", "channel": "CALL", "outcome": "DECLINE", "closure": "HANDLED"}
    before = take_picture()
    # Logging in writes these two.
    login = {"core_user", "django_session"}
    assert Client().post(url, given).status_code == 302
    assert as_user(book.customer_user).post(url, given).status_code == 403
    assert as_user(getattr(book, outsider)).post(url, given).status_code == HIDDEN[outsider]
    assert as_user(book.rm).get(url).status_code in {403, 404, 405}
    assert set(list_changes(before)) <= login


@pytest.mark.parametrize(
    "url", ["/customers/%00/", "/loans/%00/contract/file/", "/applications/%00/", "/listings/%00/", "/undo/%00/"]
)
def test_an_address_with_a_nul_names_no_record(book: Book, url: str) -> None:
    call = as_user(book.rm).post if url.startswith("/undo/") else as_user(book.rm).get
    assert call(url).status_code == 404


@pytest.mark.parametrize("url", ["/customers/export/?q=a%00", "/customers/export/?a%00=q"])
def test_a_nul_in_an_address_leaves_no_trace(book: Book, url: str) -> None:
    assert as_user(book.rm).post(url).status_code == 422
    assert not AuditEntry.objects.filter(action="customers.exported").exists()


def test_a_nul_in_a_form_changes_nothing(book: Book) -> None:
    url = f"/customers/{book.borrower.public_id}/reveal/phone/"
    assert as_user(book.rm).post(url, {"reason": "he \x00 asks"}).status_code == 422
    assert not AuditEntry.objects.filter(action="customers.unmasked.phone").exists()


def test_what_the_reader_may_not_open_is_no_link(book: Book) -> None:
    auditor = make_person("auditor", "auditor", book.team.department, None)
    loan = reverse("lending:loan", args=[book.loan.public_id])
    application = reverse("risk:application", args=[book.loan.listing.application.public_id])
    assert f'href="{application}"' in as_user(book.officer).get(loan).content.decode()
    page = as_user(auditor).get(loan)
    assert page.status_code == 200
    assert book.loan.listing.application.number in page.content.decode()
    assert application not in page.content.decode()
