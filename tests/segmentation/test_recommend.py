"""Learning from a world of known tastes and rhythms: what is found, how it does on later data, what is told by it."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock, parameters
from core.models import AuditEntry, User
from core.outbox import drain, publish
from customers.models import Consent, Customer, InvestorAssessment
from lending.events import ApplicationSubmitted, BidPlaced
from lending.models import Application, Bid, Listing
from lending.queries.suitability import get_suitability
from lending.rules import limits
from risk.models import Alert
from segmentation.models import ClusterDay, Labels, Learning, LookAlike, Membership, NextNeed, Segment, Suggestion
from segmentation.operations import clusters, lookalikes, needs, recommend, recommend_learning
from segmentation.operations.recommend_learning import ask_learning, run_learning
from segmentation.operations.segments import create_segment
from segmentation.queries import clusters as cluster_reads
from segmentation.queries import lookalikes as lookalike_reads
from segmentation.queries.attributes import read_standing
from segmentation.queries.needs import list_needs, read_next
from segmentation.queries.recommend import Bar, Recommendations, recommend_listings, recommend_products, recommend_to
from segmentation.rules.clusters import band_distance, find_nearest, read_middles
from segmentation.rules.comparable import band_of, number_of
from segmentation.rules.lookalikes import add_up, read_trait
from segmentation.texts_recommend import say_bar
from segmentation.training.clusters import make_clusters
from staff.queries import get_access
from tests.scope.test_interface import make_client
from tests.segmentation.tastes import PEOPLE, Tastes, build_tastes
from tests.web.conftest import NOW, TODAY, Book, as_user, build_book

SHOWN = 5


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Book, Tastes]]:
    """The world with everything learned once, in a transaction that is thrown away."""
    with django_db_blocker.unblock(), transaction.atomic(), clock.use_clock(NOW):
        book = build_book()
        world = build_tastes(book)
        for kind in (Learning.Kind.LISTINGS, Learning.Kind.NEEDS, Learning.Kind.CLUSTERS):
            learn(kind)
        segment = create_segment(
            name="谨慎", description="", kind="DYNAMIC", actor=book.manager, now=NOW,
            rule={"all": [{"fact": "source", "is": "in", "values": ["APP"]}]},
        )  # fmt: skip
        drain()
        learn(Learning.Kind.LOOKALIKES, segment=segment)
        yield book, world
        transaction.set_rollback(True)


@pytest.fixture
def book(built: tuple[Book, Tastes], db: None) -> Iterator[Book]:
    with clock.use_clock(NOW):
        yield built[0]


@pytest.fixture
def world(built: tuple[Book, Tastes], book: Book) -> Tastes:
    return built[1]


def learn(kind: str, **more: Any) -> Learning:
    asked = ask_learning(kind=kind, actor=None, now=NOW, business_date=TODAY, **more)
    assert run_learning(learning_id=asked.pk, make=make_clusters, business_date=TODAY, now=NOW)
    asked.refresh_from_db()
    return asked


def latest(kind: str) -> Learning:
    return Learning.objects.filter(kind=kind, state="DONE").latest("pk")


def agree(customer_id: int) -> Customer:
    Consent.objects.create(
        customer_id=customer_id, purpose="MARKETING", notice_version="1", channel="app", given_at=NOW, evidence_hash="h"
    )
    return Customer.objects.get(pk=customer_id)


def traits_of(found: Recommendations) -> set[tuple[int, int]]:
    return {(row.terms["periods"], row.terms["risk_grade"]) for row in found.rows}


def test_the_learned_order_finds_more_than_what_is_popular(world: Tastes) -> None:
    done = latest(Learning.Kind.LISTINGS)
    hits = {name: done.scores[name]["hit"] for name in ("model", "taste", "popular", "lots")}
    assert hits["model"] >= hits["taste"] - 0.02 and hits["taste"] > hits["popular"] + 0.1 > hits["lots"]
    term, risk, _rate, product, *_rest = done.content["weights"]
    assert min(term, risk) > 1 > product
    # Nobody of the later month was learned from.
    assert done.scores["since"] == "2026-01-31" and done.scores["choices"] > 50


def test_an_investor_is_shown_what_he_takes_and_told_why(world: Tastes) -> None:
    for pk, kind in ((world.cautious[1], (3, 1)), (world.bold[1], (12, 4))):
        found = recommend_listings(Customer.objects.get(pk=pk), TODAY, NOW, is_personal=True)
        assert len(found.rows) == SHOWN and traits_of(found) == {kind}
        codes = [reason["code"] for reason in found.rows[0].reasons]
        assert set(codes[:2]) == {"term", "risk"} and codes[-2:] == ["suits", "deposit"]
        assert not Bid.objects.filter(investor_id=pk, listing_id__in=[row.id for row in found.rows]).exists()


def test_suitability_comes_first(world: Tastes) -> None:
    """Every tier is shown only what lending's own check would let him bid, though he likes the risky ones."""
    customer = Customer.objects.get(pk=world.bold[2])
    InvestorAssessment.objects.filter(customer=customer).update(tier="C2")
    found = recommend_listings(customer, TODAY, NOW, is_personal=True)
    suitability = get_suitability(customer.pk, TODAY)
    assert found.rows and {grade for _term, grade in traits_of(found)} == {1}
    for row in found.rows:
        assert not limits.check_suitability(suitability, f"R{row.terms['risk_grade']}", row.amount, row.amount, TODAY)
    InvestorAssessment.objects.filter(customer=customer).update(valid_until_date=TODAY - timedelta(days=1))
    assert recommend_listings(customer, TODAY, NOW, is_personal=True).bar == Bar.ASSESSMENT_ENDED
    InvestorAssessment.objects.filter(customer=customer).delete()
    assert recommend_listings(customer, TODAY, NOW, is_personal=True).bar == Bar.NO_ASSESSMENT
    customer.status = Customer.Status.FROZEN
    assert recommend_listings(customer, TODAY, NOW, is_personal=True).bar == Bar.NOT_IDENTIFIED


