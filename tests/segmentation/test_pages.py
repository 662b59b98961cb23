"""Pages, builder and interface of segments: within the reader's book, and what the form holds survives its mistakes."""

from typing import Any

import pytest
from django.test import Client

from core.outbox import drain
from segmentation.models import Membership, Segment, SegmentVersion
from segmentation.operations import segments as operations
from segmentation.operations.attributes import refresh_attributes
from tests.segmentation.test_segments import BORROWER, OVERDUE, make
from tests.web.conftest import NOW, TODAY, Book, _kept_book, as_user, book, make_customer, make_loan

__all__ = ["_kept_book", "book"]

FORM = {
    "name": "逾期借款人",
    "kind:r": "all",
    "kind:r.0": "fact",
    "fact:r.0": "overdue",
    "is:r.0": "min",
    "v:r.0": "1000",
    "kind:r.1": "any",
    "kind:r.1.0": "did",
    "did:r.1.0": "loan",
    "times:r.1.0": "1",
    "days:r.1.0": "90",
}


@pytest.fixture
def segment(book: Book) -> Segment:
    foreign = make_customer(90, "外人", book.other_rm, is_borrower=True)
    make_loan(90, foreign, book.investor, dpd=9)
    refresh_attributes(customer_ids=None, business_date=TODAY, now=NOW)
    return make(book, "逾期", {"all": [OVERDUE, BORROWER]})


def test_the_form_becomes_a_rule(book: Book) -> None:
    answer = as_user(book.lead).post("/segments/new/", {**FORM, "do": "save"})
    made = Segment.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/segments/{made.public_id}/"
    assert made.rule == {"all": [OVERDUE, {"any": [{"did": "loan", "times": 1, "days": 90}]}]}
    drain()
    assert Membership.objects.get(segment=made).customer == book.borrower


@pytest.mark.parametrize(
    ("act", "marks"),
    [
        ("fact:r.1", ['name="kind:r.1.1" value="fact"']),
        ("share:r", ['name="kind:r.2" value="share"']),
        ("group:r.1", ['name="kind:r.1.1"', 'name="kind:r.1.1.0" value="fact"']),
        ("drop:r.0", ['name="kind:r.0"', 'name="kind:r.0.0" value="did"']),
        ("drop:r.9.9", ['name="kind:r.1.0" value="did"']),
        ("evil:r", ['name="kind:r.1.0" value="did"']),
        ("drop:r.²", ['name="kind:r.1.0" value="did"']),
        (f"fact:r.{'9' * 5000}", ['name="kind:r.1.0" value="did"']),
    ],
)
def test_its_buttons_change_the_form_and_keep_nothing(book: Book, act: str, marks: list[str]) -> None:
    answer = as_user(book.lead).post("/segments/new/", {**FORM, "do": act})
    assert answer.status_code == 200 and not Segment.objects.exists()
    text = answer.content.decode()
    assert all(mark in text for mark in marks) and "逾期借款人" in text


def test_a_form_of_too_many_parts_is_refused(book: Book) -> None:
    wide = {f"kind:r.{group}.{place}": "fact" for group in range(20) for place in range(40)}
    given = {**FORM, **{f"kind:r.{group}": "any" for group in range(20)}, **wide, "do": "save"}
    answer = as_user(book.lead).post("/segments/new/", given)
    assert answer.status_code == 422 and not Segment.objects.exists()
    assert answer.content.count(b'value="fact"') <= 100


def test_a_mistake_stands_beside_its_condition_and_nothing_is_kept(book: Book) -> None:
    wrong = {**FORM, "v:r.0": "viel", "do": "save"}
    answer = as_user(book.lead).post("/segments/new/", wrong)
    assert answer.status_code == 422 and not Segment.objects.exists()
    text = answer.content.decode()
    assert "viel" in text and text.index('id="part-r.0"') < text.index("field-error") < text.index('id="part-r.1"')


def test_the_live_count_is_of_the_readers_customers(book: Book, segment: Segment) -> None:
    for user, count in ((book.lead, 1), (book.manager, 2)):
        answer = as_user(user).post("/segments/preview/", FORM)
        assert answer.context["count"] == count and len(answer.context["sample"]) == count
    assert "fault" in as_user(book.lead).post("/segments/preview/", {"kind:r": "all"}).context
    assert as_user(book.rm).post("/segments/preview/", FORM).status_code == 403


