"""The pages that watch the risk of the house: who sees them, what they show, what their forms do."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core import clock
from core.models import AuditEntry, User
from customers.models import Customer
from integrations.ports.market import MarketNews, PublishedPolicy, PublishedRate
from risk.models import (
    Alert,
    AssessmentPlan,
    DecisionTable,
    Incident,
    IndicatorValue,
    LegalReview,
    ListMatch,
    Reassessment,
    RiskEntry,
    Scorecard,
    StressRun,
    SuspicionCase,
)
from risk.operations import indicators, laundering, market, register, stress, warnings
from tests.web.conftest import NOW, TODAY, Book, as_user


def write_monitoring(b: Book) -> dict[str, tuple[str, str]]:
    """Write what the pages show, through the operations; return each page's reader and address."""
    given: dict[str, Any] = {"actor": b.officer, "now": NOW}
    indicators.run_step(TODAY, 0, 0, NOW)
    warnings.WarningRule.objects.filter(pattern="late").update(values={"dpd": 3})
    warnings.search_warnings(business_date=TODAY, now=NOW)
    rules = Scorecard.objects.filter(state="PUBLISHED").get(), DecisionTable.objects.get(state="PUBLISHED")
    AssessmentPlan.objects.create(
        customer=b.borrower, loan=b.loan, grade="C", score=600, assessed_date=TODAY,
        due_date=TODAY - timedelta(days=3), failure_code="FACTS_MISSING",
    )  # fmt: skip
    Reassessment.objects.create(
        customer=b.borrower, scorecard=rules[0], table=rules[1], inputs="{}", facts_date=TODAY, grade_before="A",
        score_before=700, grade="C", score=600, movement="WORSE", reason_codes=["SCORE_C"], assessed_at=NOW,
        business_date=TODAY, next_date=TODAY + timedelta(days=180),
    )  # fmt: skip
    news = MarketNews(
        [PublishedRate("LPR_1Y", TODAY, Decimal("0.0280"), "同业拆借中心")],
        [PublishedPolicy("文1", "用途核查", "监管局", TODAY, None, "核查用途", ("CONSUMPTION",), ())],
    )
    market.take_in_news(news=news, now=NOW, business_date=TODAY)
    shocked = stress.run_default_shock(
        multiplier=Decimal(3), loss_share=Decimal("0.6"), note="", business_date=TODAY, **given
    )
    moved = stress.run_rate_shock(move=Decimal("-0.005"), note="", business_date=TODAY, **given)
    year = stress.keep_shock_year(
        assumptions={"first_date": "2025-01-01", "last_date": "2026-01-31", "shock_date": "2025-08-01"},
        result={
            "loans": 2, "loss_date": "2025-11-20", "first_alert_date": "2025-09-20", "lead_days": 61, "false_alarms": 0,
            "alerts": [{"day": "2025-09-20", "rule": "r", "dimension": "", "value": "9%", "lead_days": 61, "is_false": False}],
            "bad_loans": 2, "warned_loans": 2, "warning_lead_days": 20, "warning_precision": "0.800000",
            "days": [{"day": "2025-09-20", "overdue_ratio": "0.09", "par30": "0.05", "warnings": 3, "bad": 1}],
        },
        business_date=TODAY,
        **given,
    )  # fmt: skip
    entry = register.save_entry(
        entry=RiskEntry(
            title="核心系统宕机", category="TECHNOLOGY", likelihood=2, impact=5, response="REDUCE",
            owner=b.officer.staff_member, review_date=TODAY, review_months=6,
        ),
        note="", **given,
    )  # fmt: skip
    drill = register.save_incident(
        incident=Incident(
            kind="DRILL", title="恢复演练", began_at=NOW, noticed_at=NOW, restored_at=NOW + timedelta(minutes=42),
            data_until=NOW - timedelta(minutes=3), rto_minutes=60, rpo_minutes=5, owner=b.officer.staff_member,
        ),
        **given,
    )  # fmt: skip
    review = register.ask_legal_review(
        kind="lending.product", target_id=str(b.loan.product_id), question="条款可否", due_date=TODAY, **given
    )
    case = laundering.note_suspicion(customer_id=b.investor.pk, text="来源不明", business_date=TODAY, **given)
    policy_url = reverse("risk:policy", args=[market.PolicyNotice.objects.get().public_id])
    return {
        "risk:rate": ("officer", reverse("risk:rate", args=["LPR_1Y", TODAY.isoformat()])),
        "risk:policy": ("officer", policy_url),
        "risk:stress-run": ("officer", reverse("risk:stress-run", args=[shocked.public_id])),
        "risk:stress-run rates": ("officer", reverse("risk:stress-run", args=[moved.public_id])),
        "risk:stress-run year": ("officer", reverse("risk:stress-run", args=[year.public_id])),
        "risk:entry": ("officer", reverse("risk:entry", args=[entry.public_id])),
        "risk:incident": ("officer", reverse("risk:incident", args=[drill.public_id])),
        "risk:legal-review": ("checker", reverse("risk:legal-review", args=[review.public_id])),
        "risk:suspicion-case": ("checker", reverse("risk:suspicion-case", args=[case.public_id])),
    }