def test_nothing_personal_without_consent(world: Tastes) -> None:
    customer = Customer.objects.get(pk=world.cautious[3])
    listings, products = recommend_to(customer, TODAY, NOW, is_unasked=True)
    assert (listings.bar, products.bar, listings.rows) == (Bar.NO_CONSENT, Bar.NO_CONSENT, [])
    own, _products = recommend_to(customer, TODAY, NOW, is_unasked=False)
    other, _products = recommend_to(Customer.objects.get(pk=world.bold[3]), TODAY, NOW, is_unasked=False)
    assert not own.is_personal and own.learning is None
    assert all({reason["code"] for reason in row.reasons} <= {"suits", "deposit", "affords"} for row in own.rows)
    # The newest first, whoever asks.
    ids = [row.id for row in own.rows]
    assert ids == sorted(ids, reverse=True) and len({*ids, *(row.id for row in other.rows)}) <= SHOWN + 2
    agree(customer.pk)
    assert recommend_to(customer, TODAY, NOW, is_unasked=True)[0].is_personal


def test_a_non_customer_is_offered_nothing_until_his_re_entry(world: Tastes, book: Book) -> None:
    access, back = get_access(book.manager), TODAY + timedelta(days=30)
    assert access is not None
    learning = Learning.objects.filter(kind="LOOKALIKES", state="DONE").latest("pk")
    investors = NextNeed.objects.filter(role="INVESTOR").values("customer")
    like = lookalike_reads.list_lookalikes(access, learning, TODAY).filter(customer__in=investors)
    customer = agree(like[0].customer_id)

    def seen(on: date) -> tuple[Bar | None, bool, bool, int]:
        found, _products = recommend_to(customer, on, NOW, is_unasked=True)
        likely, like = list_needs(access, on), lookalike_reads.list_lookalikes(access, learning, on)
        mine = {"customer": customer}
        return found.bar, likely.filter(**mine).exists(), like.filter(**mine).exists(), likely.count()

    before = seen(TODAY)
    assert before[1:3] == (True, True) and before[0] != Bar.NON_CUSTOMER
    Labels.objects.update_or_create(
        customer_id=customer.pk,
        defaults={"version": "t", "told_at": NOW, "non_customer": "DECLINED", "reentry_date": back},
    )
    assert seen(TODAY)[:3] == (Bar.NON_CUSTOMER, False, False) and seen(TODAY)[3] < before[3]
    told, _products = recommend_to(customer, TODAY, NOW, is_unasked=True)
    assert told.until == back and str(back) in say_bar(told)
    # Who asks himself is answered; from the day of his re-entry on he is one of all again.
    assert recommend_to(customer, TODAY, NOW, is_unasked=False)[0].bar == before[0]
    assert seen(back)[0] != Bar.NON_CUSTOMER and seen(back)[1:] == before[1:]