def test_pages_hold_nothing_of_other_books(book: Book, segment: Segment) -> None:
    reader = as_user(book.rm)
    for path in ("", "overlap/", f"customers/{book.borrower.public_id}/"):
        answer = reader.get(f"/segments/{segment.public_id}/{path}")
        assert answer.status_code == 200 and "外人" not in answer.content.decode()
    page = reader.get(f"/segments/{segment.public_id}/")
    assert page.context["count"] == 1 and page.context["chart"] is None
    assert "外人" in as_user(book.manager).get(f"/segments/{segment.public_id}/").content.decode()
    assert reader.get("/segments/").context["rows"][0]["count"] == 1
    foreign = Membership.objects.exclude(customer=book.borrower).get().customer
    assert reader.get(f"/segments/{segment.public_id}/customers/{foreign.public_id}/").status_code == 404
    assert reader.get(f"/segments/{segment.public_id}/edit/").status_code == 403
    assert Client().get(f"/segments/{segment.public_id}/").status_code == 302
    assert reader.get("/segments/nobody/").status_code == 404


def test_why_a_customer_is_in_it_is_said_with_his_own_values(book: Book, segment: Segment) -> None:
    answer = as_user(book.rm).get(f"/segments/{segment.public_id}/customers/{book.borrower.public_id}/")
    assert answer.context["is_in"] and answer.context["found"].holds
    assert next(row["value"] for row in answer.context["answers"]) == "¥1,020.00"
    panel = as_user(book.rm).get(f"/customers/{book.borrower.public_id}/segments/")
    assert segment.name in panel.content.decode()


def test_a_change_makes_a_version_and_an_older_form_is_refused(book: Book, segment: Segment) -> None:
    lead, url = as_user(book.lead), f"/segments/{segment.public_id}/edit/"
    assert lead.get(url).status_code == 200
    assert lead.post(url, {**FORM, "version": "1", "note": "窄", "do": "save"}).status_code == 302
    assert SegmentVersion.objects.filter(segment=segment).count() == 2
    late = lead.post(url, {**FORM, "name": "晚", "version": "1", "do": "save"})
    segment.refresh_from_db()
    assert late.status_code == 409 and segment.version == 2 and segment.name == "逾期借款人"


def test_acts_on_a_segment_and_on_a_list(book: Book, segment: Segment) -> None:
    lead = as_user(book.lead)
    assert lead.post(f"/segments/{segment.public_id}/archive/").status_code == 302
    assert lead.get("/segments/?state=archived").context["rows"][0]["segment"] == segment
    assert lead.post(f"/segments/{segment.public_id}/restore/").status_code == 302
    assert lead.post(f"/segments/{segment.public_id}/other/").status_code == 404
    listed = make(book, "单", None, "STATIC")
    foreign = Membership.objects.exclude(customer=book.borrower).get().customer
    numbers = f"{book.borrower.number}, {foreign.number} C-none"
    lead.post(f"/segments/{listed.public_id}/add/", {"numbers": numbers})
    # The team lead's book does not hold the other one.
    assert [stay.customer for stay in Membership.objects.filter(segment=listed)] == [book.borrower]
    lead.post(f"/segments/{listed.public_id}/remove/", {"numbers": numbers})
    assert not Membership.objects.filter(segment=listed, left_at=None).exists()
    assert as_user(book.rm).post(f"/segments/{listed.public_id}/add/", {"numbers": numbers}).status_code == 403


def test_a_selection_of_the_list_goes_onto_a_list_and_back(book: Book) -> None:
    from customers.models import ReversibleAct
    from customers.operations.undo import take_back
    from customers.web.bulk import bulk_acts
    from staff.queries import get_access

    listed = make(book, "单", None, "STATIC")
    run = bulk_acts.get("segment").run
    access = get_access(book.lead)
    assert run is not None
    given: dict[str, Any] = {"segment": listed}
    count, act = run(access=access, customer_ids=[book.borrower.pk], given=given, actor=book.lead, now=NOW)
    assert count == 1 and isinstance(act, ReversibleAct)
    take_back(public_id=act.public_id, actor=book.lead, now=NOW)
    assert not Membership.objects.filter(segment=listed, left_at=None).exists()
    assert operations.remove_members(segment_id=listed.pk, customer_ids=[1], actor=book.lead, now=NOW) == 0
