"""The desk: saved views, columns, acts on many, cells, notices, visits, the palette's acts, the tour, reports."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from customers.models import Customer, CustomField, FieldChange, Notice, RecordVisit, SavedView, UserSetting, WorkItem
from customers.operations.history import add_timeline
from customers.operations.notices import notify
from staff.models import StaffMember
from tests.web.conftest import NOW, Book, as_user, make_customer

WHERE = "where=borrower:is:yes"


def save(client: Client, name: str, audience: str = "ME", query: str = WHERE, **more: str) -> int:
    given = {"name": name, "query": query, "audience": audience, **more}
    return client.post("/customers/views/save/", given).status_code


def act(client: Client, view: SavedView, verb: str, **data: str) -> int:
    return client.post(f"/customers/views/{view.public_id}/{verb}/", data).status_code


def test_a_view_is_saved_shown_changed_and_taken_back(book: Book) -> None:
    client = as_user(book.rm)
    save(client, "Borrowers")
    view = SavedView.objects.get()
    assert view.query == "where=borrower:is:yes"
    html = client.get(f"/customers/?{view.query}&saved={view.public_id}").content.decode()
    assert "Borrowers" in html and "欧阳娜娜" not in html and "(changed)" not in html
    assert "(changed)" in client.get(f"/customers/?saved={view.public_id}").content.decode()
    act(client, view, "update", query="where=investor:is:yes&columns=stage,rm&cursor=x")
    act(client, view, "rename", name="Investors")
    act(client, view, "pin")
    view.refresh_from_db()
    assert (view.query, view.columns, view.name, view.is_pinned) == (
        "where=investor:is:yes&columns=stage,rm",
        ["stage", "rm"],
        "Investors",
        True,
    )
    answer = client.post(f"/customers/views/{view.public_id}/remove/", HTTP_HX_REQUEST="true")
    undo = json.loads(answer["HX-Trigger"])["toast"]["undo"]
    assert "Investors" not in client.get("/customers/").content.decode()
    client.post(undo)
    assert "Investors" in client.get("/customers/").content.decode()
    counts = client.get("/customers/views/").content.decode()
    assert f'id="view-count-{view.public_id}" hx-swap-oob="true">1<' in counts


def test_views_are_shared_by_right_only(book: Book) -> None:
    rm, lead, other = as_user(book.rm), as_user(book.lead), as_user(book.other_rm)
    assert save(rm, "mine", "TEAM") == 403 and save(lead, "everybody's", "ALL") == 403
    assert not SavedView.objects.exists()
    save(lead, "our team's", "TEAM")
    view = SavedView.objects.get()
    assert "our team&#x27;s" in rm.get("/customers/").content.decode()
    assert "our team&#x27;s" not in other.get("/customers/").content.decode()
    assert act(rm, view, "rename", name="stolen") == 403
    assert act(other, view, "rename", name="stolen") == 404
    view.refresh_from_db()
    assert view.name == "our team's"
    save(as_user(book.manager), "the house's", "ALL")
    assert "the house&#x27;s" in other.get("/customers/").content.decode()


@pytest.mark.parametrize(("entity", "page", "query", "standing"), [
    ("leads", "/leads/", "state=NEW&view=all", "view-count-open"),
    ("alerts", "/risk/alerts/", "severity=HIGH&severity=CRITICAL&view=mine", "view-count-all"),
])  # fmt: skip
def test_views_of_leads_and_alerts_are_kept_by_the_same_means(
    book: Book, entity: str, page: str, query: str, standing: str
) -> None:
    manager, officer = as_user(book.manager), as_user(book.officer)
    assert save(manager, "the house's", "ALL", f"{query}&cursor=x&stray=1", list=entity) == 302
    view = SavedView.objects.get()
    assert (view.entity, view.audience) == (entity, "ALL") and set(view.query.split("&")) == set(query.split("&"))
    html = manager.get(f"{page}?{view.query}&saved={view.public_id}").content.decode()
    assert "the house&#x27;s" in html and "(changed)" not in html
    assert "(changed)" in manager.get(f"{page}?saved={view.public_id}").content.decode()
    counts = manager.get(f"/customers/views/?list={entity}").content.decode()
    assert f"view-count-{view.public_id}" in counts and standing in counts
    # Neither list shows the views of another one, and who may not open it may not keep views of it.
    assert "the house&#x27;s" not in manager.get("/customers/").content.decode()
    stranger = officer if entity == "leads" else as_user(book.rm)
    assert stranger.get(f"/customers/views/?list={entity}").status_code == 403
    assert save(stranger, "stolen", "ME", query, list=entity) == 403 == act(stranger, view, "rename", name="stolen")
    assert save(manager, "none", "ME", query, list="nothing") == 404
    assert list(SavedView.objects.values_list("name", flat=True)) == ["the house's"]


def test_a_name_is_given_once_and_an_unreadable_one_not_at_all(book: Book) -> None:
    client = as_user(book.rm)
    save(client, "one")
    save(client, "one")
    save(client, " ")
    save(client, "x" * 61)
    assert SavedView.objects.count() == 1


def test_columns_stay_with_their_reader(book: Book) -> None:
    CustomField.objects.create(code="hobby", label="爱好", label_en="Hobby", type="TEXT")
    Customer.objects.filter(pk=book.borrower.pk).update(custom={"hobby": "<b>tea</b>"})
    client = as_user(book.rm)
    client.post("/customers/columns/", {"column": ["custom.hobby", "stage", "nonsense"], "query": ""})
    assert UserSetting.objects.get().value == ["custom.hobby", "stage"]
    html = client.get("/customers/").content.decode()
    assert "&lt;b&gt;tea&lt;/b&gt;" in html and "<b>tea</b>" not in html
    assert html.index("Hobby") < html.index('data-label="Stage"') and 'data-label="RM"' not in html
    assert 'data-label="RM"' in client.get("/customers/?columns=rm").content.decode()
    client.post("/customers/columns/", {"usual": "1"})
    assert 'data-label="RM"' in client.get("/customers/").content.decode()


def test_a_field_is_set_for_all_results_and_taken_back(book: Book) -> None:
    CustomField.objects.create(code="campaign", label="活动", type="CHOICE", choices=["A", "B"])
    Customer.objects.filter(pk=book.investor.pk).update(custom={"campaign": "B", "other": 1})
    client = as_user(book.rm)
    question = client.post("/customers/bulk/", {"act": "field", "everything": "1"}).content.decode()
    assert "<strong>2</strong>" in question
    given = {"act": "field", "everything": "1", "confirmed": "1", "field": "campaign", "value": "C"}
    assert client.post("/customers/bulk/", given).status_code == 422
    assert not FieldChange.objects.exists()
    answer = client.post("/customers/bulk/", {**given, "value": "A"}, HTTP_HX_REQUEST="true")
    assert {row.custom["campaign"] for row in Customer.objects.all()} == {"A"}
    assert FieldChange.objects.filter(field="custom.campaign").count() == 2
    Customer.objects.filter(pk=book.borrower.pk).update(custom={"campaign": "B"})
    client.post(json.loads(answer["HX-Trigger"])["toast"]["undo"])
    # Who was changed meanwhile keeps what he has.
    assert Customer.objects.get(pk=book.borrower.pk).custom == {"campaign": "B"}
    assert Customer.objects.get(pk=book.investor.pk).custom == {"campaign": "B", "other": 1}


def test_acts_on_many_reach_no_further_than_their_right(book: Book) -> None:
    outside = make_customer(77, "李雷", book.other_rm)
    CustomField.objects.create(code="note", label="备注", type="TEXT")
    given = {"act": "field", "confirmed": "1", "field": "note", "value": "x", "pick": [outside.public_id]}
    assert as_user(book.rm).post("/customers/bulk/", given).status_code == 422
    assert as_user(book.officer).post("/customers/bulk/", given).status_code == 403
    assert as_user(book.rm).post("/customers/bulk/", {**given, "act": "owner"}).status_code == 403
    outside.refresh_from_db()
    assert outside.custom == {}


def test_another_rm_for_many_is_taken_back(book: Book) -> None:
    other = StaffMember.objects.get(user=book.rm)
    colleague = book.lead.staff_member
    colleague.roles.add(other.roles.get())
    client = as_user(book.lead)
    given = {"act": "owner", "confirmed": "1", "everything": "1", "member": colleague.pk, "note": "sharing work"}
    answer = client.post("/customers/bulk/", given, HTTP_HX_REQUEST="true")
    assert set(Customer.objects.values_list("rm_id", flat=True)) == {colleague.pk}
    client.post(json.loads(answer["HX-Trigger"])["toast"]["undo"])
    assert set(Customer.objects.values_list("rm_id", flat=True)) == {other.pk}


def test_tasks_for_many_stand_on_each_rms_list(book: Book) -> None:
    client = as_user(book.rm)
    due = (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    given = {
        "act": "task",
        "confirmed": "1",
        "everything": "1",
        "text": "wish a happy new year",
        "due_at": due,
        "whose": "rm",
    }
    answer = client.post("/customers/bulk/", given, HTTP_HX_REQUEST="true")
    tasks = WorkItem.objects.filter(kind="customers.reminder")
    assert {item.assignee_id for item in tasks} == {StaffMember.objects.get(user=book.rm).pk} and tasks.count() == 2
    client.post(json.loads(answer["HX-Trigger"])["toast"]["undo"])
    assert not tasks.filter(state="OPEN").exists()


def test_a_cell_is_edited_in_place(book: Book) -> None:
    client = as_user(book.rm)
    url = f"/customers/{book.borrower.public_id}/cell/likes/"
    assert 'name="value"' in client.get(url).content.decode()
    answer = client.post(url, {"value": "tea & <cake>", "seen": ""})
    assert answer.status_code == 200 and "tea &amp; &lt;cake&gt;" in answer.content.decode()
    # Somebody else's value is not overwritten unseen.
    assert client.post(url, {"value": "coffee", "seen": "something old"}).status_code == 422
    assert Customer.objects.get(pk=book.borrower.pk).likes == "tea & <cake>"
    assert client.get(f"/customers/{book.borrower.public_id}/cell/phone/").status_code == 404
    assert as_user(book.other_rm).post(url, {"value": "x"}).status_code == 404
    assert as_user(book.officer).post(url, {"value": "x"}).status_code == 403


def test_a_record_says_what_is_new_since_the_last_look(book: Book) -> None:
    client, page = as_user(book.rm), f"/customers/{book.borrower.public_id}/"
    assert "Since you last looked" not in client.get(page).content.decode()
    add_timeline(
        customer_id=book.borrower.pk, kind="notice", text_code="customers.registered", params={}, at=NOW + timedelta(hours=2), key="n1"
    )  # fmt: skip
    with clock.use_clock(NOW + timedelta(hours=3)):
        assert "Since you last looked" in client.get(page).content.decode()
    visit = RecordVisit.objects.get()
    assert (visit.previous_at, visit.at) == (NOW, NOW + timedelta(hours=3))
    with clock.use_clock(NOW + timedelta(hours=3, minutes=5)):
        assert "Since you last looked" in client.get(page).content.decode()


def test_notices_fold_and_are_read(book: Book) -> None:
    member = StaffMember.objects.get(user=book.rm)
    for number in range(3):
        notify(
            member_ids=[member.pk],
            kind="customers.mention",
            text_code="customers.registered",
            params={},
            key=f"m{number}",
            now=NOW,
            customer_id=book.borrower.pk,
        )
    client = as_user(book.rm)
    html = client.get("/notices/").content.decode()
    assert "and 2 more like it" in html and '<span class="bar-count">3</span>' in html
    assert "王小明" not in as_user(book.other_rm).get("/notices/").content.decode()
    first = Notice.objects.order_by("-pk")[0]
    assert client.post("/notices/read/", {"notice": first.public_id, "open": "1"})["Location"].startswith("/customers/")
    as_user(book.other_rm).post("/notices/read/")
    assert Notice.objects.filter(read_at__isnull=True).count() == 2
    client.post("/notices/read/")
    assert not Notice.objects.filter(read_at__isnull=True).exists()


@pytest.mark.parametrize(("typed", "label"), [("", "Looked at last"), ("remind", "Remind me of 王小明 in 3 days"), ("dark", "dark")])  # fmt: skip
def test_the_palette_knows_the_open_record_and_the_last_ones(book: Book, typed: str, label: str) -> None:
    client, page = as_user(book.rm), f"/customers/{book.borrower.public_id}/"
    client.get(page)
    assert label in client.get("/palette/", {"q": typed, "at": page}).content.decode()
    assert "王小明" not in as_user(book.other_rm).get("/palette/", {"q": "remind", "at": page}).content.decode()


def test_the_palette_corrects_fields_of_the_open_record(book: Book) -> None:
    CustomField.objects.create(code="share", label="占比%(name)s", label_en="Share % of %(name)s", type="TEXT")
    page = f"/customers/{book.borrower.public_id}/"
    html = as_user(book.rm).get("/palette/", {"q": "share %", "at": page}).content.decode()
    assert f"{page}?tab=profile#edit=custom.share" in html
    assert "Correct Share % of %(name)s of 王小明" in html
    # What the identity check confirmed is not corrected here, and out of scope nothing is.
    assert (
        "#edit=identity_number" not in as_user(book.rm).get("/palette/", {"q": "identity", "at": page}).content.decode()
    )
    assert "#edit=" not in as_user(book.other_rm).get("/palette/", {"q": "share %", "at": page}).content.decode()
    assert "#edit=" not in as_user(book.officer).get("/palette/", {"q": "share %", "at": page}).content.decode()


def test_the_palette_acts_on_somebody_named(book: Book) -> None:
    html = as_user(book.rm).get("/palette/", {"q": "remind wangx"}).content.decode()
    assert f"/customers/{book.borrower.public_id}/#do=reminder&amp;in=3" in html


def test_the_tour_is_taken_once(book: Book) -> None:
    client = as_user(book.rm)
    assert 'id="tour"' in client.get("/").content.decode()
    client.post("/help/tour/")
    assert 'id="tour"' not in client.get("/").content.decode()
    client.post("/help/tour/", {"again": "1"})
    assert 'id="tour"' in client.get("/").content.decode()


def test_a_problem_is_reported_to_operations(book: Book) -> None:
    client = as_user(book.rm)
    client.post("/help/report/", {"text": "the list is empty"}, HTTP_REFERER="http://testserver/customers/")
    item = WorkItem.objects.get(kind="customers.problem_reported")
    assert (item.right, item.url, item.params["text"]) == ("operations.configure", "/customers/", "the list is empty")
    client.post("/help/report/", {"text": " "}, HTTP_REFERER="http://testserver/customers/")
    assert WorkItem.objects.filter(kind="customers.problem_reported").count() == 1