def test_a_product_whose_marketing_rests_is_not_recommended(world: Tastes, book: Book) -> None:
    customer = Customer.objects.get(pk=world.cautious[4])
    code = Listing.objects.filter(state="OPEN", borrower_id__gte=world.cautious[0]).latest("pk").product.code
    Alert.objects.create(
        kind="INDICATOR", key="rests", severity="HIGH", reason_code="x", params={}, raised_at=NOW, business_date=TODAY,
        dimension=code, measure_taken="PAUSE_MARKETING",
    )  # fmt: skip
    found = recommend_listings(customer, TODAY, NOW, is_personal=False)
    assert found.rows and not Listing.objects.filter(pk__in=[row.id for row in found.rows], product__code=code).exists()
    assert code not in {row.public_id for row in recommend_products(customer, TODAY, is_personal=False).rows}


def test_what_was_shown_is_noted_and_what_was_taken_is_marked(world: Tastes, book: Book) -> None:
    customer = agree(world.cautious[5])
    listings, products = recommend_to(customer, TODAY, NOW, is_unasked=True)
    shown = {"customer_id": customer.pk, "listings": listings, "products": products}
    assert recommend.note_shown(**shown, now=NOW) == len(listings.rows) + len(products.rows)
    assert recommend.note_shown(**shown, now=NOW + timedelta(minutes=5)) == 0
    assert recommend.note_shown(**shown, now=NOW + timedelta(hours=2)) == len(listings.rows) + len(products.rows)
    rows = Suggestion.objects.filter(customer=customer, listing__isnull=False)
    assert [row.place for row in rows.order_by("place")] == list(range(1, SHOWN + 1))
    days = int(parameters.get_value(recommend.DAYS, on=TODAY))

    def bid(place: int, after: timedelta, mandate: str = "") -> Suggestion:
        row = rows.get(place=place)
        made = Bid.objects.create(
            listing=row.listing, investor=customer, amount=Decimal("300.00"), placed_at=NOW + after,
            risk_notice_version="1", idempotency_key=f"shown-{place}", mandate_reference=mandate,
        )  # fmt: skip
        publish(BidPlaced(made.pk, row.listing_id, customer.pk, made.amount), now=NOW)
        drain()
        row.refresh_from_db()
        return row

    taken = bid(1, timedelta(days=days))
    assert taken.accepted_at == NOW + timedelta(days=days) and taken.accepted_amount == Decimal("300.00")
    assert bid(2, timedelta(days=days, hours=3)).accepted_at is None
    assert bid(3, timedelta(days=1), mandate="M-1").accepted_at is None
    assert bid(4, -timedelta(minutes=1)).accepted_at is None
    product = Suggestion.objects.filter(customer=customer, product__isnull=False).earliest("place")
    assert product.product is not None
    wish = Application.objects.create(
        number="AP-shown", customer=customer, product=product.product, amount=5000, periods=6, method="bullet",
        purpose="OTHER", declared_at=NOW, project_hash="shown", submitted_at=NOW + timedelta(days=2), business_date=TODAY,
    )  # fmt: skip
    publish(ApplicationSubmitted(wish.pk, customer.pk), now=NOW)
    drain()
    product.refresh_from_db()
    assert product.accepted_amount == Decimal(5000)


def test_a_borrower_is_offered_what_he_can_have(world: Tastes, book: Book) -> None:
    customer = Customer.objects.get(pk=world.borrowers[2])
    found = recommend_products(customer, TODAY, is_personal=True)
    latest_wish = Application.objects.filter(customer=customer).latest("pk")
    assert found.bar is None and all(row.amount <= row.terms["most"] for row in found.rows)
    assert found.rows[0].amount == latest_wish.amount and found.rows[0].reasons[0]["code"] == "next"
    overdue = Customer.objects.get(pk=book.borrower.pk)
    overdue.birth_date = customer.birth_date
    assert recommend_products(overdue, TODAY, is_personal=True).bar == Bar.OVERDUE
    Application.objects.filter(pk=latest_wish.pk).update(state="SUBMITTED")
    assert recommend_products(customer, TODAY, is_personal=True).bar == Bar.APPLIED
    customer.birth_date = TODAY - timedelta(days=17 * 365)
    assert recommend_products(customer, TODAY, is_personal=True).bar == Bar.NOT_ADMITTED


