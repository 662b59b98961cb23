"""Open leads ranked by what a segment's members had when they came; what is not known is like nothing."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from core.models import User
from customers.models import Customer, Export, Lead, Need
from segmentation import tasks
from segmentation.models import Learning, LookAlikeLead, Segment
from segmentation.operations import lookalike_leads
from segmentation.operations.attributes import refresh_attributes
from segmentation.operations.recommend_learning import ask_learning, run_learning
from segmentation.operations.segments import add_members, create_segment
from segmentation.queries import lookalike_leads as reads
from segmentation.rules.comparable import UNKNOWN, Banded, Kind
from segmentation.rules.lead_facts import LEAD_FACTS, band_known, list_lead_facts
from segmentation.rules.lookalikes import add_up, read_trait
from segmentation.training.clusters import make_clusters
from tests.scope.test_interface import make_client
from tests.web.conftest import NOW, TODAY, Book, as_user, build_book

FIRST = 700_000
MEMBERS = 120
OTHERS = 150


def build_people(book: Book) -> list[int]:
    """Members who mostly came introduced and asked for much; others who were called and asked for little.

    One of three members, and of others, never was a lead and said nothing.
    """
    people = [
        Customer(
            pk=FIRST + n, number=f"A-{n}", name="李雷", status="IDENTIFIED", phone_index=f"arrival-{n}",
            identity_index=f"arrival-{n}", is_borrower=True, rm=book.rm.staff_member, registered_at=NOW - timedelta(days=n),
            source="APP" if n < MEMBERS else "WEB",
        )
        for n in range(MEMBERS + OTHERS)
    ]  # fmt: skip
    Customer.objects.bulk_create(people)
    arrived = [(n, (n < MEMBERS) == (n % 10 < 8)) for n in range(MEMBERS + OTHERS) if n % 3]
    leads = Lead.objects.bulk_create(
        Lead(
            number=f"L-{n}", role="BORROWER", method="INTRODUCTION" if is_typical else "PHONE", created_at=NOW,
            state="CONVERTED", customer_id=FIRST + n, public_id=f"arrival{n:015d}",
        )
        for n, is_typical in arrived
    )  # fmt: skip
    Need.objects.bulk_create(
        Need(
            lead=lead, customer_id=lead.customer_id, role="BORROWER", recorded_at=NOW, public_id=f"need{n:018d}",
            amount=Decimal((80_000 if is_typical else 4_000) + n % 20 * 1_000),
        )
        for lead, (n, is_typical) in zip(leads, arrived, strict=True)
    )  # fmt: skip
    return [customer.pk for customer in people]


def take_in(number: str, method: str, amount: int | None, owner: User | None, **more: Any) -> Lead:
    lead = Lead.objects.create(
        number=f"L-{number}", name=f"线索{number}", role="BORROWER", method=method, created_at=NOW,
        owner=owner.staff_member if owner else None, **more,
    )  # fmt: skip
    if amount is not None:
        Need.objects.create(
            lead=lead, customer=more.get("customer"), role="BORROWER", amount=Decimal(amount), recorded_at=NOW
        )
    return lead


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Book, Segment, dict[str, Lead]]]:
    """The segment with its leads ranked once, in a transaction that is thrown away."""
    with django_db_blocker.unblock(), transaction.atomic(), clock.use_clock(NOW):
        book = build_book()
        ids = build_people(book)
        refresh_attributes(customer_ids=ids, business_date=TODAY, now=NOW)
        segment = create_segment(name="忠诚", description="", kind="STATIC", rule=None, actor=book.manager, now=NOW)
        add_members(segment_id=segment.pk, customer_ids=ids[:MEMBERS], actor=book.manager, now=NOW)
        leads = {
            "both": take_in("both", "INTRODUCTION", 95_000, book.rm),
            "way": take_in("way", "INTRODUCTION", None, book.rm),
            "neither": take_in("neither", "PHONE", 4_100, book.rm),
            "foreign": take_in("foreign", "INTRODUCTION", 95_000, book.other_rm),
            "unowned": take_in("unowned", "INTRODUCTION", None, None),
            "lost": take_in("lost", "INTRODUCTION", 95_000, book.rm, state="LOST", lost_reason="PRICE"),
        }
        asked = ask_learning(
            kind=Learning.Kind.LOOKALIKES, actor=None, now=NOW, business_date=TODAY, segment=segment
        )  # fmt: skip
        assert run_learning(learning_id=asked.pk, make=make_clusters, business_date=TODAY, now=NOW)
        yield book, segment, leads
        transaction.set_rollback(True)


@pytest.fixture
def book(built: Any, db: None) -> Iterator[Book]:
    with clock.use_clock(NOW):
        yield built[0]


@pytest.fixture
def segment(built: Any, book: Book) -> Segment:
    return Segment.objects.get(pk=built[1].pk)


@pytest.fixture
def leads(built: Any, book: Book) -> dict[str, Lead]:
    return built[2]  # type: ignore[no-any-return]


def ranked() -> list[str]:
    return [row.lead.number[2:] for row in LookAlikeLead.objects.select_related("lead").order_by("-score", "lead_id")]


def test_leads_are_ranked_by_what_is_known_of_them(segment: Segment, leads: dict[str, Lead]) -> None:
    learning = Learning.objects.get(segment=segment)
    traits = [read_trait(kept) for kept in learning.content["leads"]["traits"]]
    by_key = {trait.fact.key: trait for trait in traits}
    assert set(by_key) == {"lead_method", "lead_amount"} and learning.scores["leads"]["auc"] > 0.6
    # Who never said how he came is in no share: of those who did, eight of ten came introduced.
    assert by_key["lead_method"].inside["INTRODUCTION"] == pytest.approx(0.8, abs=0.12)
    assert UNKNOWN not in by_key["lead_amount"].weights and sum(by_key["lead_amount"].inside.values()) == pytest.approx(
        1
    )
    assert ranked() == ["both", "foreign", "way", "unowned"]
    # What SQL has added up is what the rules add up; an amount that is not known adds nothing.
    bands = reads.read_lead_bands([lead.pk for lead in leads.values()], segment.pk, traits)
    for row in LookAlikeLead.objects.all():
        assert add_up(traits, bands[row.lead_id]) == pytest.approx(row.score)
    assert bands[leads["way"].pk]["lead_amount"] == UNKNOWN
    assert LookAlikeLead.objects.get(lead=leads["way"]).score == by_key["lead_method"].weights["INTRODUCTION"]
    assert add_up(traits, bands[leads["neither"].pk]) < 0


def test_the_ranking_follows_leads_that_come_and_go(segment: Segment, leads: dict[str, Lead], book: Book) -> None:
    Lead.objects.filter(pk=leads["both"].pk).update(state="LOST", lost_reason="PRICE")
    take_in("new", "INTRODUCTION", 95_000, book.rm)
    member = Customer.objects.get(pk=FIRST)
    take_in("member", "INTRODUCTION", 95_000, book.rm, customer=member, phone_index="m")
    assert tasks.rank_leads() == 4
    assert ranked() == ["foreign", "new", "way", "unowned"]
    Segment.objects.filter(pk=segment.pk).update(state="ARCHIVED")
    assert lookalike_leads.rank_leads() == 0


def test_a_page_shows_the_own_leads_with_what_they_share(segment: Segment, leads: dict[str, Lead], book: Book) -> None:
    url = f"/segments/{segment.public_id}/lookalikes/leads/"
    client = as_user(book.rm)
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url)
    assert answer.status_code == 200 and len(asked) <= 25
    rows = {row["lead"].number[2:]: row["shared"] for row in answer.context["rows"]}
    assert list(rows) == ["both", "way"] and len(rows["both"]) == 2
    assert rows["way"] == ["Acquisition method: introduction"] and any("Amount: ¥" in text for text in rows["both"])
    text = answer.content.decode()
    assert f"/leads/{leads['both'].public_id}/" in text and leads["foreign"].public_id not in text
    shown = {who: as_user(getattr(book, who)).get(url) for who in ("lead", "manager", "officer")}
    assert [len(shown[who].context["rows"]) for who in ("lead", "manager")] == [3, 4]
    assert shown["officer"].status_code == 403
    assert as_user(book.customer_user).get(url).status_code == 403
    # The filter of the list of leads narrows it, its columns sort it.
    few = client.get(url, {"q": "L-way", "sort": "-created"})
    assert [row["lead"].number for row in few.context["rows"]] == ["L-way"]
    assert client.get(url, {"role": "INVESTOR"}).context["rows"] == []
    assert client.get(f"/segments/{segment.public_id}/lookalikes/").context["tabs"][1]["url"] == url


def test_the_interface_and_the_file_hold_the_same_leads(segment: Segment, leads: dict[str, Lead], book: Book) -> None:
    address = f"/api/v1/staff/segments/{segment.public_id}/lookalikes/leads/"
    rows = make_client(book.rm).get(address).json()["results"]
    assert [row["lead_id"] for row in rows] == [leads["both"].public_id, leads["way"].public_id]
    assert rows[1]["shared"] == ["Acquisition method: introduction"] and rows[0]["score"] > rows[1]["score"]
    assert [row["lead_number"] for row in make_client(book.other_rm).get(address).json()["results"]] == ["L-foreign"]
    url = f"/segments/{segment.public_id}/lookalikes/leads/export/"
    answer = as_user(book.rm).post(f"{url}?q=13800138000")
    assert "L-both" not in b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert Export.objects.latest("pk").filters["q"] == ["****"]
    text = b"".join(as_user(book.rm).post(url).streaming_content).decode()  # type: ignore[attr-defined]
    assert Export.objects.latest("pk").count == 2 and "L-both" in text and "L-foreign" not in text
    assert leads["both"].name not in text and "Acquisition method: introduction" in text
    before = Export.objects.count()
    assert as_user(book.officer).post(url).status_code == 403 and Export.objects.count() == before


def test_too_few_members_who_came_so_teach_nothing(segment: Segment, leads: dict[str, Lead], book: Book) -> None:
    Need.objects.filter(lead__state="CONVERTED").delete()
    Lead.objects.filter(state="CONVERTED").delete()
    Customer.objects.filter(pk__gte=FIRST).update(is_investor=True)
    refresh_attributes(customer_ids=list(range(FIRST, FIRST + MEMBERS + OTHERS)), business_date=TODAY, now=NOW)
    learning = Learning.objects.get(segment=segment)
    content, scores = lookalike_leads.learn_lookalike_leads(learning, [])
    assert content == {"traits": [], "lack": "no_members"} and scores == {} and ranked() == []


def test_facts_that_are_not_known_have_no_band() -> None:
    amount = Banded("lead_amount", Kind.NUMBER, (10_000.0, 50_000.0))
    assert [band_known(amount, value) for value in (None, 0, 9_999, 10_000, 60_000)] == [UNKNOWN, "0", "1", "2", "3"]
    assert band_known(Banded("lead_method", Kind.TEXT), None) == UNKNOWN
    # What the segment's rule asks for would find the rule again.
    assert set(LEAD_FACTS) - set(list_lead_facts(["source", "investor", "health"])) == {"lead_method", "lead_role"}