@pytest.fixture
def places(book: Book) -> Iterator[dict[str, tuple[str, str]]]:
    with clock.use_clock(NOW):
        yield write_monitoring(book)


def read(user: User, url: str) -> str:
    answer = as_user(user).get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_every_record_opens_for_those_who_watch_the_house_only(book: Book, places: dict[str, tuple[str, str]]) -> None:
    for name, (role, url) in places.items():
        assert as_user(getattr(book, role)).get(url).status_code == 200, name
        for outsider in (book.rm, book.lead, book.customer_user):
            assert as_user(outsider).get(url).status_code == 403, name
    # What only the desk may know is closed to the management too.
    for url in (places["risk:suspicion-case"][1], "/risk/suspicion/", "/risk/suspicion/matches/"):
        assert as_user(book.manager).get(url).status_code == 403


def test_pages_of_what_is_not_there_answer_404(book: Book, places: dict[str, tuple[str, str]]) -> None:
    for url in (
        "/risk/indicators/nothing/", "/risk/indicators/par30/?part=nothing", "/risk/market/rates/LPR_1Y/2001-01-01/",
        "/risk/market/rates/LPR_1Y/x/", "/risk/market/policies/x/", "/risk/stress/x/", "/risk/register/x/",
        "/risk/incidents/x/", "/risk/reviews/x/", "/risk/suspicion/x/", "/risk/suspicion/x/file/",
    ):  # fmt: skip
        assert as_user(book.checker).get(url).status_code == 404, url


def test_an_indicator_shows_course_limits_parts_and_records(book: Book, places: dict[str, tuple[str, str]]) -> None:
    IndicatorValue.objects.create(
        business_date=TODAY - timedelta(days=1), code="overdue_ratio", dimension="", value="0.01", numerator=1,
        denominator=100,
    )  # fmt: skip
    text = read(book.officer, "/risk/indicators/overdue_ratio/")
    assert "overdue=on" in text and book.loan.product.name in text
    part = read(book.officer, f"/risk/indicators/overdue_ratio/?part={book.loan.product.code}")
    assert "8.00%" in part
    assert "/risk/indicators/overdue_ratio/" in read(book.officer, "/risk/indicators/")


def test_an_alert_of_an_indicator_shows_its_course(book: Book, places: dict[str, tuple[str, str]]) -> None:
    rule = indicators.AlertRule.objects.get(indicator="par30", dimension="")
    value = IndicatorValue.objects.get(code="par30", dimension="")
    alert = indicators.alerts.raise_indicator_alert(
        rule=rule, value=value, limit=Decimal("0.05"), product=None, actor=book.officer, now=NOW, business_date=TODAY
    )
    assert Alert.objects.count() == 2
    assert "data-chart" in read(book.officer, f"/risk/alerts/{alert.public_id}/")