def test_needs_are_told_from_the_own_rhythm(world: Tastes) -> None:
    scores = latest(Learning.Kind.NEEDS).scores
    chance = scores["INVESTOR"]["chance"]
    assert chance["auc"] > 0.9 and chance["brier"] < 0.7 * chance["brier_average"]
    assert scores["learned"] < scores["since"] and scores["BORROWER"]["chance"]["count"] > 100
    last = dict(
        Bid.objects.filter(investor__in=world.cautious).order_by("placed_at").values_list("investor", "placed_at")
    )
    for need in NextNeed.objects.filter(customer__in=last):
        assert need.last_date <= last[need.customer_id].date() and need.usual_days == 14 and need.expected_date >= TODAY
    regular, gone = (sorted(last, key=lambda pk: last[pk], reverse=order)[0] for order in (True, False))
    assert NextNeed.objects.get(customer=regular).chance > NextNeed.objects.get(customer=gone).chance + 0.3


def test_needs_told_for_all_are_those_of_each(world: Tastes) -> None:
    """Told for one customer it is the row of the bulk job; told again for all nothing is written."""
    done = latest(Learning.Kind.NEEDS)
    assert needs.tell_needs(learning=None, business_date=TODAY) == 0
    for pk in (world.cautious[0], world.bold[7], world.borrowers[5]):
        (told,) = read_next(pk, done.content, TODAY)
        assert NextNeed.objects.filter(learning=done, told_date=TODAY, **told).count() == 1
    Bid.objects.filter(investor=world.bold[7]).delete()
    assert needs.tell_needs(learning=None, business_date=TODAY) == 1
    assert not NextNeed.objects.filter(customer=world.bold[7]).exists()


def test_look_alikes_share_named_traits_and_the_rule_is_none_of_them(world: Tastes, book: Book) -> None:
    learning = latest(Learning.Kind.LOOKALIKES)
    traits = [read_trait(kept) for kept in learning.content["traits"]]
    assert learning.content["without"] == ["source"] and "source" not in {trait.fact.key for trait in traits}
    assert learning.scores["auc"] > 0.65
    found = list(LookAlike.objects.filter(learning=learning).order_by("-score"))
    members = set(Membership.objects.filter(left_at=None).values_list("customer_id", flat=True))
    assert found and members.isdisjoint(row.customer_id for row in found)
    assert {row.customer_id for row in found[:20]} <= {*world.bold, *world.cautious, book.investor.pk}
    # What SQL has added up is what the rules add up from the kept attributes.
    for row in found[:3] + found[-3:]:
        kept = read_standing(row.customer_id)
        bands = {trait.fact.key: band_of(trait.fact, kept.values.get(trait.fact.key), TODAY) for trait in traits}
        assert add_up(traits, bands) == pytest.approx(row.score)
    read = lookalike_reads.read_bands([found[0].customer_id], traits, TODAY)[found[0].customer_id]
    assert set(read) == {trait.fact.key for trait in traits}


def test_look_alikes_are_kept_as_a_list_within_the_own_book(world: Tastes, book: Book) -> None:
    segment = Segment.objects.get(name="谨慎")
    url = f"/segments/{segment.public_id}/lookalikes/"
    own = as_user(book.rm).get(url)
    seen = {one["row"].customer for one in own.context["rows"]}
    assert seen and {customer.rm_id for customer in seen} == {book.rm.staff_member.pk}
    assert as_user(book.rm).post(f"{url}keep/", {"name": "x", "most": "5"}).status_code == 403
    before = Segment.objects.count()
    for wrong in ({"name": "", "most": "5"}, {"name": "x", "most": "0"}, {"name": "x", "most": "many"}):
        assert as_user(book.lead).post(f"{url}keep/", wrong).status_code == 422
    assert Segment.objects.count() == before
    assert as_user(book.lead).post(f"{url}keep/", {"name": "像谨慎的", "most": "7"}).status_code == 302
    kept = Segment.objects.get(name="像谨慎的")
    team = {book.rm.staff_member.pk, book.lead.staff_member.pk}
    assert (kept.kind, kept.member_count) == ("STATIC", 7)
    assert set(kept.memberships.values_list("customer__rm", flat=True)) <= team
    asked = as_user(book.lead).post(f"{url}ask/", {"basis": "BEFORE"})
    assert asked.status_code == 302 and Learning.objects.get(state="ASKED").basis == "BEFORE"
    as_user(book.lead).post(f"{url}ask/")
    assert Learning.objects.filter(state="ASKED").count() == 1


