"""The pages about owners, pools, conflicts and handovers: what they show, to whom, and what they do."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core.fields import blind_index
from core.models import AuditEntry
from customers.models import Collaborator, Customer, Export, Handover, OwnerChange, Pool, ReversibleAct
from staff.models import StaffMember
from tests.web.conftest import NOW, Book, as_user, make_customer

PHONE = "13912345678"


@pytest.fixture
def pool(book: Book) -> Pool:
    return Pool.objects.create(name="华北公海", department=book.rm.staff_member.department)


@pytest.fixture
def pooled(book: Book, pool: Pool) -> Customer:
    customer = make_customer(50, "赵钱孙", book.rm, is_borrower=True)
    Customer.objects.filter(pk=customer.pk).update(
        rm=None, pool=pool, pooled_at=NOW, phone=PHONE, phone_index=blind_index(PHONE, "phone")
    )
    customer.refresh_from_db()
    return customer


def text_of(client: Client, url: str, **data: Any) -> str:
    answer = client.get(url, data)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def act(client: Client, customer: Customer, name: str, **data: Any) -> Any:
    return client.post(f"/customers/{customer.public_id}/team/{name}/", data)


def test_a_lead_changes_the_rm_and_takes_it_back(book: Book) -> None:
    client = as_user(book.lead)
    third = make_customer(60, "周吴郑", book.lead)
    panel = text_of(client, f"/customers/{book.borrower.public_id}/team/")
    assert "Change the RM" in panel and "zhangqiang" not in panel.split("Change the RM")[1].split("</section>")[0]
    act(client, book.borrower, "owner", member=book.lead.staff_member.pk, note="更近")
    book.borrower.refresh_from_db()
    assert book.borrower.rm == book.lead.staff_member
    assert "更近" in text_of(client, f"/customers/{book.borrower.public_id}/team/")
    client.post(f"/undo/{ReversibleAct.objects.get().public_id}/")
    book.borrower.refresh_from_db()
    assert book.borrower.rm == book.rm.staff_member and third.rm == book.lead.staff_member


def test_an_rm_has_no_say_about_owners(book: Book) -> None:
    client = as_user(book.rm)
    assert "Change the RM" not in text_of(client, f"/customers/{book.borrower.public_id}/team/")
    for name in ("owner", "protect"):
        assert act(client, book.borrower, name, member=book.rm.staff_member.pk, on="1").status_code == 404
    assert act(as_user(book.other_rm), book.borrower, "collaborator").status_code == 404
    book.borrower.refresh_from_db()
    assert not book.borrower.is_protected and not OwnerChange.objects.exists()


def test_a_collaborator_comes_and_goes(book: Book) -> None:
    client, other = as_user(book.rm), book.other_rm.staff_member
    page = f"/customers/{book.borrower.public_id}/"
    assert as_user(book.other_rm).get(page).status_code == 404
    act(client, book.borrower, "collaborator", member=other.pk, level="READ", title="基金顾问")
    assert as_user(book.other_rm).get(page).status_code == 200
    assert "基金顾问" in text_of(client, f"{page}team/")
    assert act(as_user(book.other_rm), book.borrower, "remove", member=other.pk).status_code == 404
    act(client, book.borrower, "remove", member=other.pk)
    assert as_user(book.other_rm).get(page).status_code == 404 and not Collaborator.objects.exists()
    act(client, book.borrower, "backup", backup=other.pk)
    assert as_user(book.other_rm).get(page).status_code == 200
    assert act(client, book.borrower, "collaborator", member="x").status_code == 422


def test_release_protect_and_claim(book: Book, pool: Pool) -> None:
    lead, rm = as_user(book.lead), as_user(book.rm)
    act(lead, book.investor, "protect", on="1", reason="大客户")
    act(rm, book.investor, "release", pool=pool.pk, reason="不再联系")
    book.investor.refresh_from_db()
    assert book.investor.rm == book.rm.staff_member
    act(lead, book.investor, "protect")
    assert act(rm, book.investor, "release", pool=pool.pk).status_code == 422
    answer = act(rm, book.investor, "release", pool=pool.pk, reason="不再联系")
    assert answer.status_code == 302
    assert rm.get(f"/customers/{book.investor.public_id}/").status_code == 404
    assert rm.post(f"/pools/customers/{book.investor.public_id}/claim/").status_code == 302
    book.investor.refresh_from_db()
    assert book.investor.pool == pool
    answer = as_user(book.other_rm).post(f"/pools/customers/{book.investor.public_id}/claim/")
    assert answer["Location"] == f"/customers/{book.investor.public_id}/"
    assert as_user(book.other_rm).get(answer["Location"]).status_code == 200


def test_the_pool_hides_what_one_could_call_with(book: Book, pooled: Customer) -> None:
    client = as_user(book.other_rm)
    for url in ("/pools/", f"/pools/customers/{pooled.public_id}/"):
        html = text_of(client, url)
        assert "赵**" in html and "139****5678" in html
        for secret in ("赵钱孙", PHONE, pooled.identity_number, "建国路"):
            assert secret not in html
    assert client.get(f"/customers/{pooled.public_id}/").status_code == 404
    assert "赵**" in text_of(client, "/pools/", q="赵", role="borrower")
    assert "赵**" not in text_of(client, "/pools/", q="钱")
    assert client.get("/pools/", {"pool": "999999"}).status_code == 404


def test_looks_into_the_pool_end(book: Book, pool: Pool, pooled: Customer) -> None:
    Pool.objects.filter(pk=pool.pk).update(daily_views=1)
    client = as_user(book.other_rm)
    assert client.get(f"/pools/customers/{pooled.public_id}/").status_code == 200
    Customer.objects.filter(pk=book.investor.pk).update(rm=None, pool=pool, pooled_at=NOW)
    assert client.get(f"/pools/customers/{book.investor.public_id}/").status_code == 429
    assert client.get(f"/pools/customers/{pooled.public_id}/").status_code == 200


def test_the_conflict_check_says_who_and_no_more(book: Book, pooled: Customer) -> None:
    mine = make_customer(70, "钱多多", book.rm)
    Customer.objects.filter(pk=mine.pk).update(phone="13800001111", phone_index=blind_index("13800001111", "phone"))
    client = as_user(book.other_rm)
    assert "lijing" in client.post("/conflicts/", {"phone": "138 0000 1111"}, HTTP_HX_REQUEST="true").content.decode()
    answer = client.post("/conflicts/", {"phone": "13800001111"}).content.decode()
    found = re.search(r'id="conflicts".*?</table>', answer, re.S)
    assert found and "138****1111" in found[0] and "钱多多" not in found[0] and mine.public_id not in answer
    pool_answer = client.post("/conflicts/", {"phone": PHONE}, HTTP_HX_REQUEST="true").content.decode()
    assert "in the public pool" in pool_answer
    by_name = client.post("/conflicts/", {"name": "钱多多"}, HTTP_HX_REQUEST="true").content.decode()
    assert "same name only" in by_name and "1111" not in by_name
    nobody = client.post("/conflicts/", {"phone": "13900000000"}, HTTP_HX_REQUEST="true").content.decode()
    assert "nobody has him" in nobody
    trace = AuditEntry.objects.filter(action="customers.conflict_checked")
    assert trace.count() == 5 and "13800001111" not in str(list(trace.values_list("data", flat=True)))
    # Half a number asks nothing.
    client.post("/conflicts/", {"phone": "1380000"}, HTTP_HX_REQUEST="true")
    assert trace.count() == 5


def test_a_leavers_book_is_handed_over_by_the_wizard(book: Book) -> None:
    client = as_user(book.lead)
    giver, receiver = book.rm.staff_member, book.lead.staff_member
    Export.objects.create(actor=book.rm, count=7, watermark="WM-1", at=NOW - timedelta(days=3))
    Export.objects.create(actor=book.rm, count=7, watermark="WM-OLD", at=NOW - timedelta(days=91))
    plan = text_of(client, "/handovers/new/", giver=giver.pk, receivers=receiver.pk, is_leaving="on")
    sealed = re.search(r'name="plan" value="([^"]+)"', plan)
    assert sealed and "王小明" not in plan
    given = {"giver": giver.pk, "plan": sealed[1], "is_leaving": "on", "note": "离职"}
    assert client.post("/handovers/new/", {**given, "plan": "x"}).status_code == 422
    assert as_user(book.rm).post("/handovers/new/", given).status_code == 403
    answer = client.post("/handovers/new/", given)
    assert Customer.objects.filter(rm=receiver).count() == 2
    page = text_of(client, answer["Location"])
    assert "WM-1" in page and "WM-OLD" not in page
    assert "lijing" in text_of(client, "/handovers/")
    export = Export.objects.get(watermark="WM-1")
    client.post(f"{answer['Location']}exports/{export.public_id}/")
    export.refresh_from_db()
    assert export.reviewed_by == book.lead
    assert not StaffMember.objects.get(pk=giver.pk).is_active
    assert as_user(book.rm).get("/customers/").status_code in {302, 403}
    # The same plan again is refused as a whole: the book is empty now.
    client.post("/handovers/new/", given)
    assert Handover.objects.count() == 1


def test_handovers_of_other_teams_are_out_of_sight(book: Book) -> None:
    client = as_user(book.lead)
    answer = client.get("/handovers/new/", {"giver": book.other_rm.staff_member.pk})
    assert answer.status_code == 200 and "What moves" not in answer.content.decode()
    row = Handover.objects.create(giver=book.other_rm.staff_member, actor=book.manager, started_at=NOW)
    assert client.get(f"/handovers/{row.public_id}/").status_code == 404
    assert "zhangqiang" not in text_of(client, "/handovers/")
    assert as_user(book.manager).get(f"/handovers/{row.public_id}/").status_code == 200