def test_warnings_stand_where_the_borrower_stands(book: Book, places: dict[str, tuple[str, str]]) -> None:
    for url in (
        "/risk/warnings/",
        f"/customers/{book.borrower.public_id}/risk/",
        f"/loans/{book.loan.public_id}/alerts/",
    ):
        assert "Loan LN-1 is 5 days past due" in read(book.rm, url), url
    assert "王小明" not in read(book.other_rm, "/risk/warnings/")


def test_assessments_stand_where_the_borrower_stands(book: Book, places: dict[str, tuple[str, str]]) -> None:
    for show in ("due", "overdue", "done", "fell", "nothing"):
        assert "王小明" not in read(book.other_rm, f"/risk/assessments/?show={show}"), show
    assert "王小明" in read(book.rm, "/risk/assessments/?show=fell")
    assert "A → C" in read(book.rm, "/risk/assessments/?show=done") and "overdue" in read(
        book.rm, "/risk/assessments/?show=overdue"
    )
    panel = read(book.rm, f"/customers/{book.borrower.public_id}/risk/")
    assert "A → C" in panel and "Next assessment" in panel


def test_an_rm_finds_his_warnings_in_the_rail(book: Book, places: dict[str, tuple[str, str]]) -> None:
    rail = read(book.rm, "/")
    assert 'href="/risk/warnings/"' in rail and 'href="/risk/alerts/"' not in rail
    assert 'href="/risk/warnings/"' not in read(book.officer, "/") and 'href="/risk/assessments/"' in read(
        book.rm, "/risk/warnings/"
    )


def test_stress_tests_are_run_from_the_page(book: Book, places: dict[str, tuple[str, str]]) -> None:
    client, before = as_user(book.officer), StressRun.objects.count()
    assert client.post("/risk/stress/run/defaults/", {"multiplier": "0.5", "loss_share": "2"}).status_code == 422
    assert client.post("/risk/stress/run/rates/", {"points": "-9"}).status_code == 422
    assert StressRun.objects.count() == before
    assert client.post("/risk/stress/run/defaults/", {"multiplier": "2", "loss_share": "0.6"}).status_code == 302
    assert client.post("/risk/stress/run/rates/", {"points": "1"}).status_code == 302
    assert StressRun.objects.count() == before + 2
    assert as_user(book.manager).post("/risk/stress/run/rates/", {"points": "1"}).status_code == 403


def test_the_register_is_kept_from_its_pages(book: Book, places: dict[str, tuple[str, str]]) -> None:
    client = as_user(book.officer)
    given = {
        "title": "出借人挤兑", "category": "LIQUIDITY", "likelihood": "3", "impact": "5", "response": "REDUCE",
        "owner": book.officer.staff_member.pk, "review_date": "2026-06-01", "review_months": "6",
    }  # fmt: skip
    assert client.post("/risk/register/", {**given, "impact": "9"}).status_code == 422
    assert client.post("/risk/register/", given).status_code == 302
    entry = RiskEntry.objects.get(title="出借人挤兑")
    url = f"/risk/register/{entry.public_id}/"
    look = {"likelihood": "2", "impact": "4", "response": "ACCEPT", "note": "备付充足"}
    assert client.post(url, {**look, "note": ""}).status_code == 422
    assert client.post(url, look).status_code == 302
    entry.refresh_from_db()
    assert (entry.grade, entry.reviews.count()) == (8, 2)
    assert "备付充足" in read(book.manager, url) and "出借人挤兑" in read(book.manager, "/risk/register/")


def test_incidents_are_measured(book: Book, places: dict[str, tuple[str, str]]) -> None:
    client, url = as_user(book.officer), places["risk:incident"][1]
    assert "42" in read(book.manager, url) and "60" in read(book.manager, url)
    drill = Incident.objects.get()
    given = {
        "kind": "DRILL", "title": drill.title, "began_at": "2026-03-02T10:00", "noticed_at": "2026-03-02T10:01",
        "restored_at": "2026-03-02T10:42", "rto_minutes": "60", "rpo_minutes": "5", "owner": drill.owner_id,
        "is_closed": "on",
    }  # fmt: skip
    assert client.post(url, given).status_code == 422
    assert client.post(url, {**given, "lessons": "脚本要更新"}).status_code == 302
    assert client.post(url, {**given, "lessons": "again"}).status_code == 422
    assert Incident.objects.get().lessons == "脚本要更新"
    assert client.post("/risk/incidents/new/", {**given, "is_closed": ""}).status_code == 302