def test_clusters_are_assigned_alike_by_rules_and_sql(world: Tastes) -> None:
    learning = latest(Learning.Kind.CLUSTERS)
    middles = read_middles(learning.content)
    sizes = {cluster.place: cluster.size for cluster in learning.clusters.all()}
    assert len(sizes) >= 2 and min(sizes.values()) > 0.01 * PEOPLE
    text, parameters = cluster_reads.write_nearest(middles)
    with connection.cursor() as cursor:
        cursor.execute(text + " ORDER BY customer_id LIMIT 20", parameters)
        rows = cursor.fetchall()
    for pk, place, distance in rows:
        kept = read_standing(pk).values
        numbers = [number_of(f.kind, kept.get(f.key), TODAY) for f in middles.features]
        assert find_nearest(middles, numbers) == (place, pytest.approx(distance))
        assert band_distance(distance) in middles.spreads[place]


def test_an_accepted_cluster_is_a_segment_that_a_worker_fills(world: Tastes, book: Book) -> None:
    cluster = latest(Learning.Kind.CLUSTERS).clusters.latest("size")
    url = f"/segments/clusters/{cluster.public_id}/"
    assert as_user(book.rm).post(f"{url}accept/", {"name": "群"}).status_code == 403
    assert as_user(book.lead).post(f"{url}accept/", {"name": " "}).status_code == 422
    cluster.refresh_from_db()
    assert cluster.segment is None
    assert as_user(book.lead).post(f"{url}accept/", {"name": "群"}).status_code == 302
    drain()
    cluster.refresh_from_db()
    assert cluster.segment is not None and cluster.segment.kind == "STATIC"
    assert Membership.objects.filter(segment=cluster.segment, left_at=None).count() == cluster.size
    assert AuditEntry.objects.filter(action="segmentation.cluster_accepted").count() == 1
    again = as_user(book.lead).post(f"{url}accept/", {"name": "又"})
    assert again.status_code == 409 and not Segment.objects.filter(name="又").exists()
    assert clusters.watch_clusters(business_date=TODAY) == 1
    assert ClusterDay.objects.get(cluster=cluster).share_drift == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE segmentation_standing SET applications = 50, bids = 0 WHERE customer_id % 3 > 0")
    clusters.watch_clusters(business_date=TODAY + timedelta(days=7))
    assert ClusterDay.objects.filter(cluster=cluster).latest("on_date").spread_drift > 0.1
    assert as_user(book.lead).post(f"{url}assign/").status_code == 302
    drain()
    later = ClusterDay.objects.filter(cluster=cluster).latest("on_date").size
    assert Membership.objects.filter(segment=cluster.segment, left_at=None).count() == later
    page = as_user(book.rm).get(url)
    assert page.status_code == 200 and page.context["chart"] is not None
    assert as_user(book.lead).post(f"{url}other/").status_code == 404


PAGES = {
    "recommendations": "/segments/recommendations/",
    "needs": "/segments/needs/?role=INVESTOR",
    "clusters": "/segments/clusters/",
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_ask_few_queries_and_show_the_own_book(world: Tastes, book: Book, name: str) -> None:
    agree(world.cautious[6])
    client = as_user(book.rm)
    client.get(PAGES[name])
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(PAGES[name])
    assert answer.status_code == 200 and len(asked) <= 22
    if name == "needs":
        assert {need.customer.rm_id for need in answer.context["page"].rows} == {book.rm.staff_member.pk}
    assert Client().get(PAGES[name]).status_code == 302
    assert as_user(book.customer_user).get(PAGES[name]).status_code == 403
    assert client.post("/segments/learn/listings/").status_code == 403


def test_a_learning_is_asked_for_once(world: Tastes, book: Book) -> None:
    lead = as_user(book.lead)
    for _twice in range(2):
        assert lead.post("/segments/learn/needs/").status_code == 302
    assert Learning.objects.filter(state="ASKED", kind="NEEDS", asked_by=book.lead).count() == 1
    assert lead.post("/segments/learn/lookalikes/").status_code == 404


def test_the_panel_notes_what_it_shows(world: Tastes, book: Book) -> None:
    customer = agree(world.cautious[7])
    url = f"/customers/{customer.public_id}/recommendations/"
    rm = book.rm if customer.rm_id == book.rm.staff_member.pk else book.other_rm
    client = as_user(rm)
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url)
    assert answer.status_code == 200 and len(asked) <= 47
    assert "bids had a term of 1-3 months" in answer.content.decode()
    assert Suggestion.objects.filter(customer=customer, is_personal=True).exists()
    assert as_user(book.rm if rm != book.rm else book.other_rm).get(url).status_code == 404


