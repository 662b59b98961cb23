"""The pages of decision tables, trials, prices and human reviews."""

from collections.abc import Callable
from datetime import datetime

import orjson
import pytest
from django.test import Client

from core import clock
from core.models import User
from lending.models import Product
from messaging.operations.seed import ensure_templates
from risk.models import BureauReport, DecisionTable, HumanReviewRequest, RuleTrial, Scorecard
from risk.operations import human_reviews, trials
from risk.operations.decisions import decide_applications
from risk.operations.pricing import PRICE
from risk.queries.pricing import list_price_changes
from tests.fixtures.borrowers import make_application, make_borrower, make_staff
from tests.risk.conftest import DAY


def as_user(user: User) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def officer(house: datetime) -> Client:
    return as_user(make_staff("risk-officer"))


def draft_page(officer: Client) -> str:
    answer = officer.post("/risk/tables/standard/1/draft/")
    assert answer.status_code == 302
    return str(answer["Location"])


def hash_of() -> str:
    return DecisionTable.objects.get(version=2).content_hash


def test_a_draft_is_typed_into_and_says_what_is_wrong_where(officer: Client) -> None:
    page = draft_page(officer)
    html = officer.get(page).content.decode()
    assert 'data-at="policy/P4/max_dpd_24_months"' in html and "All 30 test cases pass" in html

    def type_in(value: str) -> dict[str, object]:
        change = {"kind": "set", "table": "policy", "row": "P4", "column": "max_dpd_24_months", "value": value}
        answer = officer.post(f"{page}edit/", {"hash": hash_of(), "changes": orjson.dumps([change]).decode()})
        assert answer.status_code == 200
        return dict(answer.json())

    wrong = type_in("＞＞ 60")
    assert list(wrong["problems"]) == ["policy/P4/max_dpd_24_months"]  # type: ignore[call-overload]
    assert "aria-invalid" in officer.get(page).content.decode()
    right = type_in("＞ 60")
    assert right["texts"]["policy/P4/max_dpd_24_months"] == "> 60"  # type: ignore[index]
    # The case on the bound now fires another row.
    assert "1 fail" in str(right["state"])
    stale = officer.post(f"{page}edit/", {"hash": "0" * 64, "changes": "[]"})
    assert stale.status_code == 409 and "meanwhile" in stale.json()["error"]


@pytest.mark.parametrize("content", [7, {"kind": "additive", "intercept": "x"}, {"factors": [{"name": [], "bins": 3}]}])
def test_the_page_of_a_model_that_is_none_still_opens(officer: Client, house: datetime, content: object) -> None:
    Scorecard.objects.create(code="standard", version=2, content=content, made_at=house)
    assert officer.get("/risk/models/standard/2/").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        '[{"kind":"set","table":"policy","row":"P4","column":"reason","value":"\\u0000"}]',
        "",
        "{}",
        "[1]",
        '[{"kind":"drop"}]',
        '[{"kind":"set","table":1}]',
        "[" + "1," * 3000 + "1]",
    ],
)
def test_changes_that_cannot_be_read_change_nothing(officer: Client, changes: str) -> None:
    page, before = draft_page(officer), hash_of()
    assert officer.post(f"{page}edit/", {"hash": before, "changes": changes}).status_code == 422
    assert hash_of() == before


def test_rows_columns_and_cases_have_buttons(officer: Client) -> None:
    page = draft_page(officer)
    for act, given in [
        ("change", {"change": "copy_row|policy|P11"}),
        ("change", {"change": "move_row|policy|P12||up"}),
        ("change", {"change": "add_column|policy", "column-policy": "purpose"}),
        ("case-of-row", {"place": "policy/P12"}),
        ("case-remove", {"index": "0"}),
        ("undo", {}),
        ("redo", {}),
        ("note", {"note": "tighter"}),
    ]:
        before = DecisionTable.objects.get(version=2)
        assert officer.post(f"{page}{act}/", {"hash": hash_of(), **given}).status_code == 302
        after = DecisionTable.objects.get(version=2)
        assert (after.content_hash, after.note) != (before.content_hash, before.note), act
    assert officer.post(f"{page}nonsense/", {"hash": hash_of()}).status_code == 404
    compared = officer.get(f"{page}compare/").content.decode()
    assert "added" in compared and "P12" in compared
    assert officer.post(f"{page}discard/", {"hash": hash_of()})["Location"] == "/risk/tables/"
    assert not DecisionTable.objects.filter(version=2).exists()