def test_a_legal_review_is_answered_by_another(book: Book, places: dict[str, tuple[str, str]]) -> None:
    url = places["risk:legal-review"][1]
    as_user(book.officer).post(f"{url}clear/", {"opinion": "可以"})
    assert LegalReview.objects.get().state == "OPEN"
    as_user(book.checker).post(f"{url}object/", {"opinion": "利率表述不当"})
    assert LegalReview.objects.get().state == "OBJECTED"
    target = f"lending.product:{LegalReview.objects.get().target_id}"
    asked = {"target": target, "question": "再审", "due_date": "2026-03-20"}
    assert as_user(book.officer).post("/risk/reviews/", {**asked, "question": ""}).status_code == 422
    assert as_user(book.officer).post("/risk/reviews/", asked).status_code == 302


def test_a_case_of_suspicion_goes_through_two_hands(book: Book, places: dict[str, tuple[str, str]]) -> None:
    url = places["risk:suspicion-case"][1]
    officer, checker = as_user(book.officer), as_user(book.checker)
    officer.post(f"{url}propose/", {"proposal": "REPORT", "grounds": "快进快出"})
    assert checker.get(f"{url}file/").status_code == 404
    checker.post(f"{url}agree/", {"note": ""})
    assert SuspicionCase.objects.get().state == "REPORTED"
    assert officer.get(f"{url}file/").status_code == 403
    body = b"".join(checker.get(f"{url}file/").streaming_content).decode()  # type: ignore[attr-defined]
    assert "快进快出" in body and "来源不明" in body
    assert AuditEntry.objects.filter(action="risk.suspicion_filed", is_sensitive_read=True).count() == 1
    # Neither his page nor his RM's work list says a word.
    for page in (f"/customers/{book.investor.public_id}/", f"/customers/{book.investor.public_id}/risk/", "/"):
        assert "SC2" not in read(book.rm, page) and "来源不明" not in read(book.rm, page)
    officer.post(f"/customers/{book.borrower.public_id}/suspicion/", {"text": "代他人还款"})
    assert SuspicionCase.objects.filter(customer=book.borrower, kind="NOTED").count() == 1


def test_a_list_is_brought_in_and_its_matches_judged(book: Book, places: dict[str, tuple[str, str]]) -> None:
    raw = "reference,name,identity_number,birth_date\nA-1,王小明,,\n".encode()
    given = {"name": "测试名单", "file": SimpleUploadedFile("list.csv", raw)}
    assert as_user(book.officer).post("/risk/suspicion/lists/", given).status_code == 403
    given["file"] = SimpleUploadedFile("list.csv", raw)
    as_user(book.checker).post("/risk/suspicion/lists/", given)
    match = ListMatch.objects.get()
    assert (match.customer, match.score) == (book.borrower, 40)
    assert "王小明" in read(book.officer, "/risk/suspicion/matches/")
    url = f"/risk/suspicion/matches/{match.public_id}/"
    as_user(book.officer).post(f"{url}other/", {"note": ""})
    assert ListMatch.objects.get().state == "OPEN"
    as_user(book.officer).post(f"{url}other/", {"note": "身份证号不同"})
    assert ListMatch.objects.get().state == "DISMISSED"
    assert Customer.objects.get(pk=book.borrower.pk).status == "IDENTIFIED"


def test_a_policy_is_assessed_from_its_page(book: Book, places: dict[str, tuple[str, str]]) -> None:
    url = places["risk:policy"][1]
    as_user(book.officer).post(f"{url}assess/", {"text": "补充用途核查"})
    assert "补充用途核查" in read(book.manager, url)