def test_a_fault_ends_a_learning_and_is_told(world: Tastes) -> None:
    asked = ask_learning(kind=Learning.Kind.CLUSTERS, actor=None, now=NOW, business_date=TODAY)

    def fail(*_given: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_learning(learning_id=asked.pk, make=fail, business_date=TODAY, now=NOW)
    asked.refresh_from_db()
    assert (asked.state, asked.lack) == ("FAILED", "fault") and recommend_learning.list_asked() == []
    assert not run_learning(learning_id=asked.pk, make=fail, business_date=TODAY, now=NOW)


def test_the_week_asks_for_what_is_old_and_forgets(world: Tastes) -> None:
    assert recommend_learning.ask_weekly(now=NOW, business_date=TODAY) == []
    later = NOW + timedelta(days=8)
    assert {row.kind for row in recommend_learning.ask_weekly(now=later, business_date=TODAY)} == {"LISTINGS", "NEEDS"}


def test_too_little_teaches_nothing(world: Tastes, book: Book) -> None:
    segment = create_segment(name="小", description="", kind="STATIC", rule=None, actor=book.manager, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE segmentation_standing SET status = 'CLOSED'")
    # Long after everything has happened.
    day, now = TODAY + timedelta(days=2000), NOW + timedelta(days=2000)
    for kind, more in (("LISTINGS", {}), ("NEEDS", {}), ("CLUSTERS", {}), ("LOOKALIKES", {"segment": segment})):
        asked = ask_learning(kind=kind, actor=None, now=now, business_date=day, **more)
        run_learning(learning_id=asked.pk, make=make_clusters, business_date=day, now=now)
        asked.refresh_from_db()
        assert (asked.state, asked.content) == ("FAILED", {}) and asked.lack in {"too_few", "no_members"}
    access = get_access(book.manager)
    assert access is not None
    with pytest.raises(lookalikes.NothingFound):
        lookalikes.keep_lookalikes(
            learning=Learning.objects.latest("pk"), access=access, most=3, name="x", actor=book.manager, now=NOW,
            business_date=TODAY,
        )  # fmt: skip
    assert not Segment.objects.filter(name="x").exists()


def test_the_interface_tells_a_customer_his_own_and_staff_theirs(world: Tastes, book: Book) -> None:
    customer = Customer.objects.get(pk=world.cautious[8])
    user = User.objects.create(username="taste", kind=User.Kind.CUSTOMER)
    Customer.objects.filter(pk=customer.pk).update(user=user)
    own = make_client(user)
    told = own.get("/api/v1/me/recommendations/").json()
    assert told["is_personal"] is False and len(told["listings"]) == SHOWN
    agree(customer.pk)
    told = own.get("/api/v1/me/recommendations/").json()
    assert told["is_personal"] is True and {(row["periods"], row["risk_grade"]) for row in told["listings"]} == {(3, 1)}
    assert "bids were on grade R1" in " ".join(told["listings"][0]["reasons"])
    assert Suggestion.objects.filter(customer=customer).count() >= SHOWN
    members = {book.rm: "lijing", book.other_rm: "zhangqiang"}
    mine = next(user for user in members if user.staff_member.pk == customer.rm_id)
    other = next(user for user in members if user != mine)
    url = f"/api/v1/staff/customers/{customer.public_id}/recommendations/"
    assert make_client(mine).get(url).status_code == 200 and make_client(other).get(url).status_code == 404
    segment = Segment.objects.get(name="谨慎")
    scores = make_client(mine).get(f"/api/v1/staff/segments/{segment.public_id}/lookalikes/").json()["results"]
    assert [row["score"] for row in scores] == sorted((row["score"] for row in scores), reverse=True) and scores
    for name in ("learnings", "clusters", "needs"):
        assert make_client(mine).get(f"/api/v1/staff/{name}/").json()["results"]