def test_two_people_put_a_draft_in_force_on_its_page(officer: Client) -> None:
    page = draft_page(officer)
    officer.post(f"{page}submit/", {"reason": "yearly look"})
    assert "asks to put this draft in force" in officer.get(page).content.decode()
    officer.post(f"{page}approve/")
    assert DecisionTable.objects.get(version=2).state == "DRAFT"
    as_user(make_staff("risk-manager")).post(f"{page}approve/")
    assert DecisionTable.objects.get(version=2).state == "PUBLISHED"


@pytest.mark.parametrize("role", ["rm", "auditor"])
def test_those_who_do_not_edit_rules_change_nothing(officer: Client, role: str) -> None:
    page, before = draft_page(officer), hash_of()
    other = as_user(make_staff(role))
    assert other.get(page).status_code == (403 if role == "rm" else 200)
    for path in (f"{page}edit/", f"{page}change/", "/risk/tables/standard/1/draft/", "/risk/try/table/standard/2/"):
        assert other.post(path, {"hash": before, "changes": "[]", "change": "copy_row|policy|P1"}).status_code == 403
    assert hash_of() == before and not RuleTrial.objects.exists()


def test_a_trial_is_started_watched_and_stopped(officer: Client, house: datetime) -> None:
    draft_page(officer)
    with clock.use_clock(house):
        address = str(officer.post("/risk/try/table/standard/2/", {"kind": "PAST"})["Location"])
        shadow = str(officer.post("/risk/try/table/standard/2/", {"kind": "SHADOW"})["Location"])
    assert officer.post("/risk/try/nothing/standard/2/").status_code == 404
    assert "Who would have been decided otherwise" in officer.get(address).content.decode()
    past = RuleTrial.objects.get(kind="PAST")
    trials.run_portion(trial_id=past.pk, now=house)
    officer.post(f"{shadow}stop/")
    assert set(RuleTrial.objects.values_list("kind", "state")) == {("PAST", "DONE"), ("SHADOW", "STOPPED")}
    listed = officer.get("/risk/trials/").content.decode()
    assert address in listed and shadow in listed


def test_rates_are_changed_on_the_page_of_prices(officer: Client) -> None:
    product = Product.objects.get(code="xinyong-debx")
    assert officer.get("/risk/pricing/").status_code == 200
    given = {"A": "7", "B": "7.8", "C": "8.6", "D": "9.4", "E": "10", "reason": "fewer defaults"}
    officer.post("/risk/pricing/xinyong-debx/ask/", given)
    assert list_price_changes(product, PRICE).get().payload["rate_by_grade"]["B"] == "0.078"
    assert "fewer defaults" in officer.get("/risk/pricing/").content.decode()
    as_user(make_staff("risk-manager")).post("/risk/pricing/xinyong-debx/approve/")
    product.refresh_from_db()
    assert product.rate_by_grade["E"] == "0.1"
    assert officer.post("/risk/pricing/xinyong-debx/burn/").status_code == 404


def test_a_decision_is_judged_again_and_a_request_answered_on_the_page_of_the_application(
    officer: Client, receive_report: Callable[..., BureauReport], system: User, house: datetime
) -> None:
    ensure_templates(DAY, house)
    application = make_application(make_borrower(now=house), now=house, business_date=DAY)
    assert officer.get(f"/applications/{application.public_id}/replay/").status_code == 404
    receive_report(application, is_overdue_now=True)
    decide_applications(application_ids=[application.pk], actor=system, now=house, business_date=DAY)
    assert "same answer" in officer.get(f"/applications/{application.public_id}/replay/").content.decode()
    request = human_reviews.ask_human_review(
        application_id=application.pk,
        customer_id=application.customer_id,
        text="请再看",
        now=house,
        business_date=DAY,
    )
    assert "Asked for a person" in officer.get(f"/applications/{application.public_id}/").content.decode()
    given = {"result": "REOPENED", "answer": "征信已更正"}
    rm = as_user(make_staff("rm"))
    assert rm.post(f"/risk/human-reviews/{request.public_id}/", given).status_code == 403
    assert officer.post("/risk/human-reviews/none/", given).status_code == 404
    officer.post(f"/risk/human-reviews/{request.public_id}/", given)
    assert HumanReviewRequest.objects.get().state == "REOPENED"
    application.refresh_from_db()
    assert application.state == "REFERRED"


def test_the_fairness_report_hides_small_groups(officer: Client) -> None:
    html = officer.get("/risk/fairness/").content.decode()
    assert "No decision in this window." in html
